// SPDX-License-Identifier: Apache-2.0
/* The hash map: open addressing with linear probing, no deletion. */
#include "base/map.h"
#include "base/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	return h;
}

uint64_t hash_bytes(const void *p, size_t len)
{
	const unsigned char *c = p;
	uint64_t h = len * 0x9e3779b97f4a7c15u, w;

	for (; len >= 8; c += 8, len -= 8) {
		memcpy(&w, c, 8);
		h = mix(h ^ w);
	}
	if (len) {
		w = 0;
		memcpy(&w, c, len);
		h = mix(h ^ w);
	}
	return mix(h);
}

void map_release(struct map *m)
{
	free(m->entries);
	*m = (struct map)MAP_INIT;
}

static struct map_entry *slot(struct map_entry *entries, size_t cap,
	const void *key, size_t len, uint64_t hash)
{
	size_t i = hash & (cap - 1);

	while (entries[i].key) {
		if (entries[i].hash == hash && entries[i].len == len &&
			memcmp(entries[i].key, key, len) == 0)
			break;
		i = (i + 1) & (cap - 1);
	}
	return &entries[i];
}

void *map_get(const struct map *m, const void *key, size_t len)
{
	if (!m->count)
		return NULL;
	return slot(m->entries, m->cap, key, len, hash_bytes(key, len))->value;
}

void *map_gets(const struct map *m, const char *key)
{
	return map_get(m, key, strlen(key));
}

static void grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 64;
	struct map_entry *entries = xcalloc(cap, sizeof(*entries));

	for (size_t i = 0; i < m->cap; i++) {
		struct map_entry *old = &m->entries[i];

		if (old->key)
			*slot(entries, cap, old->key, old->len, old->hash) = *old;
	}
	free(m->entries);
	m->entries = entries;
	m->cap = cap;
}

void *map_put(struct map *m, const void *key, size_t len, void *value)
{
	uint64_t hash = hash_bytes(key, len);
	struct map_entry *s;
	void *old;

	if ((m->count + 1) * 4 > m->cap * 3)
		grow(m);
	s = slot(m->entries, m->cap, key, len, hash);
	old = s->value;
	if (!s->key) {
		m->count++;
		*s = (struct map_entry){key, len, hash, NULL};
	}
	s->value = value;
	return old;
}

void *map_puts(struct map *m, const char *key, void *value)
{
	return map_put(m, key, strlen(key), value);
}

void map_clear(struct map *m)
{
	if (m->entries)
		memset(m->entries, 0, m->cap * sizeof(*m->entries));
	m->count = 0;
}

const struct map_entry *map_next(const struct map *m, size_t *i)
{
	while (*i < m->cap) {
		const struct map_entry *s = &m->entries[(*i)++];

		if (s->key)
			return s;
	}
	return NULL;
}
