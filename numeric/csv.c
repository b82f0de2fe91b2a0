// SPDX-License-Identifier: Apache-2.0
/* Tables as text (RFC 4180, and with other separators), cell by cell. */
#include "base/arena.h"
#include "base/strbuf.h"
#include "numeric/formats.h"
#include "numeric/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A longer cell is text of another kind, and a longer number none. */
#define CELL_MAX (1u << 20)
#define NUMBER_MAX 400
/* Columns whose names are kept for `where`. */
#define NAMES_MAX 4096

enum end { END_CELL, END_ROW, END_TABLE, BROKEN };

struct table {
	struct stream *stream;
	int separator;
	struct strbuf cell; /* the last one read */
};

struct names {
	struct arena *arena;
	const char **items;
	size_t count;
	bool none; /* the first row has a number: it names nothing */
};

/* Behind "text", with "" for a quote in it; the byte after it, or -2. */
static int read_quoted(struct table *t)
{
	for (;;) {
		int c = stream_byte(t->stream);

		if (c == '"') {
			c = stream_byte(t->stream);
			if (c != '"')
				return c;
		}
		if (c <= 0 || t->cell.len == CELL_MAX)
			return -2;
		strbuf_addc(&t->cell, (char)c);
	}
}

static enum end next_cell(struct table *t)
{
	int c = stream_byte(t->stream);
	bool quoted = c == '"';

	strbuf_clear(&t->cell);
	strbuf_grow(&t->cell, 1);
	if (quoted)
		c = read_quoted(t);
	while (c > 0 && c != t->separator && c != '\n') {
		/* Of what may stand behind a quoted cell: the end of a line. */
		if (t->cell.len == CELL_MAX || (quoted && c != '\r'))
			return BROKEN;
		strbuf_addc(&t->cell, (char)c);
		c = stream_byte(t->stream);
	}
	if (c != t->separator && t->cell.len > 0 &&
		t->cell.s[t->cell.len - 1] == '\r')
		t->cell.s[--t->cell.len] = 0;
	return c == t->separator ? END_CELL
	       : c == '\n'       ? END_ROW
	       : c == -1         ? END_TABLE
				 : BROKEN;
}

static bool is_word(const char *p, size_t n)
{
	static const char *const words[] = {"nan", "inf", "infinity"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (n == strlen(words[i]) && !strncasecmp(p, words[i], n))
			return true;
	return false;
}

/* The number in a cell, spaces around it aside: its beginning, or NULL. */
static const char *find_number(const struct strbuf *cell, size_t *len)
{
	const char *p = cell->s + strspn(cell->s, " \t");
	size_t n = strlen(p), sign = *p == '-' || *p == '+';

	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	*len = n;
	if (n > NUMBER_MAX || n == sign)
		return NULL;
	if (is_word(p + sign, n - sign))
		return p;
	return strspn(p, "0123456789+-.eE") >= n && strpbrk(p, "0123456789")
		       ? p
		       : NULL;
}

static bool read_number(const struct strbuf *cell, long double *out)
{
	size_t n;
	const char *p = find_number(cell, &n);
	char *end;

	if (!p)
		return false;
	*out = strtold(p, &end);
	return end == p + n;
}

static void learn_name(struct names *names, const struct strbuf *cell)
{
	size_t n;

	if (find_number(cell, &n))
		names->none = true;
	if (names->count < NAMES_MAX)
		*ARENA_PUSH(names->arena, names->items, names->count) =
			arena_printf(names->arena, "column '%.60s'", cell->s);
}

/* "column 'loss'", or "column 3" */
static const char *column(
	const struct names *names, size_t i, char *buf, size_t size)
{
	if (!names->none && i < names->count)
		return names->items[i];
	snprintf(buf, size, "column %zu", i + 1);
	return buf;
}

static void compare_cell(struct distance *d, const struct contents *c,
	const struct table t[2], const struct names *names, uint64_t row,
	size_t i)
{
	const struct strbuf *a = &t[0].cell, *b = &t[1].cell;
	long double x, y;
	char buf[40];
	size_t n;

	if (!strcmp(a->s, b->s))
		d->values += find_number(a, &n) != NULL;
	else if (!read_number(a, &x) || !read_number(b, &y))
		distance_unlike(d, c->prefix, "row %" PRIu64 ", %s: another text",
			row, column(names, i, buf, sizeof(buf)));
	else if (distance_add(d, x, y))
		distance_at(d, c->prefix, "row %" PRIu64 ", %s", row,
			column(names, i, buf, sizeof(buf)));
}

/* 1: there may be another row; 0: the last one; -1: no table. */
static int compare_row(struct distance *d, const struct contents *c,
	struct table t[2], struct names *names, uint64_t row)
{
	for (size_t i = 0;; i++) {
		enum end a = next_cell(&t[0]), b = next_cell(&t[1]);

		if (a == BROKEN || b == BROKEN)
			return -1;
		compare_cell(d, c, t, names, row, i);
		if (row == 1)
			learn_name(names, &t[0].cell);
		if (a == END_CELL && b == END_CELL)
			continue;
		if (a != END_CELL && b != END_CELL)
			return 1;
		distance_unlike(d, c->prefix,
			"row %" PRIu64 " has %s columns than recorded", row,
			a == END_CELL ? "fewer" : "more");
		return 0;
	}
}

static const char separators[] = ",;\t|";

static void count_separators(struct stream *s, size_t counts[sizeof(separators)])
{
	size_t n;
	const unsigned char *p = stream_peek(s, &n);

	for (size_t i = 0; p && i < n && p[i] != '\n'; i++) {
		const char *found = p[i] ? strchr(separators, p[i]) : NULL;

		if (found)
			counts[found - separators]++;
	}
}

/* The one that the first lines have most often. */
static int find_separator(const struct contents *c)
{
	size_t best = 0, counts[sizeof(separators)] = {0};

	count_separators(c->recorded, counts);
	count_separators(c->replayed, counts);
	for (size_t i = 1; i < sizeof(separators); i++)
		if (counts[i] > counts[best])
			best = i;
	return separators[best];
}

bool csv_compare(struct distance *d, const struct contents *c)
{
	autoarena *arena = arena_new();
	struct names names = {.arena = arena};
	int separator = find_separator(c);
	struct table t[2] = {{.stream = c->recorded, .separator = separator},
		{.stream = c->replayed, .separator = separator}};
	int r = 1;

	for (uint64_t row = 1; r > 0; row++) {
		bool over = stream_at_end(c->recorded);

		if (over || stream_at_end(c->replayed)) {
			if (!over || !stream_at_end(c->replayed))
				distance_unlike(d, c->prefix,
					"row %" PRIu64 " is %s", row,
					over ? "not recorded" : "missing");
			break;
		}
		r = compare_row(d, c, t, &names, row);
	}
	strbuf_release(&t[0].cell);
	strbuf_release(&t[1].cell);
	return r >= 0;
}
