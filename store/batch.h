/* SPDX-License-Identifier: Apache-2.0 */
/* A batch from the inside: batch.c fills it, commit.c makes it durable. */
#pragma once

#include "store/internal.h"

#include "base/arena.h"
#include "base/map.h"
#include <pthread.h>

#define BATCH_CHUNK (1 << 20)
#define BATCH_NAME 12

struct bench;

/* A content that is new to the store, in the temporary file `nr`. */
struct batch_entry {
	struct batch_entry *next;
	struct digest digest;
	uint64_t size;
	unsigned nr;
};

struct store_batch {
	struct store *store;
	struct scratch scratch;
	struct arena *arena; /* the entries */
	pthread_mutex_t lock;
	/* The lock is for what follows. */
	struct batch_entry *entries;
	size_t count;
	struct map by_digest;
	unsigned next_nr;
	/* Directories objects/ab that got an object, and those that had one
	 * put into them by somebody else just now. */
	bool touched[256], recent[256];
	bool failed;
	struct space space;
	struct bench *benches;
	uint64_t new_bytes, known_bytes;
};

/* The name of temporary `nr` in the batch's scratch directory. */
void batch_temporary(unsigned nr, char out[BATCH_NAME]);
