// SPDX-License-Identifier: Apache-2.0
/*
 * A TOML configuration as a tree, by the grammar of TOML 1.0 (toml.io), with
 * the spelling of numbers and dates kept. Strict but for one thing: a table may
 * be continued later.
 */
#include "base/err.h"
#include "base/strbuf.h"
#include "capture/parameters.h"
#include "manifests/json.h"
#include "manifests/scalar.h"

#include <ctype.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INT "[0-9](_?[0-9])*"
#define TIME "[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?"

/* All that a value without quotes may be. */
static const char bare[] =
	"^(true|false|[+-]?(inf|nan)"
	"|[+-]?(0|[1-9](_?[0-9])*)(\\." INT ")?([eE][+-]?" INT ")?"
	"|0x[0-9A-Fa-f](_?[0-9A-Fa-f])*|0o[0-7](_?[0-7])*|0b[01](_?[01])*"
	"|[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ]" TIME
	"([Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
	"|" TIME ")$";

struct reader {
	const char *p, *end; /* `end` is a NUL */
	const char *start;
	regex_t bare;
	struct err *e;
};

static int fail(struct reader *r, const char *what)
{
	size_t line = 1;

	for (const char *p = r->start; p < r->p; p++)
		line += *p == '\n';
	return err_set(r->e, "line %zu: %s", line, what);
}

static json_t *no(struct reader *r, const char *what)
{
	fail(r, what);
	return NULL;
}

static void skip_blanks(struct reader *r)
{
	r->p += strspn(r->p, " \t");
}

static bool take(struct reader *r, const char *s)
{
	size_t n = strlen(s);

	if (strncmp(r->p, s, n) != 0)
		return false;
	r->p += n;
	return true;
}

/* A comment up to the end of the line. */
static void skip_comment(struct reader *r)
{
	skip_blanks(r);
	if (*r->p == '#')
		r->p += strcspn(r->p, "\n");
}

/* Blanks, comments and ends of lines. */
static void skip_lines(struct reader *r)
{
	do
		skip_comment(r);
	while (take(r, "\n") || take(r, "\r\n"));
}

static int end_of_line(struct reader *r)
{
	skip_comment(r);
	if (take(r, "\n") || take(r, "\r\n") || r->p == r->end)
		return 0;
	return fail(r, "more than one thing on a line");
}

static int hex_escape(struct reader *r, int digits, struct strbuf *out)
{
	uint32_t cp = 0;
	char text[4];

	for (; digits > 0; digits--, r->p++) {
		if (!isxdigit((unsigned char)*r->p))
			return fail(r, "a wrong escape");
		cp = cp << 4 | (uint32_t)(isdigit((unsigned char)*r->p)
						  ? *r->p - '0'
						  : (*r->p | 32) - 'a' + 10);
	}
	if (!cp || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return fail(r, "an escape of no character");
	strbuf_add(out, text, utf8_encode(cp, text));
	return 0;
}

/* After the backslash. */
static int escape(struct reader *r, bool lines, struct strbuf *out)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	const char *at = *r->p ? strchr(from, *r->p) : NULL;
	const char *rest = r->p + strspn(r->p, " \t\r");

	if (at) {
		strbuf_addc(out, to[at - from]);
		r->p++;
		return 0;
	}
	if (take(r, "u"))
		return hex_escape(r, 4, out);
	if (take(r, "U"))
		return hex_escape(r, 8, out);
	if (lines && *rest == '\n') { /* continued after all white space */
		r->p = rest + strspn(rest, " \t\r\n");
		return 0;
	}
	return fail(r, "a wrong escape");
}

/*
 * A string in one or three of the same quotes. Up to two quotes may stand
 * before the three that end it.
 */
static int read_string(struct reader *r, struct strbuf *out)
{
	char quote = *r->p, three[4] = {quote, quote, quote, 0};
	bool lines = take(r, three);

	strbuf_grow(out, 0);
	if (lines) {
		if (!take(r, "\n"))
			take(r, "\r\n");
	} else {
		r->p++;
	}
	for (; r->p < r->end; r->p++) {
		if (*r->p == quote && (!lines || !strncmp(r->p, three, 3))) {
			if (lines && r->p[3] == quote) {
				strbuf_addc(out, quote);
				continue;
			}
			r->p += lines ? 3 : 1;
			return 0;
		}
		if (*r->p == '\\' && quote == '"') {
			r->p++;
			if (escape(r, lines, out) < 0)
				return -1;
			r->p--;
			continue;
		}
		if (*r->p == 0x7f ||
			(iscntrl((unsigned char)*r->p) && *r->p != '\t' &&
				!(lines && strchr("\r\n", *r->p))))
			return fail(r, "a control character in a string");
		strbuf_addc(out, *r->p);
	}
	return fail(r, "a string without an end");
}

static int read_key(struct reader *r, struct strbuf *out)
{
	size_t n = 0;

	strbuf_clear(out);
	if (*r->p == '"' || *r->p == '\'')
		return read_string(r, out);
	while (isalnum((unsigned char)r->p[n]) || r->p[n] == '_' || r->p[n] == '-')
		n++;
	if (!n)
		return fail(r, "a key is needed");
	strbuf_add(out, r->p, n);
	r->p += n;
	return 0;
}

/* The table `key` of `table`, made where it is not there; of an array of
 * tables the last one. */
static json_t *enter(struct reader *r, json_t *table, const char *key)
{
	json_t *j = json_object_get(table, key);

	if (!j) {
		j = json_made(json_object());
		json_put(table, key, j);
	}
	if (json_is_array(j) && json_array_size(j))
		j = json_array_get(j, json_array_size(j) - 1);
	return json_is_object(j) ? j : no(r, "a key below what is no table");
}

/* "a.b.c": all but the last are entered, the last is in `key`. */
static json_t *read_path(struct reader *r, json_t *table, struct strbuf *key)
{
	for (int depth = 0;; depth++) {
		skip_blanks(r);
		if (read_key(r, key) < 0)
			return NULL;
		skip_blanks(r);
		if (!take(r, "."))
			return table;
		if (depth >= PARAMETER_DEPTH)
			return no(r, "is nested too deeply");
		table = enter(r, table, key->s);
		if (!table)
			return NULL;
	}
}

static json_t *read_value(struct reader *r, int depth);

static int read_pair(struct reader *r, json_t *table, int depth)
{
	autostrbuf key = STRBUF_INIT;
	json_t *value, *in = read_path(r, table, &key);

	if (!in)
		return -1;
	if (json_object_get(in, key.s))
		return fail(r, "a key that is there already");
	if (!take(r, "="))
		return fail(r, "'=' is needed");
	skip_blanks(r);
	value = read_value(r, depth);
	if (!value)
		return -1;
	json_put(in, key.s, value);
	return 0;
}

static int fill_array(struct reader *r, json_t *array, int depth)
{
	for (;;) {
		json_t *j;

		skip_lines(r);
		if (take(r, "]"))
			return 0;
		j = read_value(r, depth + 1);
		if (!j)
			return -1;
		json_add(array, j);
		skip_lines(r);
		if (take(r, "]"))
			return 0;
		if (!take(r, ","))
			return fail(r, "',' or ']' is needed");
	}
}

static int fill_inline(struct reader *r, json_t *table, int depth)
{
	skip_blanks(r);
	if (take(r, "}"))
		return 0;
	for (;;) {
		if (read_pair(r, table, depth + 1) < 0)
			return -1;
		skip_blanks(r);
		if (take(r, "}"))
			return 0;
		if (!take(r, ","))
			return fail(r, "',' or '}' is needed");
	}
}

static json_t *read_bare(struct reader *r)
{
	size_t n = strcspn(r->p, ",]}#\r\n");
	char text[100];

	while (n && isblank((unsigned char)r->p[n - 1]))
		n--;
	if (n >= sizeof(text))
		return no(r, "no value of TOML");
	memcpy(text, r->p, n);
	text[n] = 0;
	if (regexec(&r->bare, text, 0, NULL, 0) != 0)
		return no(r, "no value of TOML");
	r->p += n;
	return json_made(json_stringn(text, n));
}

static json_t *read_value(struct reader *r, int depth)
{
	autostrbuf text = STRBUF_INIT;
	json_t *j = NULL;
	int rc;

	if (depth > PARAMETER_DEPTH)
		return no(r, "is nested too deeply");
	if (*r->p == '"' || *r->p == '\'')
		return read_string(r, &text) < 0
			       ? NULL
			       : json_made(json_stringn(text.s, text.len));
	if (take(r, "[")) {
		j = json_made(json_array());
		rc = fill_array(r, j, depth);
	} else if (take(r, "{")) {
		j = json_made(json_object());
		rc = fill_inline(r, j, depth);
	} else {
		return read_bare(r);
	}
	if (rc == 0)
		return j;
	json_decref(j);
	return NULL;
}

/* "[a.b]" or "[[a.b]]", after the first bracket. */
static json_t *read_header(struct reader *r, json_t *root)
{
	autostrbuf key = STRBUF_INIT;
	bool array = take(r, "[");
	json_t *table = read_path(r, root, &key), *list, *j;

	if (!table)
		return NULL;
	if (!take(r, array ? "]]" : "]"))
		return no(r, "']' is needed");
	if (!array)
		return enter(r, table, key.s);
	list = json_object_get(table, key.s);
	if (!list) {
		list = json_made(json_array());
		json_put(table, key.s, list);
	}
	if (!json_is_array(list))
		return no(r, "a key that is there already");
	j = json_made(json_object());
	json_add(list, j);
	return j;
}

static int read_all(struct reader *r, json_t *root)
{
	json_t *table = root;

	for (;;) {
		skip_lines(r);
		if (r->p == r->end)
			return 0;
		if (take(r, "[")) {
			table = read_header(r, root);
			if (!table)
				return -1;
		} else if (read_pair(r, table, 0) < 0) {
			return -1;
		}
		if (end_of_line(r) < 0)
			return -1;
	}
}

json_t *parameters_toml(const char *text, size_t len, struct err *e)
{
	autostrbuf copy = STRBUF_INIT;
	struct reader r = {.e = e};
	json_t *root = json_made(json_object());
	int rc;

	strbuf_add(&copy, text, len); /* which ends in a NUL */
	r.start = r.p = copy.s;
	r.end = copy.s + copy.len;
	if (regcomp(&r.bare, bare, REG_EXTENDED | REG_NOSUB) != 0)
		abort();
	rc = read_all(&r, root);
	regfree(&r.bare);
	if (rc == 0)
		return root;
	json_decref(root);
	return NULL;
}
