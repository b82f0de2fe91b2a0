// SPDX-License-Identifier: Apache-2.0
/*
 * The notes of an ELF file: build-id, level of the processor, package. Their
 * form is gABI's ("Note Section"); .note.gnu.property is of the x86-64 psABI,
 * "Program Property"; those of owner FDO are systemd.io's.
 */
#include "base/arena.h"
#include "host/elf_image.h"

#include <stdio.h>
#include <string.h>

#define NOTE_FDO_PACKAGE 0xcafe1a7e
#define NOTE_FDO_DLOPEN 0x407c0c0a
#ifndef GNU_PROPERTY_X86_ISA_1_NEEDED
#define GNU_PROPERTY_X86_ISA_1_NEEDED 0xc0008002
#endif

/* What no real file comes near. */
#define NOTES_MAX 256
#define BUILD_ID_MAX 64
#define PROPERTIES_MAX 4096
#define TEXT_MAX 65536

struct note {
	char owner[8];
	uint32_t type;
	uint64_t at; /* of the description, in the file */
	uint32_t size;
};

static void read_build_id(
	struct elf_image *m, const struct note *n, struct elf_file *out)
{
	unsigned char id[BUILD_ID_MAX];
	char *hex;

	if (!n->size || n->size > sizeof(id) ||
		!elf_image_bytes(m, n->at, id, n->size)) {
		elf_image_damaged(m, "its build-id cannot be read");
		return;
	}
	hex = arena_alloc(m->a, 2 * n->size + 1);
	for (size_t i = 0; i < n->size; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	out->build_id = hex;
}

/* Each bit is one level more. */
static void take_isa(uint32_t bits, struct elf_file *out)
{
	static const char *const levels[] = {
		"x86-64-v1", "x86-64-v2", "x86-64-v3", "x86-64-v4"};

	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		if (bits & 1u << i)
			out->isa_level = (char *)levels[i];
}

static void read_properties(
	struct elf_image *m, const struct note *n, struct elf_file *out)
{
	size_t align = m->bits == 64 ? 8 : 4;
	char all[PROPERTIES_MAX];
	uint32_t size = n->size;

	if (m->eh.e_machine != EM_X86_64 && m->eh.e_machine != EM_386)
		return;
	if (size > sizeof(all) || !elf_image_bytes(m, n->at, all, size)) {
		elf_image_damaged(m, "its properties cannot be read");
		return;
	}
	for (size_t i = 0; size - i >= 8;) {
		uint32_t word[3] = {0};

		memcpy(word, all + i, size - i < 12 ? 8 : 12);
		elf_image_decode(m, ELF_T_WORD, word, sizeof(word));
		if (word[1] > size - i - 8)
			break;
		if (word[0] == GNU_PROPERTY_X86_ISA_1_NEEDED && word[1] == 4)
			take_isa(word[2], out);
		i += 8 + (word[1] + align - 1) / align * align;
		if (i > size)
			break;
	}
}

static char *text_of(struct elf_image *m, const struct note *n)
{
	char *text = NULL;

	/* With a NUL at its end, and others to fill the last word. */
	if (n->size && n->size <= TEXT_MAX) {
		text = arena_alloc(m->a, n->size + 1);
		if (!elf_image_bytes(m, n->at, text, n->size))
			text = NULL;
	}
	if (!text)
		elf_image_damaged(m, "a note cannot be read");
	return text && *text ? text : NULL;
}

static void take_note(
	struct elf_image *m, const struct note *n, struct elf_file *out)
{
	char *text;

	if (!strcmp(n->owner, "GNU") && n->type == NT_GNU_BUILD_ID) {
		if (!out->build_id)
			read_build_id(m, n, out);
	} else if (!strcmp(n->owner, "GNU") && n->type == NT_GNU_PROPERTY_TYPE_0) {
		read_properties(m, n, out);
	} else if (!strcmp(n->owner, "FDO") && n->type == NOTE_FDO_PACKAGE) {
		if (!out->note_package)
			out->note_package = text_of(m, n);
	} else if (!strcmp(n->owner, "FDO") && n->type == NOTE_FDO_DLOPEN) {
		text = text_of(m, n);
		if (text)
			*ARENA_PUSH(m->a, out->note_dlopen.items,
				out->note_dlopen.count) = text;
	}
}

/* The note at *i of the segment, and *i behind it; false: no more. */
static bool next_note(
	struct elf_image *m, const GElf_Phdr *ph, uint64_t *i, struct note *n)
{
	uint64_t align = ph->p_align == 8 ? 8 : 4, name, end;
	uint32_t word[3];

	if (*i > ph->p_filesz || ph->p_filesz - *i < sizeof(word))
		return false;
	if (!elf_image_bytes(m, ph->p_offset + *i, word, sizeof(word))) {
		elf_image_damaged(m, "its notes cannot be read");
		return false;
	}
	elf_image_decode(m, ELF_T_WORD, word, sizeof(word));
	name = (sizeof(word) + (uint64_t)word[0] + align - 1) / align * align;
	end = name + ((uint64_t)word[1] + align - 1) / align * align;
	/* The last one need not be filled up. */
	if (name + word[1] > ph->p_filesz - *i) {
		elf_image_damaged(m, "a note is longer than its segment");
		return false;
	}
	*n = (struct note){
		.type = word[2], .at = ph->p_offset + *i + name, .size = word[1]};
	if (word[0] && word[0] <= sizeof(n->owner) &&
		(!elf_image_bytes(m, ph->p_offset + *i + sizeof(word), n->owner,
			 word[0]) ||
			n->owner[word[0] - 1]))
		n->owner[0] = 0;
	*i += end;
	return true;
}

void elf_read_notes(struct elf_image *m, struct elf_file *out)
{
	size_t count = 0;

	for (size_t k = 0; k < m->count; k++) {
		const GElf_Phdr *ph = &m->headers[k];
		uint64_t i = 0;
		struct note n;

		if (ph->p_type != PT_NOTE || ph->p_offset > INT64_MAX)
			continue;
		while (next_note(m, ph, &i, &n)) {
			if (++count > NOTES_MAX) {
				elf_image_damaged(m, "its notes are endless");
				return;
			}
			take_note(m, &n, out);
		}
	}
}
