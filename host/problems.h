/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader of packages could not read, and went on without. */
#pragma once

#include <stddef.h>

struct arena;

struct problem {
	const char *path;   /* of the database */
	const char *detail; /* one line for a person */
};

struct problems {
	struct arena *arena;
	struct problem *items;
	size_t count;
};

/* `p` may be NULL: nobody wants to know. */
void problem_add(struct problems *p, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
