/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The libraries that an ELF file needs, found as the dynamic loader finds them
 * (ld.so(8)): DT_RPATH and DT_RUNPATH, the directories of ld.so.conf, those
 * that are built in. Variables are left out: they are of one run.
 */
#pragma once

#include "manifests/model.h"

struct arena;

/* The directories of ld.so.conf(5) and those that are built in. */
void library_directories(struct strlist *out, struct arena *a, const char *root);

/*
 * What the ELF file at `path` needs directly: the paths of libraries (of its
 * class and machine) below `root`, its interpreter too, added to `out`; names
 * that are found nowhere to `missing`. -1 when it is no ELF file.
 */
int libraries_of(const char *path, struct arena *a, const char *root,
	const struct strlist *directories, struct strlist *out,
	struct strlist *missing);
