// SPDX-License-Identifier: Apache-2.0
/* Inputs: code, data, configuration. */
#include "audit/diff_parts.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"

#include <string.h>

static enum diff_part part_of(const struct m_data *x)
{
	return x->role && !strcmp(x->role, "code") ? DIFF_CODE : DIFF_DATA;
}

static bool is_library(const struct manifest *m, const struct m_data *x)
{
	for (size_t i = 0; i < m->libraries.count; i++)
		if (!strcmp(m->libraries.items[i].path, x->path))
			return true;
	return false;
}

/* Parameters that were read from the file say what is different about it; a
 * library is said as one. */
static bool is_explained(const struct diff *d, const struct m_data *x)
{
	if (is_library(&d->a.m, x) || is_library(&d->b.m, x))
		return true;
	if (!x->role || strcmp(x->role, "configuration") != 0)
		return false;
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].part == DIFF_PARAMETERS &&
			!strcmp(d->items[i].lines.items[0], x->path))
			return true;
	return false;
}

static int compare_pair(struct diff *d, const struct m_data *a,
	const struct m_data *b, struct err *e)
{
	struct difference *x;

	if (is_explained(d, a) || is_explained(d, b) ||
		diff_same_content(d, a, b))
		return 0;
	x = diff_add(d, part_of(b), b->path, diff_data_text(d, a),
		diff_data_text(d, b));
	if (strcmp(a->path, b->path) != 0)
		diff_line(d, x, "was at %s", a->path);
	return diff_inside(d, x, a, b, e);
}

/* Files of a directory that is one root of data in the other run: some more
 * files made it one. It says what is different. */
static bool is_below_tree(const struct diff_match *list, size_t n,
	const struct m_data *x, bool of_a)
{
	for (size_t i = 0; i < n; i++) {
		const struct m_data *tree = of_a ? list[i].b : list[i].a;

		if (tree && diff_is_tree(tree) && fs_below(x->path, tree->path) &&
			strcmp(x->path, tree->path) != 0)
			return true;
	}
	return false;
}

/* "300 files" of a directory that is a root of data in the other run. */
static const char *loose_text(struct diff *d, const struct diff_data *files,
	const struct m_data *tree)
{
	size_t n = 0;

	for (size_t i = 0; i < files->count; i++)
		n += fs_below(files->items[i].path, tree->path);
	return n ? arena_printf(d->arena, "%zu files", n) : NULL;
}

static int add_tree(struct diff *d, const struct m_data *tree, bool first,
	const struct diff_data *others, struct err *e)
{
	const char *tree_is = diff_data_text(d, tree);
	const char *loose = loose_text(d, others, tree);
	struct difference *x = diff_add(d, part_of(tree), tree->path,
		first ? tree_is : loose, first ? loose : tree_is);

	return loose ? diff_tree_and_files(d, x, tree, first, others, e) : 0;
}

static void add_single(struct diff *d, const struct diff_match *list, size_t n,
	const struct diff_match *k)
{
	const struct m_data *x = k->a ? k->a : k->b;

	if (is_explained(d, x) || is_below_tree(list, n, x, k->a != NULL))
		return;
	diff_add(d, part_of(x), x->path, diff_data_text(d, k->a),
		diff_data_text(d, k->b));
}

int diff_data(struct diff *d, struct err *e)
{
	const struct diff_data a = {d->a.m.inputs.items, d->a.m.inputs.count};
	const struct diff_data b = {d->b.m.inputs.items, d->b.m.inputs.count};
	struct diff_match *list;
	int r = 0;
	size_t n;

	diff_match(d, &a, &b, &list, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct m_data *x = list[i].a, *y = list[i].b;

		if (x && y)
			r = compare_pair(d, x, y, e);
		else if (x && diff_is_tree(x))
			r = add_tree(d, x, true, &b, e);
		else if (y && diff_is_tree(y))
			r = add_tree(d, y, false, &a, e);
		else
			add_single(d, list, n, &list[i]);
	}
	return r;
}
