/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a replay left: the overlay's upper directory, read as overlayfs means
 * it (whiteouts, opaque directories), over the tree that the replay began with.
 */
#pragma once

#include "base/map.h"
#include "replay/tree.h"
#include <stdbool.h>
#include <sys/stat.h>

struct arena;
struct err;

/* An entry of the upper directory. */
struct left {
	const char *path; /* inside */
	struct stat st;   /* as the replay left it */
	bool whiteout;    /* something of the lower layer was removed here */
	bool opaque;      /* a directory that hides what is below it */
};

struct upper {
	int fd; /* the upper directory, owned by the caller */
	struct arena *arena;
	struct left *items; /* a directory before what is in it */
	size_t count;
	struct map by_path;
};

/*
 * Walks all of it; symbolic links are never followed. Modes that keep this
 * user from reading are changed on the way: `st` has what was there.
 */
int upper_read(struct upper *u, struct arena *a, int fd, struct err *e);
void upper_release(struct upper *u);

struct left *upper_find(const struct upper *u, const char *path);
/* Read-only descriptor of a regular file of the upper directory, or -1. */
int upper_open(const struct upper *u, const struct left *l, struct err *e);

/* What is at a path when the replay has ended. */
struct final {
	const struct left *left; /* written, or */
	const struct node *node; /* as it was at first; both NULL: absent */
};
struct final upper_final(
	const struct upper *u, const struct tree *t, const char *path);

/*
 * Did the replay change what it found at `l`? 1 new or changed, 0 only copied
 * up or staged, -1 trouble. Contents count, and the targets of links.
 */
int upper_changed(const struct upper *u, const struct tree *t,
	const struct left *l, struct err *e);
