/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of store/ share and nobody else sees. */
#pragma once

#include "store/store.h"
#include <stddef.h>
#include <sys/types.h>

struct store {
	char *dir;      /* absolute */
	int fd;         /* the store itself */
	int objects_fd; /* O_PATH */
	int runs_fd;    /* readable: it is listed and synced */
	int names_fd;   /* -1 when there is none yet (read-only stores) */
	int tmp_fd;     /* -1 unless opened for writing */
	bool writable;
	/* 0400 and 0700, and the group's bits when the store has them. */
	mode_t file_mode, dir_mode;
	int *alternates; /* O_PATH descriptors of objects directories */
	size_t alternate_count;
};

/* scratch.c */

/*
 * A directory tmp/<nonce> of one writer, with tmp/<nonce>.lock held by flock
 * while the writer lives: what a dead writer left is known by its free lock.
 */
struct scratch {
	int fd;
	int lock_fd;
	int parent_fd; /* the store's, borrowed */
	char name[17];
};

#define SCRATCH_INIT        \
	{                   \
		-1, -1, -1, \
		{           \
			0   \
		}           \
	}

int scratch_init(struct scratch *sc, struct store *s, struct err *e);
/* Removes the directory and whatever is in it. */
void scratch_release(struct scratch *sc);
/* Is there another writer, or what one left? Once there is none, whatever they
 * have put into the store is on the disk. */
bool scratch_others(const struct scratch *sc);
/* Remove what dead writers left; trouble is no concern of the caller. */
void scratch_clean(struct store *s);

/* objects.c */

/* Is there this very object under objects/ (no alternate), of this size? */
bool object_here(struct store *s, const struct digest *d, uint64_t size);

/* space.c */

/*
 * The 5 % rule, checked without a system call per small file. Not
 * thread-safe: the owner locks.
 */
struct space {
	int fd;           /* on the file system in question, borrowed */
	uint64_t bytes;   /* taken since the last look */
	unsigned files;   /* likewise */
	uint64_t trusted; /* so many may be taken before the next */
};

/* `n` more bytes in one file: 0, or -1 with ENOSPC in e->code. */
int space_take(struct space *sp, uint64_t n, struct err *e);

/* batch.c */

/* A source of bytes: as read(2), whole buffers except at the end. */
typedef ssize_t (*batch_read_fn)(void *ctx, void *buf, size_t n, struct err *e);
int batch_put_stream(struct store_batch *b, batch_read_fn read_more, void *ctx,
	struct put_result *out, struct err *e);
/* An object that is in the batch, or else in the store. */
int batch_open_object(
	struct store_batch *b, const struct digest *d, struct err *e);
