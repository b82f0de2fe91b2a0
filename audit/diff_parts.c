// SPDX-License-Identifier: Apache-2.0
/* Adding differences, and pairing elements of two lists. */
#include "audit/diff_parts.h"

#include "base/arena.h"
#include "base/sort.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>

const char *diff_part_name(enum diff_part p)
{
	static const char *const names[] = {"code", "command", "parameters",
		"data", "settings", "packages", "libraries", "hardware",
		"environment", "files", "outcome"};

	return names[p];
}

const char *diff_change_name(enum diff_change c)
{
	static const char *const names[] = {"changed", "added", "removed"};

	return names[c];
}

/* --- adding ----------------------------------------------------------- */

struct difference *diff_add(struct diff *d, enum diff_part part,
	const char *what, const char *before, const char *after)
{
	struct difference *x = ARENA_PUSH(d->arena, d->items, d->count);

	x->part = part;
	x->what = what;
	x->before = before;
	x->after = after;
	x->change = !before && after   ? DIFF_ADDED
		    : before && !after ? DIFF_REMOVED
				       : DIFF_CHANGED;
	return x;
}

void diff_take_back(struct diff *d)
{
	json_decref(d->items[--d->count].detail);
}

void diff_line(struct diff *d, struct difference *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*ARENA_PUSH(d->arena, x->lines.items, x->lines.count) =
		arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

void diff_note(struct diff *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*ARENA_PUSH(d->arena, d->notes.items, d->notes.count) =
		arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

bool diff_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

void diff_texts(struct diff *d, enum diff_part part, const char *what,
	const char *before, const char *after)
{
	if (!diff_same_text(before, after))
		diff_add(d, part, what, before, after);
}

static const char *number(struct diff *d, int64_t n)
{
	return n == ABSENT ? NULL : arena_printf(d->arena, "%lld", (long long)n);
}

void diff_numbers(struct diff *d, enum diff_part part, const char *what,
	int64_t before, int64_t after)
{
	if (before != after)
		diff_add(d, part, what, number(d, before), number(d, after));
}

const char *diff_count(struct diff *d, size_t n, const char *what)
{
	return arena_printf(d->arena, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

bool diff_has(const struct diff *d, enum diff_part part, const char *what)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].part == part && !strcmp(d->items[i].what, what))
			return true;
	return false;
}

/* --- pairs ------------------------------------------------------------ */

void diff_key(struct diff *d, struct diff_keys *k, const char *key, const void *of)
{
	*ARENA_PUSH(d->arena, k->items, k->count) = (struct diff_keyed){key, of};
}

static const char *key_of(const void *item)
{
	return ((const struct diff_keyed *)item)->key;
}

void diff_pairs(struct diff *d, struct diff_keys *a, struct diff_keys *b,
	void (*each)(
		struct diff *d, const char *key, const void *a, const void *b))
{
	size_t i = 0, k = 0;

	sort_by_text(a->items, a->count, sizeof(*a->items), key_of);
	sort_by_text(b->items, b->count, sizeof(*b->items), key_of);
	while (i < a->count || k < b->count) {
		int order = i == a->count ? 1
			    : k == b->count
				    ? -1
				    : strcmp(a->items[i].key, b->items[k].key);

		each(d, order > 0 ? b->items[k].key : a->items[i].key,
			order > 0 ? NULL : a->items[i].of,
			order < 0 ? NULL : b->items[k].of);
		i += order <= 0;
		k += order >= 0;
	}
}
