/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashing and storing many files at once: a list of wanted contents, worked
 * off by a few threads after the command has ended.
 */
#pragma once

#include "base/digest.h"
#include "capture/state.h"
#include "store/digest_cache.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct store;
struct store_batch;

enum content_outcome {
	CONTENT_OK,
	CONTENT_CHANGED,    /* hashed, but not what it was when it was read */
	CONTENT_UNREADABLE, /* `error` says why */
	CONTENT_NO_ROOM,    /* hashed, but the store is full */
	CONTENT_PENDING,    /* there was no time for it */
};

struct content {
	/* in */
	const char *path;
	struct state expect; /* as it should still be */
	uint64_t limit;      /* bytes of it that count; UINT64_MAX: all */
	bool by_reference;   /* digest only */
	/* out */
	struct digest digest;
	enum content_outcome outcome;
	bool stored;
	int error; /* errno */
};

/* What the digest of a file in this state is remembered by. */
struct digest_key content_key(const struct state *st);
/* Read-only, without leaving a time of access where it may; -1 with errno. */
int content_open(const char *path);

/* When to stop; called often, by many threads. NULL: never. */
struct content_limit {
	bool (*out_of_time)(void *arg);
	void *arg;
};

/*
 * Work off all of them and make what is stored durable. `cache` may be NULL.
 * A full disk ends the storing, not the hashing. -1 when the batch could not
 * be committed: then nothing new is stored. *pending counts what was left.
 */
int contents_settle(struct store_batch *b, struct digest_cache *cache,
	struct content *items, size_t count, const struct content_limit *limit,
	size_t *pending, struct err *e);
