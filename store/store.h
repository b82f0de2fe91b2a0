/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: objects named by SHA-256 and the runs that need them. Many
 * processes may use one store at once, on NFS too; a crash, a kill or a full
 * disk at any moment leaves every object and run complete or absent.
 *
 *	objects/ab/cdef...   0400, one content each
 *	objects/alternates   further stores' objects directories, one a line
 *	runs/<id>/           manifest.yaml, files.yaml, key, journal
 *	names/               what `name` and `capture --name` gave
 *	tmp/                 being written; what a dead writer left is removed
 *	                     when the store is next opened for writing
 */
#pragma once

#include "base/digest.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct arena;
struct err;
struct store;

/*
 * Which store: `option` (--store, may be NULL) > $REPRISE_STORE > the nearest
 * .reprise/ upwards from the cwd that this user owns > $XDG_DATA_HOME/reprise
 * (~/.local/share/reprise). An absolute path from the arena, or NULL.
 */
char *store_locate(struct arena *a, const char *option, struct err *e);

enum store_mode {
	STORE_READ,   /* must exist */
	STORE_WRITE,  /* must exist and be writable */
	STORE_CREATE, /* made (0700) when absent */
};

struct store *store_open(const char *dir, enum store_mode mode, struct err *e);
void store_close(struct store *s);
const char *store_dir(const struct store *s);
/* O_PATH descriptor of objects/, owned by the store. */
int store_objects_fd(const struct store *s);
/* The same of the stores that objects/alternates names (one level deep). */
size_t store_alternate_count(const struct store *s);
int store_alternate_fd(const struct store *s, size_t i);

/*
 * space.c: bytes that may yet be stored on the file system of the open file, so
 * that 5 % of it, and what the record of a run needs, stay free. UINT64_MAX
 * where nobody knows.
 */
uint64_t space_room(int fd);

/* objects.c */

/* "ab/cdef..." under objects/, NUL-terminated. */
#define OBJECT_PATH (DIGEST_HEX + 2)
void object_path(const struct digest *d, char out[OBJECT_PATH]);

/* 1 here or in an alternate, 0 not, -1 trouble. */
int store_has(struct store *s, const struct digest *d, struct err *e);
/* The same, with its lstat(2): much cheaper than opening it. */
int store_stat_object(struct store *s, const struct digest *d, struct stat *st,
	struct err *e);
/* Read-only descriptor; ENOENT in e->code when it is nowhere. */
int store_open_object(struct store *s, const struct digest *d, struct err *e);
/* 0 as named, 1 damaged or missing (e says which), -1 trouble. */
int store_verify_object(struct store *s, const struct digest *d, struct err *e);

/*
 * Storing is done in batches: contents are written to temporary names as they
 * come, and one commit makes the batch durable (fsync of each, overlapping)
 * and renames them into place. Thread-safe: many threads may put into one
 * batch. Freed uncommitted, a batch leaves nothing behind.
 */
struct store_batch;

struct put_result {
	struct digest digest;
	uint64_t bytes;
	bool known; /* the content was in the store already */
};

struct store_batch *store_batch_new(struct store *s, struct err *e);
/*
 * The content of `fd` from offset 0 (by pread; at most `limit` bytes, or all
 * with UINT64_MAX). Reflinked where the file system can and hashed, else
 * copied while it is hashed. Refused with ENOSPC when the file system would
 * fall under 5 % free.
 */
int store_put_fd(struct store_batch *b, int fd, uint64_t limit,
	struct put_result *out, struct err *e);
int store_put_bytes(struct store_batch *b, const void *p, size_t n,
	struct put_result *out, struct err *e);
/*
 * For a content whose digest and size are known beforehand (digest cache): is
 * it there? Then it counts as put; else nothing happens.
 */
bool store_put_known(
	struct store_batch *b, const struct digest *d, uint64_t size);
/*
 * Makes everything put so far durable and visible; the batch can be filled
 * again. No put may run at the same time. After a failure (ENOSPC and EDQUOT
 * in e->code among them) the batch can only be freed.
 */
int store_batch_commit(struct store_batch *b, struct err *e);
/* Bytes that were new, and bytes that were there already. */
void store_batch_totals(const struct store_batch *b, uint64_t *new_bytes,
	uint64_t *known_bytes);
void store_batch_free(struct store_batch *b);
