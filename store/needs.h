/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All objects that a run needs: the digests of its files.yaml, of its trees'
 * tables and of their rows, and of its manifest's inputs and outputs. What is
 * exported, verified and kept from gc is decided by this one walk.
 */
#pragma once

#include "base/digest.h"
#include <stdbool.h>

struct arena;
struct err;
struct manifest;
struct store;

struct need {
	struct digest digest;
	/*
	 * The record says that the store has it. Not so for contents by
	 * reference, secrets and gaps. The table of a tree by reference is
	 * needed when it is there.
	 */
	bool stored;
	/* A stored tree's table that is missing or damaged: what its rows need
	 * is not known. */
	bool unusable;
	const char *path; /* one that has this content; valid in the call */
};

/* The same digest may come several times. Not 0 ends the walk, which then
 * returns it. */
typedef int (*need_fn)(void *ctx, const struct need *n, struct err *e);

struct needs_walk {
	/* A descriptor of the object, or -1. NULL: store_open_object(). */
	int (*open_object)(void *ctx, const struct digest *d, struct err *e);
	need_fn visit;
	void *ctx; /* of both */
};

/*
 * `files_fd`: files.yaml, verified, at its beginning; not closed. `name` is
 * used in messages about it. `s` may be NULL when open_object is given.
 */
int needs_walk(struct store *s, const struct manifest *m, int files_fd,
	const char *name, const struct needs_walk *w, struct err *e);

/* The same of a run in the store; reads manifest and files.yaml itself. */
int needs_of_run(struct store *s, const char *id, const struct needs_walk *w,
	struct err *e);
