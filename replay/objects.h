/* SPDX-License-Identifier: Apache-2.0 */
/* The contents that a replay needs are there and are what they are named. */
#pragma once

#include <stddef.h>

struct err;
struct plan_object;
struct digest;
struct store;

/*
 * 0; -1 when any object is missing or damaged: each is named on stderr, and
 * `e` counts them. Digests come from the cache where the file is unchanged.
 */
int objects_check(struct store *s, const struct plan_object *items,
	size_t count, struct err *e);

/* The table of a tree, verified: a descriptor at its beginning. */
int objects_open_table(struct store *s, const struct digest *d, struct err *e);
