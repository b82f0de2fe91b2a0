/* SPDX-License-Identifier: Apache-2.0 */
/* Reading ELF files through libelf. */
#pragma once

#include "manifests/model.h"

struct arena;

/* PT_INTERP of the ELF file, from the arena; NULL when there is none or the
 * file is no (intact) ELF file. */
char *elf_interpreter(int fd, struct arena *a);

struct elf_library {
	int machine;  /* EM_* */
	int bits;     /* 64 or 32 */
	char *soname; /* NULL: none */
};

/* Of a shared object; -1 when the file is none. Strings from the arena. */
int elf_read_library(int fd, struct arena *a, struct elf_library *out);

/* What the dynamic loader is asked for. */
struct elf_needs {
	int machine, bits;
	struct strlist libraries; /* DT_NEEDED */
	struct strlist search;    /* directories of DT_RPATH and DT_RUNPATH */
};

/* Of a program or a shared object; -1 when the file is none. */
int elf_read_needs(int fd, struct arena *a, struct elf_needs *out);
