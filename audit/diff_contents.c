// SPDX-License-Identifier: Apache-2.0
/* How far two contents are apart. */
#include "audit/csv_diff.h"
#include "audit/diff_parts.h"
#include "audit/text_rows.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/fs.h"
#include "manifests/json.h"
#include "numeric/numeric.h"
#include "numeric/stream.h"
#include "store/store.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define LINES_SHOWN 5
#define LINE_SHOWN 100

const char *diff_bytes(struct diff *d, int64_t n)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double x = (double)n;
	size_t u = 0;

	if (n == ABSENT)
		return "unknown size";
	for (; x >= 999.5 && u + 1 < sizeof(units) / sizeof(*units); u++)
		x /= 1000;
	return arena_printf(
		d->arena, u && x < 9.95 ? "%.1f %s" : "%.0f %s", x, units[u]);
}

static int open_content(struct diff *d, const char *digest)
{
	struct digest is;

	if (!digest || digest_parse(digest, &is) < 0)
		return -1;
	return store_open_object(d->store, &is, NULL);
}

/* --- numbers ---------------------------------------------------------- */

static json_t *real_json(double x)
{
	return isfinite(x) ? json_real(x) : json_string("infinite");
}

static bool compare_numbers(struct diff *d, struct difference *x,
	const char *path, int before, int after)
{
	struct distance n = {0};

	if (!numeric_compare(&n, path, before, after))
		return false;
	if (*n.unlike)
		diff_line(d, x, "%s: %s", n.format, n.unlike);
	else if (n.different)
		diff_line(d, x,
			"%s: largest difference %.3g, relative %.3g at %s; "
			"%" PRIu64 " of %" PRIu64 " values",
			n.format, n.max_abs, n.max_rel, n.where, n.different,
			n.values);
	else
		diff_line(d, x, "%s: all values are equal, other bytes are not",
			n.format);
	x->detail = json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "format",
		n.format, "values", (json_int_t)n.values, "different",
		(json_int_t)n.different, "max_abs", real_json(n.max_abs),
		"max_rel", real_json(n.max_rel), "where", json_text(n.where),
		"unlike", json_text(n.unlike));
	return true;
}

/* --- lines ------------------------------------------------------------ */

/* One line for a terminal; what is no UTF-8 shows up as it is printed. */
static const char *line_text(
	struct diff *d, int fd, const struct text_rows *rows, size_t i)
{
	const char *s = text_row_read(fd, &rows->items[i], LINE_SHOWN, d->arena);

	return s ? s + strspn(s, " \t") : "";
}

static void say_edits(struct diff *d, struct difference *x,
	const struct row_edit *edits, size_t count, int before, int after,
	const struct text_rows *a, const struct text_rows *b)
{
	for (size_t i = 0; i < count && i < LINES_SHOWN; i++) {
		const struct row_edit *k = &edits[i];

		if (k->change != ROW_ADDED)
			diff_line(d, x, "line %zu, first: %s", k->a + 1,
				line_text(d, before, a, k->a));
		if (k->change != ROW_REMOVED)
			diff_line(d, x, "line %zu, second: %s", k->b + 1,
				line_text(d, after, b, k->b));
	}
}

static bool compare_lines(
	struct diff *d, struct difference *x, int before, int after)
{
	autorows a = {0}, b = {0};
	size_t count, n[3] = {0};
	struct row_edit *edits;
	bool moved = false;

	if (!text_rows_read(before, false, NULL, NULL, &a) ||
		!text_rows_read(after, false, NULL, NULL, &b))
		return false;
	if (!text_rows_diff(&a, &b, d->arena, &edits, &count)) {
		text_rows_only(&a, &b, &n[ROW_REMOVED], &n[ROW_ADDED]);
		count = 0;
		moved = true;
	}
	for (size_t i = 0; i < count; i++)
		n[edits[i].change]++;
	if (n[ROW_CHANGED] || n[ROW_ADDED] || n[ROW_REMOVED])
		diff_line(d, x, "%s changed, %zu added, %zu removed",
			diff_count(d, n[ROW_CHANGED], "line"), n[ROW_ADDED],
			n[ROW_REMOVED]);
	else
		diff_line(d, x, "%s",
			moved ? "the same lines in another order"
			      : "the lines are the same, what ends them is "
				"not");
	say_edits(d, x, edits, count, before, after, &a, &b);
	x->detail = json_pack("{s:{s:I, s:I, s:I}}", "lines", "changed",
		(json_int_t)n[ROW_CHANGED], "added", (json_int_t)n[ROW_ADDED],
		"removed", (json_int_t)n[ROW_REMOVED]);
	return true;
}

/* --- bytes ------------------------------------------------------------ */

static void compare_bytes(
	struct diff *d, struct difference *x, int before, int after)
{
	autostream *a = NULL, *b = NULL;
	struct stat s, t;
	int64_t at;

	if (fstat(before, &s) < 0 || fstat(after, &t) < 0)
		return;
	a = stream_range(before, 0, (uint64_t)s.st_size);
	b = stream_range(after, 0, (uint64_t)t.st_size);
	at = a && b ? stream_difference(a, b) : -1;
	if (at < 0)
		return;
	diff_line(d, x, "first difference at byte %" PRId64, at);
	x->detail = json_pack("{s:I}", "first_difference", (json_int_t)at);
}

void diff_contents(struct diff *d, struct difference *x, const char *path,
	const char *before, const char *after)
{
	autoclose int a = open_content(d, before);
	autoclose int b = open_content(d, after);

	if (a < 0 || b < 0) {
		diff_note(d, "%s: the store has not both contents", path);
		return;
	}
	if (csv_is_table(path)) {
		x->detail = csv_diff(a, b, d->arena, &x->lines);
		if (x->detail)
			return;
	}
	if (!compare_numbers(d, x, path, a, b) && !compare_lines(d, x, a, b))
		compare_bytes(d, x, a, b);
}
