// SPDX-License-Identifier: Apache-2.0
/* The columns of a table as text. */
#include "audit/csv_table.h"

#include "base/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_missing(const char *cell)
{
	static const char *const words[] = {"", "na", "n/a", "nan", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(cell, words[i]))
			return true;
	return false;
}

static bool read_number(const char *cell, double *out)
{
	char *end;

	*out = strtod(cell, &end);
	return end != cell && !end[strspn(end, " \t")] && isfinite(*out);
}

static void add_value(struct csv_column *c, const char *cell)
{
	double x;

	cell += strspn(cell, " \t");
	if (is_missing(cell)) {
		c->missing++;
	} else if (!read_number(cell, &x)) {
		c->texts++;
	} else {
		c->min = c->numbers && c->min < x ? c->min : x;
		c->max = c->numbers && c->max > x ? c->max : x;
		c->sum += x;
		c->numbers++;
	}
}

static struct csv_column *column_at(struct csv_table *t, size_t i)
{
	while (t->count <= i) {
		struct csv_column *c = ARENA_PUSH(t->arena, t->columns, t->count);

		c->name = arena_printf(t->arena, "column %zu", t->count);
	}
	return &t->columns[i];
}

/* A first row without a number has the names. */
static bool learn_names(struct csv_table *t, const struct cells *cells)
{
	double x;

	for (size_t i = 0; i < cells->count; i++)
		if (!*cells->items[i] || read_number(cells->items[i], &x))
			return false;
	for (size_t i = 0; i < cells->count; i++)
		column_at(t, i)->name = arena_strdup(t->arena, cells->items[i]);
	return true;
}

void csv_add_row(void *ctx, size_t number, char *row, size_t len)
{
	struct csv_table *t = ctx;
	struct cells cells;

	(void)len;
	if (number == 0) {
		/* The mark of UTF-8 is no part of the first name. */
		if (!strncmp(row, "\xef\xbb\xbf", 3))
			row += 3;
		if (!t->separator)
			t->separator = cells_separator(row);
	}
	arena_clear(t->scratch);
	cells_split(row, t->separator, &cells, t->scratch);
	if (number == 0) {
		t->has_names = learn_names(t, &cells);
		if (t->has_names)
			return;
	}
	for (size_t i = 0; i < cells.count; i++)
		add_value(column_at(t, i), cells.items[i]);
}

const struct csv_column *csv_find_column(
	const struct csv_table *like, const struct csv_table *t, size_t i)
{
	const char *name = t->columns[i].name;
	size_t before = 0;

	for (size_t k = 0; k < i; k++)
		before += !strcmp(t->columns[k].name, name);
	for (size_t k = 0; k < like->count; k++)
		if (!strcmp(like->columns[k].name, name) && before-- == 0)
			return &like->columns[k];
	return NULL;
}

bool csv_column_differs(const struct csv_column *a, const struct csv_column *b)
{
	return a->numbers != b->numbers || a->texts != b->texts ||
	       a->missing != b->missing || a->min != b->min ||
	       a->max != b->max || a->sum != b->sum;
}
