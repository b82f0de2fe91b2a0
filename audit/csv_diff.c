// SPDX-License-Identifier: Apache-2.0
/* What differs between two tables as text. */
#include "audit/csv_diff.h"

#include "audit/csv_table.h"
#include "audit/text_rows.h"
#include "base/arena.h"
#include "base/fs.h"
#include "manifests/json.h"
#include "manifests/model.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What is said to a person, of rows and of columns. */
#define LINES_MAX 10
#define CELL_SHOWN 60
#define NOWHERE SIZE_MAX

struct side {
	int fd;
	struct csv_table table;
	struct text_rows rows;
};

struct csv {
	struct arena *a;
	struct side before, after;
	/* Of each column before, the one that it is after; NOWHERE. NULL when
	 * one of the tables has no names: columns are where they were. */
	size_t *same_column;
	struct strlist *lines;
	size_t said;
	json_t *first;    /* rows */
	size_t counts[3]; /* by row_change */
	bool moved;       /* the same rows in another order */
};

bool csv_is_table(const char *path)
{
	return fs_has_suffix(path, ".csv") || fs_has_suffix(path, ".tsv");
}

static void say(struct csv *c, char *line)
{
	if (c->said++ < LINES_MAX)
		*ARENA_PUSH(c->a, c->lines->items, c->lines->count) = line;
}

/* Strings of any kind within 60 bytes, for one line. */
static const char *shown(struct arena *a, const char *s)
{
	if (strlen(s) <= CELL_SHOWN)
		return *s ? s : "(empty)";
	return arena_printf(a, "%.*s...", CELL_SHOWN, s);
}

/* --- rows ------------------------------------------------------------- */

static bool read_cells(
	struct csv *c, struct side *s, size_t row, struct cells *out)
{
	char *line =
		text_row_read(s->fd, &s->rows.items[row], ROW_BYTES_MAX, c->a);

	if (line)
		cells_split(line, s->table.separator, out, c->a);
	return line != NULL;
}

static const char *column_name(const struct csv *c, size_t i)
{
	const struct csv_table *t = &c->before.table;

	if (i < t->count)
		return t->columns[i].name;
	t = &c->after.table;
	return i < t->count ? t->columns[i].name : "?";
}

static size_t column_after(const struct csv *c, size_t i)
{
	if (!c->same_column)
		return i;
	return i < c->before.table.count ? c->same_column[i] : NOWHERE;
}

static size_t cells_to_compare(
	const struct csv *c, const struct cells *x, const struct cells *y)
{
	if (c->same_column)
		return c->before.table.count;
	return x->count > y->count ? x->count : y->count;
}

static void compare_cells(struct csv *c, const struct row_edit *edit, json_t *out)
{
	struct cells x, y;
	json_t *list = json_array();

	json_object_set_new(out, "cells", list);
	if (!read_cells(c, &c->before, edit->a, &x) ||
		!read_cells(c, &c->after, edit->b, &y))
		return;
	for (size_t i = 0; i < cells_to_compare(c, &x, &y); i++) {
		size_t k = column_after(c, i);
		const char *was = i < x.count ? x.items[i] : "";
		const char *is = k < y.count ? y.items[k] : "";

		/* That a column came or went is said once. */
		if (k == NOWHERE || !strcmp(was, is))
			continue;
		json_array_append_new(
			list, json_pack("{s:o, s:o, s:o}", "column",
				      json_text(column_name(c, i)), "before",
				      json_text(was), "after", json_text(is)));
		say(c, arena_printf(c->a, "row %zu, %s: %s -> %s", edit->b + 1,
			       shown(c->a, column_name(c, i)), shown(c->a, was),
			       shown(c->a, is)));
	}
}

static void name_edit(struct csv *c, const struct row_edit *edit)
{
	static const char *const words[] = {"changed", "added", "removed"};
	struct side *s = edit->change == ROW_ADDED ? &c->after : &c->before;
	size_t row = edit->change == ROW_ADDED ? edit->b : edit->a;
	json_t *out = json_pack("{s:s}", "change", words[edit->change]);
	char *line;

	json_array_append_new(c->first, out);
	if (edit->change != ROW_ADDED)
		json_object_set_new(
			out, "before", json_integer((json_int_t)edit->a + 1));
	if (edit->change != ROW_REMOVED)
		json_object_set_new(
			out, "after", json_integer((json_int_t)edit->b + 1));
	if (edit->change == ROW_CHANGED) {
		compare_cells(c, edit, out);
		return;
	}
	line = text_row_read(s->fd, &s->rows.items[row], ROW_BYTES_MAX, c->a);
	json_object_set_new(out, "text", json_text(line ? line : ""));
	say(c, arena_printf(c->a, "row %zu %s: %s", row + 1,
		       words[edit->change], shown(c->a, line ? line : "")));
}

static json_t *compare_rows(struct csv *c)
{
	struct row_edit *edits;
	size_t count, *n = c->counts;

	c->first = json_array();
	if (text_rows_diff(&c->before.rows, &c->after.rows, c->a, &edits, &count)) {
		for (size_t i = 0; i < count; i++) {
			n[edits[i].change]++;
			if (i < CSV_ROWS_SHOWN)
				name_edit(c, &edits[i]);
		}
	} else {
		text_rows_only(&c->before.rows, &c->after.rows, &n[ROW_REMOVED],
			&n[ROW_ADDED]);
		c->moved = !n[ROW_REMOVED] && !n[ROW_ADDED];
		say(c, c->moved ? arena_strdup(c->a,
					  "the same rows in another order")
				: arena_printf(c->a,
					  "%zu rows are in the first only, %zu "
					  "in the second only",
					  n[ROW_REMOVED], n[ROW_ADDED]));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:o}", "before",
		(json_int_t)c->before.rows.count, "after",
		(json_int_t)c->after.rows.count, "added",
		(json_int_t)n[ROW_ADDED], "removed", (json_int_t)n[ROW_REMOVED],
		"changed", (json_int_t)n[ROW_CHANGED], "moved", c->moved,
		"first", c->first);
}

/* --- columns ---------------------------------------------------------- */

static json_t *column_json(const struct csv_column *k)
{
	json_t *j = json_pack("{s:I, s:I, s:I}", "numbers",
		(json_int_t)k->numbers, "texts", (json_int_t)k->texts,
		"missing", (json_int_t)k->missing);

	if (k->numbers) {
		json_object_set_new(j, "min", json_real(k->min));
		json_object_set_new(j, "max", json_real(k->max));
		json_object_set_new(
			j, "mean", json_real(k->sum / (double)k->numbers));
	}
	return j;
}

/* "0 to 9, mean 4.5, 2 missing" */
static const char *column_text(struct arena *a, const struct csv_column *k)
{
	const char *range =
		k->numbers ? arena_printf(a, "%.6g to %.6g, mean %.6g", k->min,
				     k->max, k->sum / (double)k->numbers)
			   : "no numbers";
	const char *missing = k->missing
				      ? arena_printf(a, ", %llu missing",
						(unsigned long long)k->missing)
				      : "";

	return arena_printf(a, "%s%s", range, missing);
}

static void compare_ranges(struct csv *c, const struct csv_column *x,
	const struct csv_column *y, json_t *changed)
{
	const char *was = column_text(c->a, x), *is = column_text(c->a, y);

	if (!csv_column_differs(x, y))
		return;
	json_array_append_new(changed,
		json_pack("{s:o, s:o, s:o}", "column", json_text(x->name),
			"before", column_json(x), "after", column_json(y)));
	if (strcmp(was, is) != 0)
		say(c, arena_printf(c->a, "column %s: %s -> %s",
			       shown(c->a, x->name), was, is));
}

static json_t *compare_columns(struct csv *c)
{
	json_t *added = json_array(), *removed = json_array();
	json_t *changed = json_array();
	const struct csv_table *x = &c->before.table, *y = &c->after.table;

	/* Rows have used up their lines; columns have as many. */
	c->said = 0;
	for (size_t i = 0; i < x->count; i++) {
		const struct csv_column *k = csv_find_column(y, x, i);

		if (k) {
			compare_ranges(c, &x->columns[i], k, changed);
			continue;
		}
		json_array_append_new(removed, json_text(x->columns[i].name));
		say(c, arena_printf(c->a, "column %s is gone",
			       shown(c->a, x->columns[i].name)));
	}
	for (size_t i = 0; i < y->count; i++) {
		if (csv_find_column(x, y, i))
			continue;
		json_array_append_new(added, json_text(y->columns[i].name));
		say(c, arena_printf(c->a, "column %s is new",
			       shown(c->a, y->columns[i].name)));
	}
	return json_pack("{s:o, s:o, s:o}", "added", added, "removed", removed,
		"changed", changed);
}

static void match_columns(struct csv *c)
{
	const struct csv_table *x = &c->before.table, *y = &c->after.table;

	if (!x->has_names || !y->has_names)
		return;
	c->same_column = arena_array(c->a, x->count + 1, sizeof(*c->same_column));
	for (size_t i = 0; i < x->count; i++) {
		const struct csv_column *k = csv_find_column(y, x, i);

		c->same_column[i] = k ? (size_t)(k - y->columns) : NOWHERE;
	}
}

static bool read_side(struct side *s, int fd, struct arena *a)
{
	autoarena *scratch = arena_new();

	s->fd = fd;
	s->table = (struct csv_table){.arena = a, .scratch = scratch};
	return text_rows_read(fd, true, csv_add_row, &s->table, &s->rows);
}

/* "2 rows added, 1 changed" */
static char *summary(const struct csv *c)
{
	static const struct {
		enum row_change change;
		const char *word;
	} words[] = {{ROW_ADDED, "added"}, {ROW_REMOVED, "removed"},
		{ROW_CHANGED, "changed"}};
	char *out = NULL;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = c->counts[words[i].change];

		if (n)
			out = arena_printf(c->a, "%s%s%zu row%s %s",
				out ? out : "", out ? ", " : "", n,
				n == 1 ? "" : "s", words[i].word);
	}
	if (out)
		return out;
	return arena_strdup(c->a, c->moved ? "no row added or removed"
					   : "the rows are the same, what ends "
					     "them is not");
}

json_t *csv_diff(int before, int after, struct arena *a, struct strlist *lines)
{
	struct strlist all = {0};
	struct csv c = {.a = a, .lines = &all};
	json_t *out = NULL;

	if (read_side(&c.before, before, a) && read_side(&c.after, after, a)) {
		match_columns(&c);
		out = json_object();
		json_object_set_new(out, "rows", compare_rows(&c));
		json_object_set_new(out, "columns", compare_columns(&c));
		*ARENA_PUSH(a, lines->items, lines->count) = summary(&c);
		for (size_t i = 0; i < all.count; i++)
			*ARENA_PUSH(a, lines->items, lines->count) = all.items[i];
	}
	text_rows_release(&c.before.rows);
	text_rows_release(&c.after.rows);
	return out;
}
