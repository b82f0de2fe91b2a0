/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of files that have a name: features, a data set, a model. A set is what
 * a run left at a path, or below it; where it left nothing there, what it read.
 */
#pragma once

#include "base/digest.h"
#include "store/runs.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct manifest;
struct store;

struct set_file {
	const char *path; /* from the root; "" when the root is the file */
	bool has_digest;  /* false: it could not be recorded */
	struct digest digest;
	int64_t bytes;
};

struct file_set {
	char run[RUN_ID_LEN + 1];
	const char *root;       /* absolute, as the run had it */
	bool left;              /* by the run: there was nothing else */
	struct set_file *items; /* by path */
	size_t count;
};

/* `path` is absolute. 1, 0 when the run has no such files, -1. */
int set_of_run(struct store *s, const struct manifest *m, const char *path,
	struct arena *a, struct file_set *out, struct err *e);
/* By its name; -1 with ENOENT in e->code when there is none. */
int set_find(struct store *s, const char *name, struct arena *a,
	struct file_set *out, struct err *e);

/*
 * Of all paths and contents: SHA-256 of what sha256sum(1) prints of the files,
 * in byte order of the paths ("dirHash1").
 */
void set_digest(const struct file_set *set, struct digest *out);

/* set_compare.c */

enum set_state { SET_CHANGED, SET_MISSING, SET_ADDED, SET_UNREADABLE };

struct set_change {
	const char *path; /* from the root */
	enum set_state state;
	int error; /* of SET_UNREADABLE, an errno */
};

/*
 * What is not as in the set in the directory (or the file) `at`, by path. What
 * is there besides is named when the set was left by its run. Digests go
 * through the cache.
 */
int set_compare(const struct file_set *set, const char *at, struct arena *a,
	struct set_change **out, size_t *count, struct err *e);
