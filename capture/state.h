/* SPDX-License-Identifier: Apache-2.0 */
/* What stat(2) says about a path at one moment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

struct state {
	bool exists;
	uint32_t mode; /* type and permission bits */
	uint32_t uid, gid;
	uint32_t nlink;
	uint32_t major, minor; /* of a device node */
	uint32_t mtime_ns;
	int64_t mtime_s;
	int64_t ctime; /* nanoseconds since the epoch */
	int64_t btime; /* likewise; 0: the file system does not tell */
	uint64_t size;
	uint64_t dev, ino;
};

/*
 * lstat of a path, or of `fd` when path is NULL. -1 with errno, and
 * st->exists false, when there is nothing. Paths longer than PATH_MAX work.
 */
int state_of(int dirfd, const char *path, struct state *st);

/* Of the directory that the absolute path lies in. */
int state_of_parent(struct arena *a, const char *path, struct state *st);

/* Nothing but "." and ".." in it, or it cannot be read. */
bool state_is_empty(const char *directory);

/* Same file with the same content, as far as stat can tell. */
bool state_same_content(const struct state *a, const struct state *b);
bool state_same_file(const struct state *a, const struct state *b);
int64_t state_mtime(const struct state *st); /* nanoseconds */
