// SPDX-License-Identifier: Apache-2.0
/* What an ELF file says about how it is run. */
#include "host/elf.h"
#include "base/arena.h"

#include <gelf.h>
#include <limits.h>
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
