/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects that have a SONAME and nothing else. */
#pragma once

#include "base/err.h"
#include "base/fs.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct library {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	Elf64_Dyn dyn[3];
	char strings[64];
};

#define LIBRARY_BASE 0x10000 /* an address that is no offset */

static inline struct library library_of(int machine, const char *soname)
{
	struct library l = {
		.eh = {.e_type = ET_DYN,
			.e_machine = (Elf64_Half)machine,
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct library, ph),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2},
		.ph = {{.p_type = PT_LOAD,
			       .p_vaddr = LIBRARY_BASE,
			       .p_filesz = sizeof(l),
			       .p_memsz = sizeof(l)},
			{.p_type = PT_DYNAMIC,
				.p_offset = offsetof(struct library, dyn),
				.p_filesz = sizeof(l.dyn)}},
		.dyn = {{DT_STRTAB, {LIBRARY_BASE +
					    offsetof(struct library, strings)}},
			{soname ? DT_SONAME : DT_DEBUG, {1}}, {DT_NULL, {0}}},
	};

	memcpy(l.eh.e_ident, ELFMAG, SELFMAG);
	l.eh.e_ident[EI_CLASS] = ELFCLASS64;
	l.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	l.eh.e_ident[EI_VERSION] = EV_CURRENT;
	snprintf(l.strings + 1, sizeof(l.strings) - 1, "%s",
		soname ? soname : "");
	return l;
}

static inline void write_library(const char *path, int machine, const char *soname)
{
	struct library l = library_of(machine, soname);
	struct err e = ERR_INIT;

	if (fs_write_file(AT_FDCWD, path, &l, sizeof(l), 0755, &e) < 0)
		fail_msg("%s", e.msg);
}
