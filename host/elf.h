/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading ELF files: what they say about how they are run, or loaded. By the
 * program headers alone (elf(5), gABI "Program Loading"), for sections may have
 * been stripped, and with the encodings of libelf. Anybody may have made the
 * file: what is read of it is bounded, and it may change meanwhile.
 */
#pragma once

#include "manifests/model.h"

#include <stdbool.h>

struct arena;

struct elf_file {
	int type;          /* ET_* */
	int machine;       /* EM_* */
	int bits;          /* 64 or 32 */
	bool dynamic;      /* it has a dynamic section */
	char *interpreter; /* PT_INTERP */
	char *soname;
	struct strlist needed;  /* DT_NEEDED */
	struct strlist search;  /* directories of DT_RPATH and DT_RUNPATH */
	struct kvlist requires; /* set of symbols, its highest version; sorted */
	char *build_id;         /* NT_GNU_BUILD_ID, hexadecimal */
	char *isa_level;        /* "x86-64-v3", of GNU_PROPERTY_X86_ISA_1 */
	char *note_package;     /* systemd.io/PACKAGE_METADATA_FOR_..., JSON */
	struct strlist note_dlopen; /* systemd.io/ELF_DLOPEN_METADATA, JSON */
	/* The first thing that could not be read; NULL: all was. */
	const char *damage;
};

/* All of it, strings from the arena. -1 when the file is no ELF file. */
int elf_read(int fd, struct arena *a, struct elf_file *out);

/* PT_INTERP alone; NULL when there is none or the file is no (intact) ELF
 * file. */
char *elf_interpreter(int fd, struct arena *a);
