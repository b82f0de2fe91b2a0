// SPDX-License-Identifier: Apache-2.0
/* Which input of one run is which of the other. */
#include "audit/diff_parts.h"
#include "base/arena.h"
#include "base/map.h"

#include <string.h>

const char *diff_relative(const struct manifest *m, const char *path)
{
	size_t n = strlen(m->command.cwd);

	if (n == 1 || strncmp(path, m->command.cwd, n) != 0 || path[n] != '/')
		return path;
	return path + n + 1;
}

bool diff_is_tree(const struct m_data *x)
{
	return !strcmp(x->kind, "tree");
}

const char *diff_data_text(struct diff *d, const struct m_data *x)
{
	if (!x)
		return NULL;
	if (diff_is_tree(x))
		return arena_printf(d->arena, "%lld files, %s",
			(long long)x->files, diff_bytes(d, x->bytes));
	return arena_printf(d->arena, "%s, %.15s", diff_bytes(d, x->bytes),
		x->digest ? x->digest : "no digest");
}

bool diff_same_content(
	struct diff *d, const struct m_data *a, const struct m_data *b)
{
	if (strcmp(a->kind, b->kind) != 0)
		return false;
	if (a->digest && b->digest)
		return !strcmp(a->digest, b->digest);
	if (a->digest || b->digest || a->bytes != b->bytes)
		return false;
	diff_note(d, "%s: neither record has its digest", b->path);
	return true;
}

struct match {
	struct diff *d;
	const struct diff_data *a, *b;
	bool *used_a, *used_b;
	struct diff_match **out;
	size_t *count;
};

typedef const char *(*key_fn)(const struct manifest *m, const struct m_data *x);

static const char *by_path(const struct manifest *m, const struct m_data *x)
{
	(void)m;
	return x->path;
}

static const char *by_relative_path(
	const struct manifest *m, const struct m_data *x)
{
	return diff_relative(m, x->path);
}

static const char *by_content(const struct manifest *m, const struct m_data *x)
{
	(void)m;
	return x->digest;
}

static void match_by(struct match *k, key_fn key)
{
	struct map there = MAP_INIT;
	/* Several may have one content: the one behind each. */
	const struct m_data **next =
		arena_array(k->d->arena, k->b->count + 1, sizeof(*next));

	for (size_t i = k->b->count; i-- > 0;) {
		const char *name = key(&k->d->b.m, &k->b->items[i]);

		if (!k->used_b[i] && name)
			next[i] = map_puts(&there, name, (void *)&k->b->items[i]);
	}
	for (size_t i = 0; i < k->a->count; i++) {
		const char *name = key(&k->d->a.m, &k->a->items[i]);
		const struct m_data *b =
			k->used_a[i] || !name ? NULL : map_gets(&there, name);

		if (!b)
			continue;
		map_puts(&there, name, (void *)next[b - k->b->items]);
		k->used_a[i] = k->used_b[b - k->b->items] = true;
		*ARENA_PUSH(k->d->arena, *k->out, *k->count) =
			(struct diff_match){&k->a->items[i], b};
	}
	map_release(&there);
}

void diff_match(struct diff *d, const struct diff_data *a,
	const struct diff_data *b, struct diff_match **out, size_t *count)
{
	struct match k = {d, a, b,
		arena_array(d->arena, a->count + 1, sizeof(bool)),
		arena_array(d->arena, b->count + 1, sizeof(bool)), out, count};

	*out = NULL;
	*count = 0;
	match_by(&k, by_path);
	match_by(&k, by_relative_path);
	match_by(&k, by_content);
	for (size_t i = 0; i < a->count; i++)
		if (!k.used_a[i])
			ARENA_PUSH(d->arena, *out, *count)->a = &a->items[i];
	for (size_t i = 0; i < b->count; i++)
		if (!k.used_b[i])
			ARENA_PUSH(d->arena, *out, *count)->b = &b->items[i];
}
