// SPDX-License-Identifier: Apache-2.0
/*
 * Multikey quicksort (Bentley and Sedgewick, 1997) over eight bytes at a time:
 * a group of equal ones is sorted by its next eight, so that what strings have
 * in common is read once.
 */
#include "base/sort.h"
#include "base/arena.h"
#include "base/fs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct key {
	uint64_t now;     /* eight bytes of it, the first one highest */
	const char *next; /* what follows them; NULL: the string has ended */
	size_t index;     /* of the item */
};

static void advance(struct key *k)
{
	k->now = 0;
	if (!k->next)
		return;
	for (int shift = 56; shift >= 0; shift -= 8) {
		unsigned char c = (unsigned char)*k->next++;

		k->now |= (uint64_t)c << shift;
		if (!c) {
			k->next = NULL;
			return;
		}
	}
}

static void swap(struct key *a, struct key *b)
{
	struct key t = *a;

	*a = *b;
	*b = t;
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
	if (a < b)
		return b < c ? b : a < c ? c : a;
	return a < c ? a : b < c ? c : b;
}

static int by_index(const void *x, const void *y)
{
	const struct key *a = x, *b = y;

	return (a->index > b->index) - (a->index < b->index);
}

static void sort(struct key *k, size_t n)
{
	while (n > 1) {
		uint64_t pivot =
			median(k[n / 4].now, k[n / 2].now, k[n - 1 - n / 4].now);
		size_t low = 0, at = 0, high = n;

		while (at < high) {
			if (k[at].now < pivot)
				swap(&k[low++], &k[at++]);
			else if (k[at].now > pivot)
				swap(&k[at], &k[--high]);
			else
				at++;
		}
		sort(k, low);
		sort(k + high, n - high);
		k += low;
		n = high - low;
		/* Equal so far; a pivot with a NUL in it is a whole string. */
		if (!k->next) {
			qsort(k, n, sizeof(*k), by_index);
			return;
		}
		for (size_t i = 0; i < n; i++)
			advance(&k[i]);
	}
}

void sort_by_text(void *items, size_t n, size_t size,
	const char *(*text)(const void *item))
{
	autofree struct key *keys = NULL;
	autofree char *copy = NULL;
	char *base = items;
	size_t i = 1;

	while (i < n &&
		strcmp(text(base + (i - 1) * size), text(base + i * size)) <= 0)
		i++;
	if (i >= n)
		return;
	keys = xmalloc(n * sizeof(*keys));
	copy = xmalloc(n * size);
	memcpy(copy, items, n * size);
	for (i = 0; i < n; i++) {
		keys[i].next = text(base + i * size);
		keys[i].index = i;
		advance(&keys[i]);
	}
	sort(keys, n);
	for (i = 0; i < n; i++)
		memcpy(base + i * size, copy + keys[i].index * size, size);
}
