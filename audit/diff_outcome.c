// SPDX-License-Identifier: Apache-2.0
/* What came of it: the end, metrics, outputs. */
#include "audit/diff_parts.h"

#include "base/arena.h"
#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *end_text(struct diff *d, const struct m_run *r)
{
	if (r->signal)
		return arena_printf(d->arena, "%s, %s", r->status, r->signal);
	if (r->exit_code != ABSENT)
		return arena_printf(d->arena, "%s, exit status %lld", r->status,
			(long long)r->exit_code);
	return r->status;
}

/* --- metrics ---------------------------------------------------------- */

static void compare_metric(
	struct diff *d, const char *key, const void *a, const void *b)
{
	const struct m_metric *x = a, *y = b, *any = x ? x : y;
	struct difference *out;
	char *end_a, *end_b;
	double before, after;

	(void)key;
	if (x && y && !strcmp(x->value, y->value))
		return;
	out = diff_add(d, DIFF_OUTCOME, any->name, x ? x->value : NULL,
		y ? y->value : NULL);
	if (!x || !y)
		return;
	before = strtod(x->value, &end_a);
	after = strtod(y->value, &end_b);
	if (!*end_a && !*end_b && isfinite(before) && isfinite(after))
		diff_line(d, out, "%+.6g", after - before);
}

static void key_metrics(
	struct diff *d, const struct manifest *m, struct diff_keys *out)
{
	for (size_t i = 0; i < m->metrics.count; i++) {
		const struct m_metric *x = &m->metrics.items[i];

		diff_key(d, out,
			arena_printf(d->arena, "%s %s",
				diff_relative(m, x->source), x->name),
			x);
	}
}

static void compare_metrics(struct diff *d)
{
	struct diff_keys a = {0}, b = {0};

	key_metrics(d, &d->a.m, &a);
	key_metrics(d, &d->b.m, &b);
	diff_pairs(d, &a, &b, compare_metric);
}

/* --- outputs ---------------------------------------------------------- */

/* Logs hold times; where streams went is the caller's. */
static bool is_judged(const struct m_data *x)
{
	return !x->role || strcmp(x->role, "log") != 0;
}

static bool has_metrics(
	const struct diff *d, const struct manifest *m, const struct m_data *x)
{
	const struct m_metric *items = m->metrics.items;

	for (size_t i = 0; i < m->metrics.count; i++)
		if (!strcmp(items[i].source, x->path) &&
			diff_has(d, DIFF_OUTCOME, items[i].name))
			return true;
	return false;
}

/* A file of metrics is said by the metrics in it that differ. */
static bool is_explained(const struct diff *d, const struct diff_match *k)
{
	return k->a && k->b &&
	       (has_metrics(d, &d->a.m, k->a) || has_metrics(d, &d->b.m, k->b));
}

static int compare_output(
	struct diff *d, const struct diff_match *k, struct err *e)
{
	const struct m_data *any = k->b ? k->b : k->a;
	struct difference *x;

	if (!is_judged(any) || is_explained(d, k) ||
		(k->a && k->b && diff_same_content(d, k->a, k->b)))
		return 0;
	x = diff_add(d, DIFF_OUTCOME, any->path, diff_data_text(d, k->a),
		diff_data_text(d, k->b));
	return k->a && k->b ? diff_inside(d, x, k->a, k->b, e) : 0;
}

int diff_outcome(struct diff *d, struct err *e)
{
	const struct diff_data a = {d->a.m.outputs.items, d->a.m.outputs.count};
	const struct diff_data b = {d->b.m.outputs.items, d->b.m.outputs.count};
	struct diff_match *list;
	size_t n;

	diff_texts(d, DIFF_OUTCOME, "end", end_text(d, &d->a.m.run),
		end_text(d, &d->b.m.run));
	compare_metrics(d);
	diff_match(d, &a, &b, &list, &n);
	for (size_t i = 0; i < n; i++)
		if (compare_output(d, &list[i], e) < 0)
			return -1;
	return 0;
}
