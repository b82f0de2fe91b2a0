/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a run's record, by its path. */
#pragma once

struct arena;
struct err;
struct file_row;
struct manifest;
struct store;

/*
 * The row of `path` in the run's file table, in a tree's table when it lies
 * below a data root. 1 found (strings from the arena), 0 not there, -1.
 */
int find_row(struct store *s, const char *id, const struct manifest *m,
	const char *path, struct arena *a, struct file_row *out, struct err *e);
/* The same among what the run left behind: digest, size and stored. */
int find_output(struct store *s, const struct manifest *m, const char *path,
	struct arena *a, struct file_row *out, struct err *e);
