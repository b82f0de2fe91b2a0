/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a run's record, by its path. */
#pragma once

#include <stdbool.h>

struct arena;
struct err;
struct file_row;
struct store;

/*
 * The row of `path`, as RUN:PATH means it: among what the run left behind,
 * which is the newer, unless `input`, and else in its file table, in a tree's
 * table when it lies below a data root. Strings from the arena. -1 also when
 * the run has no such file.
 */
int find_row(struct store *s, const char *id, const char *path, bool input,
	struct arena *a, struct file_row *out, struct err *e);
