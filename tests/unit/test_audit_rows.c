// SPDX-License-Identifier: Apache-2.0
/* Rows of texts, edits between two, and tables as text. */
#include "audit/csv_diff.h"
#include "audit/csv_table.h"
#include "audit/text_rows.h"
#include "base/arena.h"
#include "base/fs.h"
#include "manifests/model.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static int file_of(const void *p, size_t n)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, p, n), 0);
	return fd;
}

static int text(const char *s)
{
	return file_of(s, strlen(s));
}

static void read_text(const char *s, bool table, struct text_rows *out)
{
	autoclose int fd = text(s);

	assert_true(text_rows_read(fd, table, NULL, NULL, out));
}

static void rows_are_lines(void **state)
{
	autoclose int fd = text("one\r\ntwo\n\nfour");
	autoarena *a = arena_new();
	autorows r = {0};

	(void)state;
	assert_true(text_rows_read(fd, false, NULL, NULL, &r));
	assert_int_equal(r.count, 4);
	assert_string_equal(text_row_read(fd, &r.items[0], 100, a), "one");
	assert_string_equal(text_row_read(fd, &r.items[2], 100, a), "");
	assert_string_equal(text_row_read(fd, &r.items[3], 2, a), "fo");
}

static void a_quoted_cell_may_hold_lines(void **state)
{
	autorows lines = {0}, rows = {0};

	(void)state;
	read_text("a,\"x\ny\"\nb,c\n", false, &lines);
	read_text("a,\"x\ny\"\nb,c\n", true, &rows);
	assert_int_equal(lines.count, 3);
	assert_int_equal(rows.count, 2);
	text_rows_release(&rows);
	read_text("\xef\xbb\xbf\"a\nb\";c\n\"d\"\"\n\"\"e\";f\n", true, &rows);
	assert_int_equal(rows.count, 2);
}

/* As Python's csv and spreadsheets read it. */
static void a_quote_within_a_cell_is_text(void **state)
{
	autorows r = {0};

	(void)state;
	read_text("id,size\n1,5\" pipe\n2,3;\"x\n3,1\n", true, &r);
	assert_int_equal(r.count, 4);
}

static void what_is_no_text_is_refused(void **state)
{
	autoclose int nul = file_of("a\0b\n", 4);
	char *p = malloc(ROW_BYTES_MAX + 2);
	autoclose int fd = -1;
	autorows r = {0};

	(void)state;
	assert_false(text_rows_read(nul, false, NULL, NULL, &r));
	memset(p, 'x', ROW_BYTES_MAX + 1);
	fd = file_of(p, ROW_BYTES_MAX + 1);
	assert_false(text_rows_read(fd, false, NULL, NULL, &r));
	assert_null(r.items);
	free(p);
}

/* The longest common subsequence by the book: the fewest edits there are. */
static size_t least(const struct text_rows *a, const struct text_rows *b)
{
	size_t n = a->count, m = b->count,
	       *t = calloc((n + 1) * (m + 1), sizeof(*t));
	size_t common;

	for (size_t i = 1; i <= n; i++)
		for (size_t k = 1; k <= m; k++) {
			size_t up = t[(i - 1) * (m + 1) + k];
			size_t left = t[i * (m + 1) + k - 1];

			t[i * (m + 1) + k] =
				a->items[i - 1].hash == b->items[k - 1].hash
					? t[(i - 1) * (m + 1) + k - 1] + 1
				: up > left ? up
					    : left;
		}
	common = t[n * (m + 1) + m];
	free(t);
	return n + m - 2 * common;
}

/* Applying the edits to `a` gives `b`. */
static void apply(const struct text_rows *a, const struct text_rows *b,
	const struct row_edit *edits, size_t count)
{
	size_t i = 0, k = 0, e = 0;

	while (i < a->count || k < b->count) {
		bool here = e < count &&
			    (edits[e].change == ROW_ADDED ? edits[e].b == k
							  : edits[e].a == i);

		if (!here) {
			assert_true(i < a->count && k < b->count);
			assert_int_equal(a->items[i].hash, b->items[k].hash);
			i++;
			k++;
			continue;
		}
		i += edits[e].change != ROW_ADDED;
		k += edits[e].change != ROW_REMOVED;
		e++;
	}
	assert_int_equal(e, count);
}

static void random_text(struct text_rows *r, unsigned *seed)
{
	char s[64], *p = s;

	for (int n = rand_r(seed) % 25; n > 0; n--) {
		*p++ = (char)('a' + rand_r(seed) % 4);
		*p++ = '\n';
	}
	*p = 0;
	read_text(s, false, r);
}

static void edits_are_few_and_right(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		autoarena *arena = arena_new();
		autorows a = {0}, b = {0};
		struct row_edit *edits;
		size_t count, cost = 0;

		random_text(&a, &seed);
		random_text(&b, &seed);
		assert_true(text_rows_diff(&a, &b, arena, &edits, &count));
		apply(&a, &b, edits, count);
		for (size_t k = 0; k < count; k++)
			cost += edits[k].change == ROW_CHANGED ? 2 : 1;
		assert_int_equal(cost, least(&a, &b));
	}
}

static char *numbers(long from, long to, long step)
{
	char *s = malloc(1 << 20), *p = s;

	for (long i = from; i != to; i += step)
		p += sprintf(p, "%ld,%ld\n", i, 7 * i);
	return s;
}

static void too_many_edits_are_counted(void **state)
{
	autoarena *arena = arena_new();
	autofree char *up = numbers(0, 9000, 1), *down = numbers(8999, -1, -1);
	autorows a = {0}, b = {0};
	struct row_edit *edits;
	size_t count, only_a, only_b;

	(void)state;
	read_text(up, true, &a);
	read_text(down, true, &b);
	assert_false(text_rows_diff(&a, &b, arena, &edits, &count));
	text_rows_only(&a, &b, &only_a, &only_b);
	assert_int_equal(only_a + only_b, 0);
	b.count -= 5;
	text_rows_only(&a, &b, &only_a, &only_b);
	assert_int_equal(only_a, 5);
	assert_int_equal(only_b, 0);
}

/* --- tables ----------------------------------------------------------- */

static void cells_are_split(void **state)
{
	static const struct {
		const char *row, *cells[4];
		size_t count;
	} cases[] = {
		{"a,b,c", {"a", "b", "c"}, 3},
		{"", {""}, 1},
		{"a,", {"a", ""}, 2},
		{"\"x,y\",z", {"x,y", "z"}, 2},
		{"\"say \"\"no\"\"\",1", {"say \"no\"", "1"}, 2},
		{"\"open", {"open"}, 1},
		{"\"\",\"\"", {"", ""}, 2},
	};
	autoarena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cells out;

		cells_split(arena_strdup(a, cases[i].row), ',', &out, a);
		assert_int_equal(out.count, cases[i].count);
		for (size_t k = 0; k < out.count; k++)
			assert_string_equal(out.items[k], cases[i].cells[k]);
	}
	assert_int_equal(cells_separator("a;b;c,d"), ';');
	assert_int_equal(cells_separator("a\tb"), '\t');
	assert_int_equal(cells_separator("alone"), ',');
}

struct pair {
	json_t *json;
	struct strlist lines;
};

static struct pair compare(struct arena *a, const char *x, const char *y)
{
	autoclose int before = text(x), after = text(y);
	struct pair p = {0};

	p.json = csv_diff(before, after, a, &p.lines);
	return p;
}

static json_int_t rows(const struct pair *p, const char *key)
{
	return json_integer_value(
		json_object_get(json_object_get(p->json, "rows"), key));
}

static bool says(const struct pair *p, const char *line)
{
	for (size_t i = 0; i < p->lines.count; i++)
		if (!strcmp(p->lines.items[i], line))
			return true;
	return false;
}

static void rows_are_named_by_their_numbers(void **state)
{
	autoarena *a = arena_new();
	struct pair p = compare(
		a, "id,x\n1,5\n2,6\n3,7\n4,8\n", "id,x\n1,5\n2,60\n4,8\n5,9\n");

	(void)state;
	assert_int_equal(rows(&p, "changed"), 1);
	assert_int_equal(rows(&p, "removed"), 1);
	assert_int_equal(rows(&p, "added"), 1);
	assert_true(says(&p, "1 row added, 1 row removed, 1 row changed"));
	assert_true(says(&p, "row 3, x: 6 -> 60"));
	assert_true(says(&p, "row 4 removed: 3,7"));
	assert_true(says(&p, "row 5 added: 5,9"));
	assert_true(
		says(&p, "column x: 5 to 8, mean 6.5 -> 5 to 60, mean 20.5"));
	json_decref(p.json);
}

static void columns_come_and_go(void **state)
{
	autoarena *a = arena_new();
	struct pair p = compare(a, "id,old\n1,a\n2,\n", "id,new\n1,a\n2,b\n");

	(void)state;
	assert_true(says(&p, "column old is gone"));
	assert_true(says(&p, "column new is new"));
	json_decref(p.json);
	/* A first row of numbers names nothing. */
	p = compare(a, "1,2\n3,4\n", "1,2\n3,5\n");
	assert_true(says(&p, "row 2, column 2: 4 -> 5"));
	json_decref(p.json);
}

static void cells_go_by_the_names_of_columns(void **state)
{
	autoarena *a = arena_new();
	struct pair p =
		compare(a, "id,old,x\n1,a,5\n2,b,6\n", "id,x\n1,5\n2,7\n");

	(void)state;
	assert_true(says(&p, "row 3, x: 6 -> 7"));
	assert_false(says(&p, "row 2, old: a -> 5"));
	assert_false(says(&p, "row 2, x: 5 -> (empty)"));
	json_decref(p.json);
	/* Two columns of one name are two. */
	p = compare(a, "x,x,y\n1,100,a\n2,200,a\n", "x,x,y\n1,100,a\n5,200,a\n");
	assert_true(says(&p, "column x: 1 to 2, mean 1.5 -> 1 to 5, mean 3"));
	assert_int_equal(p.lines.count, 3);
	json_decref(p.json);
	p = compare(a, "x,y\n1,a\n", "x,x,y\n1,1,a\n");
	assert_true(says(&p, "column x is new"));
	json_decref(p.json);
}

static void other_ends_of_rows_are_said(void **state)
{
	autoarena *a = arena_new();
	struct pair p = compare(a, "a,b\r\n1,2\r\n", "a,b\n1,2\n");

	(void)state;
	assert_true(says(&p, "the rows are the same, what ends them is not"));
	json_decref(p.json);
}

static void what_is_no_table_is_none(void **state)
{
	autoarena *a = arena_new();
	autoclose int nul = file_of("a,b\n\0\n", 6), other = text("a,b\n");
	struct strlist lines = {0};

	(void)state;
	assert_null(csv_diff(nul, other, a, &lines));
	assert_int_equal(lines.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_lines),
		cmocka_unit_test(a_quoted_cell_may_hold_lines),
		cmocka_unit_test(a_quote_within_a_cell_is_text),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(edits_are_few_and_right),
		cmocka_unit_test(too_many_edits_are_counted),
		cmocka_unit_test(cells_are_split),
		cmocka_unit_test(rows_are_named_by_their_numbers),
		cmocka_unit_test(columns_come_and_go),
		cmocka_unit_test(cells_go_by_the_names_of_columns),
		cmocka_unit_test(other_ends_of_rows_are_said),
		cmocka_unit_test(what_is_no_table_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
