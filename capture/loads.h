/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why each library of a process is in it: pure, of what the files say and what
 * the process was asked to preload.
 */
#pragma once

#include "host/elf.h"
#include "manifests/model.h"

#include <stddef.h>

struct arena;

/* In the order of what a library is called by, when several are true. */
enum load {
	LOADED_EXEC,
	LOADED_INTERP,
	LOADED_PRELOAD,
	LOADED_NEEDED,
	LOADED_DLOPEN
};

/* A file that a process executes from. */
struct load_file {
	const char *path;
	const struct elf_file *elf;
	/* Names of symbolic links that lead to it. */
	struct strlist aliases;
};

struct load_item {
	const struct load_file *file;
	unsigned how; /* LOAD_* of record.h */
	enum load load;
};

/*
 * Fill `load` of the items of one process, which are in the order of loading.
 * Preloads are paths or names; a name is met by the first file that has it as
 * SONAME, as the name of its file or as an alias, as the dynamic loader does
 * (glibc, _dl_map_object).
 */
void loads_of(
	struct load_item *items, size_t count, const struct strlist *preloads);

/* "exec", "interp", ... */
const char *load_word(enum load l);
