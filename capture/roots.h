/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roots of data: directories whose files were inputs, or outputs, together.
 * Pure functions over sorted paths.
 */
#pragma once

#include "manifests/model.h"
#include <stddef.h>

struct arena;

/* A root of more files than this is one row with a table of its own. */
#define ROOT_FILES 1000

/*
 * The roots among the files (sorted, absolute): the deepest directories that
 * hold more than `min` of them together. A directory whose files lie in many
 * large subdirectories (classes of images) is one root; one with a few (train,
 * test) gives each of those. "/" is never a root.
 */
void roots_find(struct arena *a, char *const *paths, size_t count, size_t min,
	struct strlist *roots);

/* Index of the root that holds `path`, or -1. `roots` are sorted. */
long roots_of(const struct strlist *roots, const char *path);
