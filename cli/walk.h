/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contents that a run needs: of every row of its file table, of the rows
 * of its data roots' tables, those tables themselves, and its outputs.
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct digest;
struct err;
struct file_row;
struct store;

struct content {
	const char *path;
	const struct digest *digest;
	int64_t size; /* ABSENT: not known */
	bool stored;  /* false: by reference, a secret or a gap */
	bool output;  /* as the run left it; else as the run found it */
};

/*
 * Calls `fn` for each content, in no particular order, the same digest as
 * often as it is named; stops when it returns -1. A tree's table that is
 * missing or damaged is given to `fn` like any content and not walked.
 */
typedef int content_fn(void *arg, const struct content *c, struct err *e);
int walk_contents(struct store *s, const char *id, const struct manifest *m,
	content_fn *fn, void *arg, struct err *e);

/*
 * The row of `path` in the run's file table, in a tree's table when it lies
 * below a data root. 1 found (strings from the arena), 0 not there, -1.
 */
int walk_find_row(struct store *s, const char *id, const struct manifest *m,
	const char *path, struct arena *a, struct file_row *out, struct err *e);
/* The same among what the run left behind: digest, size and stored. */
int walk_find_output(struct store *s, const struct manifest *m,
	const char *path, struct arena *a, struct file_row *out, struct err *e);
