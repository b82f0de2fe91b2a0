// SPDX-License-Identifier: Apache-2.0
/* What an ELF file says about how it is run, or loaded. */
#include "host/elf.h"
#include "base/arena.h"

#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static char *read_interpreter(Elf *elf, int fd, struct arena *a)
{
	size_t n;

	if (elf_kind(elf) != ELF_K_ELF || elf_getphdrnum(elf, &n) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;
		char buf[PATH_MAX];
		ssize_t got;

		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_INTERP)
			continue;
		if (ph.p_filesz < 2 || ph.p_filesz > sizeof(buf))
			return NULL;
		got = pread(fd, buf, ph.p_filesz, (off_t)ph.p_offset);
		if (got != (ssize_t)ph.p_filesz || buf[got - 1])
			return NULL;
		return arena_strdup(a, buf);
	}
	return NULL;
}

char *elf_interpreter(int fd, struct arena *a)
{
	char *interp;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return NULL;
	interp = read_interpreter(elf, fd, a);
	elf_end(elf);
	return interp;
}

/* The bytes in the file of a virtual address, as the program headers map it;
 * -1 when none does. */
static off_t offset_of(Elf *elf, size_t headers, GElf_Addr address)
{
	for (size_t i = 0; i < headers; i++) {
		GElf_Phdr ph;

		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD &&
			address >= ph.p_vaddr &&
			address - ph.p_vaddr < ph.p_filesz)
			return (off_t)(ph.p_offset + (address - ph.p_vaddr));
	}
	return -1;
}

static char *string_at(int fd, off_t offset, struct arena *a)
{
	char buf[PATH_MAX];
	ssize_t n = offset < 0 ? -1 : pread(fd, buf, sizeof(buf), offset);

	if (n <= 0 || !memchr(buf, 0, (size_t)n) || !*buf)
		return NULL;
	return arena_strdup(a, buf);
}

/* DT_SONAME by the program headers: sections may have been stripped. */
static char *read_soname(
	Elf *elf, int fd, size_t headers, const GElf_Phdr *ph, struct arena *a)
{
	GElf_Addr strings = 0, name = 0;
	bool has_name = false;
	Elf_Data *data;
	GElf_Dyn d;

	data = elf_getdata_rawchunk(
		elf, (int64_t)ph->p_offset, ph->p_filesz, ELF_T_DYN);
	for (int i = 0; data && gelf_getdyn(data, i, &d); i++) {
		if (d.d_tag == DT_NULL)
			break;
		if (d.d_tag == DT_STRTAB)
			strings = d.d_un.d_ptr;
		if (d.d_tag == DT_SONAME) {
			name = d.d_un.d_val;
			has_name = true;
		}
	}
	if (!has_name || !strings || name > INT32_MAX)
		return NULL;
	return string_at(fd, offset_of(elf, headers, strings + name), a);
}

static int read_library(Elf *elf, int fd, struct arena *a, struct elf_library *out)
{
	GElf_Ehdr eh;
	size_t n;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) ||
		eh.e_type != ET_DYN || elf_getphdrnum(elf, &n) < 0)
		return -1;
	*out = (struct elf_library){
		.machine = eh.e_machine,
		.bits = eh.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32,
	};
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_DYNAMIC)
			continue;
		out->soname = read_soname(elf, fd, n, &ph, a);
		return 0;
	}
	return -1;
}

int elf_read_library(int fd, struct arena *a, struct elf_library *out)
{
	Elf *elf;
	int r;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return -1;
	r = read_library(elf, fd, a, out);
	elf_end(elf);
	return r;
}

static void split(struct strlist *out, struct arena *a, char *paths)
{
	char *save = NULL;

	for (char *p = paths ? strtok_r(paths, ":", &save) : NULL; p;
		p = strtok_r(NULL, ":", &save))
		*ARENA_PUSH(a, out->items, out->count) = p;
}

/* Strings are offsets into a table whose place may come last. */
static void read_needed(struct elf_needs *n, struct arena *a, Elf *elf, int fd,
	size_t headers, const GElf_Phdr *ph)
{
	Elf_Data *data = elf_getdata_rawchunk(
		elf, (int64_t)ph->p_offset, ph->p_filesz, ELF_T_DYN);
	GElf_Addr strings = 0;
	GElf_Dyn d;

	for (int i = 0; data && gelf_getdyn(data, i, &d) && d.d_tag; i++)
		if (d.d_tag == DT_STRTAB)
			strings = d.d_un.d_ptr;
	for (int i = 0; data && gelf_getdyn(data, i, &d) && d.d_tag; i++) {
		char *s;

		if ((d.d_tag != DT_NEEDED && d.d_tag != DT_RPATH &&
			    d.d_tag != DT_RUNPATH) ||
			d.d_un.d_val > INT32_MAX)
			continue;
		s = string_at(
			fd, offset_of(elf, headers, strings + d.d_un.d_val), a);
		if (d.d_tag != DT_NEEDED)
			split(&n->search, a, s);
		else if (s)
			*ARENA_PUSH(a, n->libraries.items, n->libraries.count) =
				s;
	}
}

int elf_read_needs(int fd, struct arena *a, struct elf_needs *out)
{
	GElf_Ehdr eh;
	size_t headers;
	Elf *elf;
	int r = -1;

	*out = (struct elf_needs){0};
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &eh) &&
		elf_getphdrnum(elf, &headers) == 0) {
		out->machine = eh.e_machine;
		out->bits = eh.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
		for (size_t i = 0; i < headers; i++) {
			GElf_Phdr ph;

			if (gelf_getphdr(elf, (int)i, &ph) &&
				ph.p_type == PT_DYNAMIC)
				read_needed(out, a, elf, fd, headers, &ph);
		}
		r = 0;
	}
	elf_end(elf);
	return r;
}
