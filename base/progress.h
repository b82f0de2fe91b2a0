/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line on stderr that says how far something is: only on a terminal, only
 * when it takes longer than a second, and gone when it is over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *what;    /* "storing"; the caller's */
	uint64_t total;      /* steps */
	int64_t start, last; /* monotonic milliseconds */
	bool on, shown;
};

/* `terminal`: whether stderr is one; -q switches it off, too. */
void progress_begin(
	struct progress *p, const char *what, uint64_t total, bool terminal);
/* `done` of the steps are; cheap, may be called for each. Not thread-safe. */
void progress_step(struct progress *p, uint64_t done);
void progress_end(struct progress *p);
