// SPDX-License-Identifier: Apache-2.0
/* Repositories: commits, branches, what was not committed. */
#include "audit/diff_parts.h"
#include "base/arena.h"

/* The same project in another directory is one; two work trees of one project
 * go by their directories. */
static const char *key_of(const struct m_code *c)
{
	return c->url ? c->url : c->root;
}

static char *state_text(struct diff *d, const struct m_code *c)
{
	return arena_printf(d->arena, "%.12s%s%s%s%s",
		c->commit ? c->commit : "nothing committed",
		c->branch ? " (" : "", c->branch ? c->branch : "",
		c->branch ? ")" : "", c->dirty ? " and changes" : "");
}

static void say_files(struct diff *d, struct difference *x, const char *which,
	const struct m_code *c)
{
	const struct strlist *lists[] = {&c->modified, &c->untracked};
	static const char *const words[] = {"modified", "untracked"};

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < lists[i]->count; k++)
			diff_line(d, x, "%s: %s %s", which, words[i],
				lists[i]->items[k]);
}

static void compare_repository(
	struct diff *d, const char *key, const void *a, const void *b)
{
	const struct m_code *x = a, *y = b;
	struct difference *out;

	if (x && y && diff_same_text(x->commit, y->commit) &&
		diff_same_text(x->patch, y->patch) && x->dirty == y->dirty)
		return;
	out = diff_add(d, DIFF_CODE, key, x ? state_text(d, x) : NULL,
		y ? state_text(d, y) : NULL);
	if (x && y && diff_same_text(x->commit, y->commit))
		diff_line(d, out, "the same commit, other changes to it");
	if (x)
		say_files(d, out, "first", x);
	if (y)
		say_files(d, out, "second", y);
}

void diff_code(struct diff *d)
{
	struct diff_keys a = {0}, b = {0};

	for (size_t i = 0; i < d->a.m.code.count; i++)
		diff_key(d, &a, key_of(&d->a.m.code.items[i]),
			&d->a.m.code.items[i]);
	for (size_t i = 0; i < d->b.m.code.count; i++)
		diff_key(d, &b, key_of(&d->b.m.code.items[i]),
			&d->b.m.code.items[i]);
	diff_pairs(d, &a, &b, compare_repository);
}
