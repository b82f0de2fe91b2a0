// SPDX-License-Identifier: Apache-2.0
/* Reading the rows of a text, and comparing those of two. */
#include "audit/text_rows.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "numeric/cells.h"
#include "numeric/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define EDITS_MAX 2000

void text_rows_release(struct text_rows *r)
{
	free(r->items);
	*r = (struct text_rows){0};
}

static void add_row(struct text_rows *r, const struct text_row *row)
{
	if ((r->count & (r->count - 1)) == 0)
		r->items = xrealloc(r->items,
			(r->count ? 2 * r->count : 1) * sizeof(*r->items));
	r->items[r->count++] = *row;
}

/* Does a cell begin behind this? A quote elsewhere is one like any byte. */
static bool begins_cell(const struct strbuf *row, const char *separators)
{
	return row->len == 0 || strchr(separators, row->s[row->len - 1]) ||
	       (row->len == 3 && !memcmp(row->s, "\xef\xbb\xbf", 3));
}

/*
 * One row into `out`; its bytes with the end, 0 after the last, -1: no text.
 * `separators` are those of a table, NULL where each line is a row.
 */
static int64_t read_row(
	struct stream *s, const char *separators, struct strbuf *out)
{
	bool quoted = false, closed = false;
	int64_t n = 0;
	int c;

	strbuf_clear(out);
	while ((c = stream_byte(s)) > 0) {
		n++;
		if (c == '\n' && !quoted)
			break;
		if (separators && c == '"') {
			/* A second one behind it is a quote in the cell. */
			bool opens = closed ||
				     (!quoted && begins_cell(out, separators));

			closed = quoted;
			quoted = opens;
		} else {
			closed = false;
		}
		if (out->len == ROW_BYTES_MAX)
			return -1;
		strbuf_addc(out, (char)c);
	}
	if (c == 0 || c == -2)
		return -1;
	if (out->len && out->s[out->len - 1] == '\r')
		out->s[--out->len] = 0;
	return n;
}

static bool read_rows(struct stream *s, bool table, text_row_fn each, void *ctx,
	struct text_rows *out)
{
	char separators[] = CELL_SEPARATORS;
	autostrbuf text = STRBUF_INIT;
	uint64_t offset = 0;
	int64_t n;

	strbuf_grow(&text, 1);
	while ((n = read_row(s, table ? separators : NULL, &text)) > 0) {
		add_row(out, &(struct text_row){hash_bytes(text.s, text.len),
				     offset, (uint32_t)text.len});
		if (out->count > ROWS_MAX)
			return false;
		/* The first row tells which one it is. */
		if (out->count == 1) {
			separators[0] = cells_separator(text.s);
			separators[1] = 0;
		}
		if (each)
			each(ctx, out->count - 1, text.s, text.len);
		offset += (uint64_t)n;
	}
	return n == 0;
}

bool text_rows_read(
	int fd, bool table, text_row_fn each, void *ctx, struct text_rows *out)
{
	autostream *s = NULL;
	struct stat st;

	*out = (struct text_rows){0};
	if (fstat(fd, &st) < 0 || st.st_size < 0)
		return false;
	s = stream_range(fd, 0, (uint64_t)st.st_size);
	if (s && read_rows(s, table, each, ctx, out))
		return true;
	text_rows_release(out);
	return false;
}

char *text_row_read(int fd, const struct text_row *r, size_t max, struct arena *a)
{
	size_t n = r->len < max ? r->len : max;
	char *text = arena_alloc(a, n + 1);

	return n == 0 || stream_read_at(fd, r->offset, text, n) ? text : NULL;
}

/* --- edits ------------------------------------------------------------ */

static bool same(const struct text_row *a, const struct text_row *b)
{
	return a->hash == b->hash && a->len == b->len;
}

/* What is left to compare of two texts: rows [from, a_end) and [from, b_end). */
struct middle {
	const struct text_row *a, *b;
	size_t n, m;
	size_t from;
};

static struct middle find_middle(
	const struct text_rows *a, const struct text_rows *b)
{
	size_t n = a->count, m = b->count, from = 0;

	while (from < n && from < m && same(&a->items[from], &b->items[from]))
		from++;
	while (n > from && m > from && same(&a->items[n - 1], &b->items[m - 1])) {
		n--;
		m--;
	}
	return (struct middle){
		a->items + from, b->items + from, n - from, m - from, from};
}

/* The furthest row of `a` that d edits reach on each diagonal, for each d. */
struct trace {
	struct arena *arena;
	long *steps[EDITS_MAX + 1]; /* steps[d][k + d], k from -d to d */
	long edits;                 /* -1: too many */
};

/* Is the last of d edits to diagonal k a row of `b`, which goes down, or one of
 * `a`? v: what one edit less reaches. */
static bool is_down(const long *v, long d, long k)
{
	return k == -d || (k != d && v[k - 1 + d - 1] < v[k + 1 + d - 1]);
}

static long reach(const struct trace *t, long d, long k)
{
	const long *v = d > 0 ? t->steps[d - 1] : NULL;

	if (d == 0)
		return 0;
	return is_down(v, d, k) ? v[k + 1 + d - 1] : v[k - 1 + d - 1] + 1;
}

static void find_trace(struct trace *t, const struct middle *w)
{
	long n = (long)w->n, m = (long)w->m;

	t->edits = -1;
	for (long d = 0; d <= EDITS_MAX && d <= n + m; d++) {
		long *v = arena_array(t->arena, (size_t)(2 * d + 1), sizeof(*v));

		t->steps[d] = v;
		for (long k = -d; k <= d; k += 2) {
			long x = reach(t, d, k), y = x - k;

			/* Beyond an edge nothing is reached any more. */
			while (x >= 0 && y >= 0 && x < n && y < m &&
				same(&w->a[x], &w->b[y])) {
				x++;
				y++;
			}
			v[k + d] = x;
			if (x >= n && y >= m && x - y == n - m) {
				t->edits = d;
				return;
			}
		}
	}
}

/* From the end to the beginning: marks of rows that go and that come. */
static void mark(
	const struct trace *t, const struct middle *w, bool *goes, bool *comes)
{
	long x = (long)w->n, y = (long)w->m;

	for (long d = t->edits; d > 0; d--) {
		const long *v = t->steps[d - 1];
		long k = x - y;
		bool down = is_down(v, d, k);
		long before = down ? k + 1 : k - 1;

		x = v[before + d - 1];
		y = x - before;
		if (down && y < (long)w->m)
			comes[y] = true;
		else if (!down && x < (long)w->n)
			goes[x] = true;
	}
}

static void collect(struct arena *arena, const struct middle *w, const bool *goes,
	const bool *comes, struct row_edit **edits, size_t *count)
{
	size_t x = 0, y = 0;

	while (x < w->n || y < w->m) {
		bool gone = x < w->n && goes[x], come = y < w->m && comes[y];

		if (gone || come)
			*ARENA_PUSH(arena, *edits, *count) =
				(struct row_edit){gone && come ? ROW_CHANGED
						  : gone       ? ROW_REMOVED
							       : ROW_ADDED,
					w->from + x, w->from + y};
		x += gone || !come;
		y += come || !gone;
	}
}

bool text_rows_diff(const struct text_rows *a, const struct text_rows *b,
	struct arena *arena, struct row_edit **edits, size_t *count)
{
	autoarena *scratch = arena_new();
	struct middle w = find_middle(a, b);
	struct trace *t = arena_alloc(scratch, sizeof(*t));

	*edits = NULL;
	*count = 0;
	t->arena = scratch;
	find_trace(t, &w);
	if (t->edits >= 0) {
		bool *goes = arena_array(scratch, w.n + 1, sizeof(*goes));
		bool *comes = arena_array(scratch, w.m + 1, sizeof(*comes));

		mark(t, &w, goes, comes);
		collect(arena, &w, goes, comes, edits, count);
	}
	return t->edits >= 0;
}

/* --- as sets ---------------------------------------------------------- */

static int by_hash(const void *a, const void *b)
{
	const struct text_row *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->len == y->len ? 0 : x->len < y->len ? -1 : 1;
}

static struct text_row *sorted(struct arena *a, const struct text_rows *r)
{
	struct text_row *out = arena_array(a, r->count + 1, sizeof(*out));

	if (r->count)
		memcpy(out, r->items, r->count * sizeof(*out));
	qsort(out, r->count, sizeof(*out), by_hash);
	return out;
}

void text_rows_only(const struct text_rows *a, const struct text_rows *b,
	size_t *only_a, size_t *only_b)
{
	autoarena *scratch = arena_new();
	const struct text_row *x = sorted(scratch, a), *y = sorted(scratch, b);
	size_t i = 0, k = 0;

	*only_a = *only_b = 0;
	while (i < a->count || k < b->count) {
		int order = i == a->count   ? 1
			    : k == b->count ? -1
					    : by_hash(&x[i], &y[k]);

		*only_a += order < 0;
		*only_b += order > 0;
		i += order <= 0;
		k += order >= 0;
	}
}
