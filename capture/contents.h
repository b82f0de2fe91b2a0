/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashing and storing many files at once: a list of wanted contents, worked
 * off by a few threads after the command has ended.
 */
#pragma once

#include "base/digest.h"
#include "capture/state.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct store;
struct store_batch;
struct digest_cache;

enum content_outcome {
	CONTENT_OK,
	CONTENT_CHANGED,    /* hashed, but not what it was when it was read */
	CONTENT_UNREADABLE, /* `error` says why */
	CONTENT_NO_ROOM,    /* hashed, but the store is full */
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

/*
 * Work off all of them and make what is stored durable. `cache` may be NULL.
 * A full disk ends the storing, not the hashing. -1 when the batch could not
 * be committed: then nothing new is stored.
 */
int contents_settle(struct store_batch *b, struct digest_cache *cache,
	struct content *items, size_t count, struct err *e);
