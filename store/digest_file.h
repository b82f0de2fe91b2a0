/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of files through the cache, by the rule of digest_cache.h of which
 * ones it may keep.
 */
#pragma once

#include "base/digest.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct digest_cache;
struct err;

/* In the cache, for a file in this state? `c` may be NULL. Thread-safe. */
bool digest_known(
	struct digest_cache *c, const struct stat *st, struct digest *out);
/*
 * The digest of the open file, from its beginning, which goes into the cache
 * when it may; `st` gets the state that it is of. Fails when the file changes
 * meanwhile. Thread-safe.
 */
int digest_file(struct digest_cache *c, int fd, struct stat *st,
	struct digest *out, struct err *e);
/*
 * May a digest of the open file, which had this change time when hashing began,
 * be remembered? Not when it was changed just now, or somebody has it open for
 * writing, as far as the kernel tells us.
 */
bool digest_is_quiet(int fd, int64_t ctime_ns);
/* The same file, with the content that it had then, as far as stat can tell. */
bool digest_same_state(const struct stat *a, const struct stat *b);
