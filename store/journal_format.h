/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's bytes: a magic, then frames. A frame is a head, its bytes and
 * zeros up to a multiple of 8. Everything is in the byte order of the machine:
 * a journal is read where it was written, before its run is published.
 */
#pragma once

#include "base/map.h"
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_MAGIC "reprise-journal1"
#define JOURNAL_MAGIC_LEN 16
#define JOURNAL_MAX_LEN ((size_t)1 << 30)

struct journal_head {
	uint32_t len; /* of the bytes, plus 1; 0: nothing was written here */
	uint32_t type;
	uint64_t sum;
};

#define JOURNAL_FRAME(len) \
	(sizeof(struct journal_head) + (((size_t)(len) + 7) & ~(size_t)7))

/* Of a record's bytes, its type and its place: one that strayed is damaged. */
static inline uint64_t journal_sum(
	const void *p, size_t len, uint32_t type, uint64_t offset)
{
	uint64_t parts[3] = {hash_bytes(p, len), type, offset};

	return hash_bytes(parts, sizeof(parts));
}
