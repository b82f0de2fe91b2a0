// SPDX-License-Identifier: Apache-2.0
/*
 * Read files.yaml, the fast way: a strict parser of the one-line form that
 * table_out.c writes, at memory speed.
 *
 * A line that is not in this form (rows over several lines, comments, another
 * quoting, a missing line end) is nothing that this parser judges: from the
 * beginning of that line on, the rest of the document goes to libyaml
 * (table_yaml.c), and there is no way back. Both give keys and scalars to
 * row_set(), so they agree on what a row means and on every message.
 */
#include "manifests/table_read.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/scalar.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READ_BYTES (128 << 10)

struct table_reader {
	int fd;
	char *name;
	struct strbuf in; /* what was read and not yet consumed, from pos on */
	size_t pos;
	size_t line; /* number of the line at pos, from 1 */
	bool eof;
	struct table_yaml *yaml; /* took over */
	struct err failed;       /* every further call gives it again */
	bool has_failed;

	/* Memory of the current row. */
	struct strbuf text;
	char **names;
	size_t names_cap;
	struct strbuf last; /* path of the row before */
	bool any;
};

/* One line while it is taken apart; `to` is where strings are put. */
struct lex {
	const char *start, *p, *end;
	char *to;
};

struct table_reader *table_reader_new(int fd, const char *name)
{
	struct table_reader *t = xcalloc(1, sizeof(*t));

	t->fd = fd;
	t->name = xstrdup(name);
	t->line = 1;
	return t;
}

void table_reader_free(struct table_reader *t)
{
	if (t == NULL)
		return;
	if (t->yaml != NULL)
		table_yaml_free(t->yaml);
	strbuf_release(&t->in);
	strbuf_release(&t->text);
	strbuf_release(&t->last);
	free(t->names);
	free(t->name);
	free(t);
}

/* One row decides how much it takes, and anybody may have written it. */
static int no_memory(const struct table_reader *t, struct err *e)
{
	return err_set(e, "%s:%zu:1: there is not enough memory for this row",
		t->name, t->line);
}

/* Read more; what is unread moves to the front. */
static int fill(struct table_reader *t, struct err *e)
{
	size_t left = t->in.len - t->pos, more;
	ssize_t n;

	if (t->pos > 0)
		memmove(t->in.s, t->in.s + t->pos, left);
	t->in.len = left;
	t->pos = 0;
	if (left > ROW_BYTES_MAX)
		return err_set(e, "%s:%zu:1: too long", t->name, t->line);
	/* Twice as much for a long line, so that it is not quadratic; but not
	 * more than is needed to see that it is too long. */
	more = READ_BYTES + left;
	if (left + more > ROW_BYTES_MAX + READ_BYTES)
		more = ROW_BYTES_MAX + READ_BYTES - left;
	if (!strbuf_try_grow(&t->in, more))
		return no_memory(t, e);
	n = fs_read_all(t->fd, t->in.s + left, more);
	if (n < 0)
		return err_sys(e, "cannot read '%s'", t->name);
	t->eof = n == 0;
	t->in.len += (size_t)n;
	return 0;
}

/*
 * Length of the line at pos with its newline; 0: no whole line is left. The
 * search starts where the last one ended.
 */
static int next_line(struct table_reader *t, size_t *len, struct err *e)
{
	size_t searched = 0;
	const char *newline;

	for (;;) {
		size_t left = t->in.len - t->pos;

		newline = left > searched ? memchr(t->in.s + t->pos + searched,
						    '\n', left - searched)
					  : NULL;
		if (newline != NULL) {
			*len = (size_t)(newline - t->in.s) - t->pos + 1;
			return 0;
		}
		*len = 0;
		if (t->eof)
			return 0;
		searched = left;
		if (fill(t, e) < 0)
			return -1;
	}
}

static bool eat(struct lex *l, const char *text, size_t n)
{
	if ((size_t)(l->end - l->p) < n || memcmp(l->p, text, n) != 0)
		return false;
	l->p += n;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

/* After a backslash: the escapes that scalar_quote() writes. */
static bool lex_escape(struct lex *l)
{
	static const char from[] = "\"\\ntr", to[] = "\"\\\n\t\r";
	const char *f;
	uint32_t cp = 0;
	int digits;

	if (l->p == l->end || *l->p == '\0')
		return false;
	f = strchr(from, *l->p);
	if (f != NULL) {
		l->p++;
		*l->to++ = to[f - from];
		return true;
	}
	digits = *l->p == 'x' ? 2 : *l->p == 'u' ? 4 : 0;
	if (digits == 0 || l->end - l->p <= digits)
		return false;
	for (l->p++; digits > 0; digits--, l->p++) {
		int h = hex_digit(*l->p);

		if (h < 0)
			return false;
		cp = cp << 4 | (uint32_t)h;
	}
	if (cp >= 0xd800 && cp <= 0xdfff)
		return false;
	l->to += utf8_encode(cp, l->to);
	return true;
}

/* Bytes that stand for themselves: printable ASCII but quote and backslash. */
static size_t plain_run(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && *p >= ' ' && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	return (size_t)(p - start);
}

static bool lex_quoted(struct lex *l)
{
	uint32_t cp;
	size_t n;

	for (;;) {
		n = plain_run(l->p, l->end);
		memcpy(l->to, l->p, n);
		l->to += n;
		l->p += n;
		if (l->p == l->end || *l->p == '"')
			break;
		if (*l->p == '\\') {
			l->p++;
			if (!lex_escape(l))
				return false;
			continue;
		}
		n = utf8_decode(l->p, (size_t)(l->end - l->p), &cp);
		if (n == 0 || !scalar_printable(cp))
			return false;
		memcpy(l->to, l->p, n);
		l->to += n;
		l->p += n;
	}
	return eat(l, "\"", 1);
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool lex_plain(struct lex *l)
{
	size_t n = l->p + 1 < l->end && *l->p == '-';

	if (!is_alnum(l->p[n]))
		return false;
	while (is_alnum(l->p[n]) || l->p[n] == '_' || l->p[n] == '.')
		n++;
	memcpy(l->to, l->p, n);
	l->to += n;
	l->p += n;
	return true;
}

/* The line ends in a newline, so one byte may always be looked at. */
static bool lex_scalar(struct lex *l, struct row_value *v)
{
	*v = (struct row_value){.s = l->to};
	v->binary = eat(l, "!!binary ", 9);
	if (eat(l, "\"", 1)) {
		if (!lex_quoted(l))
			return false;
	} else {
		v->plain = true;
		if (v->binary || !lex_plain(l))
			return false;
	}
	v->len = (size_t)(l->to - v->s);
	*l->to++ = '\0';
	/* What follows decides whether this was the whole scalar. */
	return *l->p == '}' || *l->p == ',' || *l->p == ']';
}

static int fail_at(const struct table_reader *t, const struct lex *l,
	const char *at, struct err *e, const char *key, const char *problem)
{
	size_t column = 1;

	for (const char *p = l->start; p < at; p++)
		column += ((unsigned char)*p & 0xc0) != 0x80;
	return err_set(e, "%s:%zu:%zu: '%s': %s", t->name, t->line, column, key,
		problem);
}

static bool names_add(struct table_reader *t, struct file_row *r, char *name)
{
	if (r->listing.count == t->names_cap) {
		size_t cap = t->names_cap ? 2 * t->names_cap : 64;
		char **names = realloc(t->names, cap * sizeof(*names));

		if (names == NULL)
			return false;
		t->names = names;
		t->names_cap = cap;
	}
	r->listing.items = t->names;
	t->names[r->listing.count++] = name;
	return true;
}

/* 1: read; 0: not our form; -1: wrong. */
static int lex_names(struct table_reader *t, struct lex *l, struct file_row *r,
	const char *key, struct err *e)
{
	struct row_value v;

	do {
		const char *at = l->p;
		const char *problem;

		if (!lex_scalar(l, &v))
			return 0;
		problem = row_text(&v);
		if (problem == NULL)
			problem = row_name_problem(v.s);
		if (problem != NULL)
			return fail_at(t, l, at, e, key, problem);
		if (!names_add(t, r, v.s))
			return no_memory(t, e);
	} while (eat(l, ", ", 2));
	return eat(l, "]", 1);
}

static int lex_field(struct table_reader *t, struct lex *l, struct file_row *r,
	struct row_at *at, size_t *hint, struct err *e)
{
	const char *key = l->p, *value, *problem = NULL;
	struct row_value v;
	size_t n = 0;
	char text[33];
	int i, rc;

	while (key[n] >= 'a' && key[n] <= 'z' && n < sizeof(text) - 1)
		n++;
	memcpy(text, key, n);
	text[n] = '\0';
	l->p += n;
	if (n == 0 || !eat(l, ": ", 2))
		return 0;
	i = row_field_find(text, n, *hint);
	if (i < 0)
		return fail_at(t, l, key, e, text, "unknown key");
	if (at->seen & 1u << i)
		return fail_at(t, l, key, e, text, "is there twice");
	at->seen |= 1u << i;
	*hint = (size_t)i + 1;
	value = l->p;
	if (i == 0) {
		at->path_line = t->line;
		at->path_column = (size_t)(value - l->start) + 1;
	}
	if (row_fields[i].type == ROW_NAMES && eat(l, "[", 1)) {
		if (eat(l, "]", 1))
			return 1;
		rc = lex_names(t, l, r, text, e);
		return rc;
	}
	if (!lex_scalar(l, &v))
		return 0;
	problem = row_set(r, &row_fields[i], &v);
	if (problem != NULL)
		return fail_at(t, l, value, e, text, problem);
	return 1;
}

/* 1: read; 0: not our form, nothing consumed; -1: wrong. */
static int lex_row(struct table_reader *t, size_t len, struct file_row *r,
	struct row_at *at, struct err *e)
{
	const char *line = t->in.s + t->pos;
	struct lex l = {line, line, line + len, NULL};
	size_t hint = 0;
	int rc;

	/* Quotes and separators leave room for a NUL after each string. */
	strbuf_clear(&t->text);
	if (!strbuf_try_grow(&t->text, len))
		return no_memory(t, e);
	l.to = t->text.s;
	if (!eat(&l, "- {", 3))
		return 0;
	at->line = t->line;
	at->column = 3;
	do {
		rc = lex_field(t, &l, r, at, &hint, e);
		if (rc <= 0)
			return rc;
	} while (eat(&l, ", ", 2));
	return eat(&l, "}\n", 2) && l.p == l.end;
}

/* The row as a whole, and against the one before. */
static int accept_row(struct table_reader *t, const struct file_row *r,
	const struct row_at *at, struct err *e)
{
	const char *problem = row_problem(r);
	size_t line = at->line, column = at->column;
	int order = 1;

	if (problem == NULL && !(at->seen & 1u << 2))
		problem = "the row has no 'kind'";
	if (problem == NULL && t->any) {
		order = strcmp(r->path, t->last.s);
		if (order <= 0)
			problem = order == 0 ? "'path' is there twice"
					     : "'path' comes before the one "
					       "above it, in "
					       "byte order";
		line = at->path_line;
		column = at->path_column;
	}
	if (problem != NULL)
		return err_set(
			e, "%s:%zu:%zu: %s", t->name, line, column, problem);
	strbuf_clear(&t->last);
	strbuf_adds(&t->last, r->path);
	t->any = true;
	return 1;
}

static int read_row(struct table_reader *t, struct file_row *r,
	struct row_at *at, struct err *e)
{
	size_t len;
	int rc;

	if (t->yaml == NULL) {
		if (next_line(t, &len, e) < 0)
			return -1;
		if (t->in.len == t->pos && t->any)
			return 0;
		if (t->in.len == t->pos)
			return err_set(e, "%s:1:1: no table", t->name);
		rc = len > 0 ? lex_row(t, len, r, at, e) : 0;
		if (rc != 0) {
			t->pos += len;
			t->line++;
			return rc;
		}
		t->yaml = table_yaml_new(t->name, t->in.s + t->pos,
			t->in.len - t->pos, t->eof ? -1 : t->fd, t->line);
		file_row_init(r);
		*at = (struct row_at){0};
	}
	return table_yaml_next(t->yaml, r, at, e);
}

int table_next(struct table_reader *t, struct file_row *r, struct err *e)
{
	struct row_at at = {0};
	int rc;

	if (t->has_failed) {
		if (e != NULL)
			*e = t->failed;
		return -1;
	}
	file_row_init(r);
	rc = read_row(t, r, &at, &t->failed);
	if (rc > 0)
		rc = accept_row(t, r, &at, &t->failed);
	if (rc < 0) {
		t->has_failed = true;
		if (e != NULL)
			*e = t->failed;
	}
	return rc;
}
