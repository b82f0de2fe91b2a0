/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map from byte strings to pointers (open addressing, power of two).
 * Keys are not copied: they must live as long as the map (an arena does).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct map_entry {
	const void *key;
	size_t len;
	uint64_t hash;
	void *value;
};

struct map {
	struct map_entry *entries;
	size_t count;
	size_t cap;
};

#define MAP_INIT           \
	{                  \
		NULL, 0, 0 \
	}

void map_release(struct map *m);
/* NULL when absent. */
void *map_get(const struct map *m, const void *key, size_t len);
void *map_gets(const struct map *m, const char *key);
/* Insert or replace; returns the value that was there before, or NULL. */
void *map_put(struct map *m, const void *key, size_t len, void *value);
void *map_puts(struct map *m, const char *key, void *value);
/* Forget every entry, keep the memory. */
void map_clear(struct map *m);
/* Walk in no particular order: *i starts at 0; NULL at the end. */
const struct map_entry *map_next(const struct map *m, size_t *i);

uint64_t hash_bytes(const void *p, size_t len);
