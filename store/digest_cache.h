/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of files that were quiet when they were hashed, by (device, inode,
 * size, mtime, ctime), in $XDG_CACHE_HOME/reprise. Shared by many processes,
 * fast enough for thousands of look-ups in a millisecond or two, and always
 * safe to delete.
 *
 * The caller decides what is quiet: on tmpfs, and on ext4 before kernel 6.18,
 * a rewrite of the same size right after hashing leaves stat identical, so a
 * digest may be put only when ctime was more than 2 s old when hashing began,
 * stat was the same afterwards, and nobody had the file open for writing.
 */
#pragma once

#include "base/digest.h"
#include <stdint.h>

struct err;
struct digest_cache;

struct digest_key {
	uint64_t dev;
	uint64_t ino;
	uint64_t size;
	int64_t mtime_ns; /* nanoseconds since the epoch */
	int64_t ctime_ns;
};

/* NULL `dir` means $XDG_CACHE_HOME/reprise (~/.cache/reprise). */
struct digest_cache *digest_cache_open(const char *dir, struct err *e);
void digest_cache_close(struct digest_cache *c);
/* 1 found, 0 not. Thread-safe. */
int digest_cache_get(
	struct digest_cache *c, const struct digest_key *k, struct digest *out);
/* A full or read-only cache is not an error: it just forgets. Thread-safe. */
void digest_cache_put(struct digest_cache *c, const struct digest_key *k,
	const struct digest *d);

/*
 * The MD5 digest of a content by its SHA-256 digest: what packages' records
 * have. It holds for ever, so any content's may be put. Both thread-safe.
 */
int digest_cache_get_md5(struct digest_cache *c, const struct digest *sha256,
	uint8_t md5[MD5_BYTES]);
void digest_cache_put_md5(struct digest_cache *c, const struct digest *sha256,
	const uint8_t md5[MD5_BYTES]);
