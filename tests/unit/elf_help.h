/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files of both classes and encodings, put together from parts. */
#pragma once

#include "base/strbuf.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct elf_maker {
	int bits;
	bool big;
	int machine;
	const char *interpreter; /* NULL: none */
	struct strbuf strings, dynamic, versions, notes, properties;
	unsigned files; /* with versions */
};

/* Of each part where it is in the file. */
struct elf_made {
	struct strbuf file;
	size_t dynamic, strings, versions, notes, properties;
};

#define MADE_BASE 0x10000 /* an address that is no offset */
#define MADE_HEADERS 6

static inline void put_number(
	const struct elf_maker *m, struct strbuf *b, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		strbuf_addc(b, (char)(v >> 8 * (m->big ? bytes - 1 - i : i)));
}

static inline uint32_t put_string(struct elf_maker *m, const char *s)
{
	if (!m->strings.len)
		strbuf_addc(&m->strings, 0);
	strbuf_add(&m->strings, s, strlen(s) + 1);
	return (uint32_t)(m->strings.len - strlen(s) - 1);
}

static inline void put_entry(struct elf_maker *m, uint64_t tag, uint64_t value)
{
	put_number(m, &m->dynamic, tag, m->bits / 8);
	put_number(m, &m->dynamic, value, m->bits / 8);
}

static inline void put_named(struct elf_maker *m, uint64_t tag, const char *name)
{
	put_entry(m, tag, put_string(m, name));
}

/* What is needed of one file: names of versions, up to NULL. */
static inline void put_versions(struct elf_maker *m, const char *file,
	const char *const *names, bool last)
{
	unsigned n = 0;

	while (names[n])
		n++;
	put_number(m, &m->versions, 1, 2);
	put_number(m, &m->versions, n, 2);
	put_number(m, &m->versions, put_string(m, file), 4);
	put_number(m, &m->versions, 16, 4);
	put_number(m, &m->versions, last ? 0 : 16 + 16 * n, 4);
	for (unsigned i = 0; i < n; i++) {
		put_number(m, &m->versions, 0, 4);
		put_number(m, &m->versions, 0, 2);
		put_number(m, &m->versions, i + 2, 2);
		put_number(m, &m->versions, put_string(m, names[i]), 4);
		put_number(m, &m->versions, i + 1 < n ? 16 : 0, 4);
	}
	m->files++;
}

static inline void put_padding(struct strbuf *b, size_t align)
{
	while (b->len % align)
		strbuf_addc(b, 0);
}

static inline void put_note(struct elf_maker *m, struct strbuf *b,
	const char *owner, uint32_t type, const void *p, size_t n)
{
	size_t align = b == &m->properties && m->bits == 64 ? 8 : 4;

	put_number(m, b, strlen(owner) + 1, 4);
	put_number(m, b, n, 4);
	put_number(m, b, type, 4);
	strbuf_add(b, owner, strlen(owner) + 1);
	put_padding(b, align);
	strbuf_add(b, p, n);
	put_padding(b, align);
}

/* A property of .note.gnu.property. */
static inline void put_property(struct elf_maker *m, uint32_t type, uint32_t bits)
{
	struct strbuf p = STRBUF_INIT;

	put_number(m, &p, type, 4);
	put_number(m, &p, 4, 4);
	put_number(m, &p, bits, 4);
	put_padding(&p, m->bits == 64 ? 8 : 4);
	put_note(m, &m->properties, "GNU", NT_GNU_PROPERTY_TYPE_0, p.s, p.len);
	strbuf_release(&p);
}

static inline void put_header(const struct elf_maker *m, struct strbuf *b,
	uint32_t type, uint64_t offset, uint64_t size, unsigned align)
{
	uint64_t address = MADE_BASE + offset;

	put_number(m, b, type, 4);
	if (m->bits == 64) {
		put_number(m, b, PF_R, 4);
		put_number(m, b, offset, 8);
		put_number(m, b, address, 8);
		put_number(m, b, address, 8);
		put_number(m, b, size, 8);
		put_number(m, b, size, 8);
		put_number(m, b, align, 8);
		return;
	}
	put_number(m, b, offset, 4);
	put_number(m, b, address, 4);
	put_number(m, b, address, 4);
	put_number(m, b, size, 4);
	put_number(m, b, size, 4);
	put_number(m, b, PF_R, 4);
	put_number(m, b, align, 4);
}

static inline void put_start(const struct elf_maker *m, struct strbuf *b)
{
	const int word = m->bits / 8;
	char ident[EI_NIDENT] = ELFMAG;

	ident[EI_CLASS] = m->bits == 64 ? ELFCLASS64 : ELFCLASS32;
	ident[EI_DATA] = m->big ? ELFDATA2MSB : ELFDATA2LSB;
	ident[EI_VERSION] = EV_CURRENT;
	strbuf_add(b, ident, sizeof(ident));
	put_number(m, b, ET_DYN, 2);
	put_number(m, b, (uint64_t)m->machine, 2);
	put_number(m, b, EV_CURRENT, 4);
	put_number(m, b, 0, word);                       /* e_entry */
	put_number(m, b, m->bits == 64 ? 64 : 52, word); /* e_phoff */
	put_number(m, b, 0, word);                       /* e_shoff */
	put_number(m, b, 0, 4);                          /* e_flags */
	put_number(m, b, m->bits == 64 ? 64 : 52, 2);    /* e_ehsize */
	put_number(m, b, m->bits == 64 ? 56 : 32, 2);    /* e_phentsize */
	put_number(m, b, MADE_HEADERS, 2);
	put_number(m, b, 0, 6);
}

static inline size_t put_part(size_t *end, const struct strbuf *part)
{
	size_t at = (*end + 7) / 8 * 8;

	*end = at + part->len;
	return at;
}

static inline void add_part(struct elf_made *out, size_t at, struct strbuf *part)
{
	while (out->file.len < at)
		strbuf_addc(&out->file, 0);
	strbuf_add(&out->file, part->s ? part->s : "", part->len);
	strbuf_release(part);
}

/* The parts are released. */
static inline struct elf_made elf_make(struct elf_maker *m)
{
	struct elf_made out = {0};
	struct strbuf interpreter = STRBUF_INIT;
	size_t end = m->bits == 64 ? 64 + 56 * MADE_HEADERS
				   : 52 + 32 * MADE_HEADERS,
	       at;

	if (m->interpreter)
		strbuf_add(&interpreter, m->interpreter,
			strlen(m->interpreter) + 1);
	out.strings = put_part(&end, &m->strings);
	out.versions = put_part(&end, &m->versions);
	out.notes = put_part(&end, &m->notes);
	out.properties = put_part(&end, &m->properties);
	at = put_part(&end, &interpreter);
	put_entry(m, DT_STRTAB, MADE_BASE + out.strings);
	put_entry(m, DT_STRSZ, m->strings.len);
	if (m->versions.len) {
		put_entry(m, DT_VERNEED, MADE_BASE + out.versions);
		put_entry(m, DT_VERNEEDNUM, m->files);
	}
	put_entry(m, DT_NULL, 0);
	out.dynamic = put_part(&end, &m->dynamic);

	put_start(m, &out.file);
	put_header(m, &out.file, PT_LOAD, 0, end, 4096);
	put_header(m, &out.file, PT_DYNAMIC, out.dynamic, m->dynamic.len, 8);
	put_header(m, &out.file, PT_NOTE, out.notes, m->notes.len, 4);
	put_header(m, &out.file, PT_NOTE, out.properties, m->properties.len,
		m->bits == 64 ? 8 : 4);
	put_header(m, &out.file, m->interpreter ? PT_INTERP : PT_NULL, at,
		interpreter.len, 1);
	put_header(m, &out.file, PT_NULL, 0, 0, 0);
	add_part(&out, out.strings, &m->strings);
	add_part(&out, out.versions, &m->versions);
	add_part(&out, out.notes, &m->notes);
	add_part(&out, out.properties, &m->properties);
	add_part(&out, at, &interpreter);
	add_part(&out, out.dynamic, &m->dynamic);
	return out;
}

/* One of everything. */
static inline struct elf_made elf_sample(int bits, bool big, int machine)
{
	static const char *const libc[] = {"GLIBC_2.9", "GLIBC_2.34",
		"GLIBC_PRIVATE", "GLIBC_2.2.5", NULL};
	static const char *const cxx[] = {"GLIBCXX_3.4.21", "CXXABI_1.3",
		"GLIBCXX_3.4.9", "OPENSSL_1_1_0", "libcudart.so.12", "A: b_1.0",
		"\xff_1.0", "_1.0", NULL};
	struct elf_maker m = {.bits = bits,
		.big = big,
		.machine = machine,
		.interpreter = "/lib/ld.so"};

	put_named(&m, DT_NEEDED, "libx.so.1");
	put_named(&m, DT_SONAME, "libsample.so.2");
	put_named(&m, DT_NEEDED, "liby.so");
	put_named(&m, DT_RPATH, "/r:/s");
	put_named(&m, DT_RUNPATH, "$ORIGIN/../lib");
	put_versions(&m, "libx.so.1", cxx, false);
	put_versions(&m, "liby.so", libc, true);
	put_note(&m, &m.notes, "GNU", NT_GNU_ABI_TAG, "0123456789abcde", 16);
	put_note(&m, &m.notes, "GNU", NT_GNU_BUILD_ID, "\1\xab\xff", 3);
	put_note(&m, &m.notes, "FDO", 0xcafe1a7e, "{\"type\":\"deb\"}", 15);
	put_note(&m, &m.notes, "FDO", 0x407c0c0a, "[1]", 4);
	put_note(&m, &m.notes, "other", 0x407c0c0a, "[2]", 4);
	put_note(&m, &m.notes, "FDO", 0x407c0c0a, "[3]", 4);
	put_property(&m, 0xc0000002, 3);
	put_property(&m, 0xc0008002, 7);
	return elf_make(&m);
}
