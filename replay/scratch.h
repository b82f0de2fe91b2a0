/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private directory that a replay writes to: $XDG_CACHE_HOME/reprise/
 * scratch/<random>, with the overlay's upper and work directories. It is
 * locked (flock) while it is in use, so that a later replay can remove what a
 * killed one left. The cached trees of strategy B lie beside it.
 */
#pragma once

#include <stdbool.h>

struct arena;
struct err;

struct replay_scratch {
	char *path; /* absolute */
	int fd;     /* of it, locked */
	int parent_fd;
	char *name;
	/* Why it is not in the cache directory; NULL when it is. */
	const char *elsewhere;
	bool in_memory; /* on a tmpfs: what is written takes memory */
};

#define REPLAY_SCRATCH_INIT        \
	{                          \
		0, -1, -1, 0, 0, 0 \
	}

/*
 * Made where an upper layer can lie (a file system with user xattrs that is
 * no overlay and no network file system): the cache, else $TMPDIR, /var/tmp,
 * /dev/shm.
 */
int replay_scratch_make(struct replay_scratch *s, struct arena *a, struct err *e);
void replay_scratch_remove(struct replay_scratch *s);
