// SPDX-License-Identifier: Apache-2.0
/*
 * Bounds of versions. Both ways to write them become the same: sets of bounds
 * of which one must hold wholly, and versions that are left out.
 */
#include "audit/requirement_range.h"

#include "base/arena.h"
#include "base/err.h"
#include <string.h>

enum op { LT, LE, GT, GE, EQ, NE, PREFIX, NOT_PREFIX };

struct bound {
	enum op op;
	const char *version;
};

struct bounds {
	struct bound *items;
	size_t count;
};

struct requirement_range {
	bool has_scheme;
	enum version_scheme scheme;
	struct bounds *any; /* none: only `not` counts */
	size_t any_count;
	struct bounds not ; /* NE and NOT_PREFIX */
};

#define SPACE " \t"

static const struct {
	const char *text;
	enum op op;
} ops[] = {{"<=", LE}, {">=", GE}, {"==", EQ}, {"!=", NE}, {"<", LT}, {">", GT},
	{"=", EQ}};

size_t requirement_range_begin(const char *text)
{
	size_t n = 0;

	while (text[n] && !strchr("<>!=" SPACE, text[n]) &&
		strncmp(text + n, "~=", 2) != 0)
		n++;
	return n;
}

static int check_version(const char *version, struct err *e)
{
	size_t n = strspn(version, "0123456789abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ.+:~^_!-");

	if (version[n] != '\0')
		return err_set(e, "'%s' is no version", version);
	return 0;
}

static void add(
	struct arena *a, struct bounds *to, enum op op, const char *version)
{
	struct bound *b = ARENA_PUSH(a, to->items, to->count);

	b->op = op;
	b->version = version;
}

/* "1.24.*": by its beginning. */
static int take_star(struct arena *a, struct bound *b, struct err *e)
{
	size_t n = strlen(b->version);

	if (n > 2 && strcmp(b->version + n - 2, ".*") == 0) {
		if (b->op != EQ && b->op != NE)
			return err_set(e, "'%s' needs '==' or '!='", b->version);
		b->op = b->op == EQ ? PREFIX : NOT_PREFIX;
		b->version = arena_memdup(a, b->version, n - 2);
	}
	return check_version(b->version, e);
}

/* "~=1.4.2": at least 1.4.2, and 1.4. */
static int add_compatible(
	struct arena *a, struct bounds *all, const char *version, struct err *e)
{
	const char *dot = strrchr(version, '.');

	if (dot == NULL || dot == version)
		return err_set(e, "'~=%s' needs two numbers or more", version);
	add(a, all, GE, version);
	add(a, all, PREFIX, arena_memdup(a, version, (size_t)(dot - version)));
	return check_version(version, e);
}

/* One bound, without spaces around it. */
static int parse_bound(struct arena *a, struct requirement_range *r,
	struct bounds *all, char *text, struct err *e)
{
	struct bound b = {EQ, NULL};
	bool compatible = strncmp(text, "~=", 2) == 0;
	size_t n = compatible ? 2 : 0;

	for (size_t i = 0; n == 0 && i < sizeof(ops) / sizeof(*ops); i++) {
		size_t len = strlen(ops[i].text);

		if (strncmp(text, ops[i].text, len) == 0) {
			b.op = ops[i].op;
			n = len;
		}
	}
	if (n == 0)
		return err_set(e,
			"'%s' does not begin with <, <=, >, >=, ==, "
			"!= or ~=",
			text);
	b.version = text + n + strspn(text + n, SPACE);
	if (*b.version == '\0')
		return err_set(e, "no version follows '%s'", text);
	if (compatible)
		return add_compatible(a, all, b.version, e);
	if (take_star(a, &b, e) < 0)
		return -1;
	add(a, b.op == NE || b.op == NOT_PREFIX ? &r->not : all, b.op, b.version);
	return 0;
}

static char *trimmed(char *s)
{
	size_t n;

	s += strspn(s, SPACE);
	n = strlen(s);
	while (n > 0 && strchr(SPACE, s[n - 1]))
		s[--n] = '\0';
	return s;
}

/* ">=1,<2": all must hold. */
static int parse_all(
	struct arena *a, struct requirement_range *r, char *text, struct err *e)
{
	struct bounds all = {0};

	for (char *comma; text != NULL; text = comma) {
		char *one;

		comma = strchr(text, ',');
		if (comma != NULL)
			*comma++ = '\0';
		one = trimmed(text);
		if (*one == '\0')
			return err_set(e, "a bound is missing beside ','");
		if (parse_bound(a, r, &all, one, e) < 0)
			return -1;
	}
	if (all.count > 0)
		*ARENA_PUSH(a, r->any, r->any_count) = all;
	return 0;
}

/* %XX of the parts of "vers" that are versions. */
static int decode(char *s, struct err *e)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	char *out = s;

	for (; *s != '\0'; s++) {
		const char *x, *y;

		if (*s != '%') {
			*out++ = *s;
			continue;
		}
		x = s[1] ? strchr(digits, s[1]) : NULL;
		y = x && s[2] ? strchr(digits, s[2]) : NULL;
		if (y == NULL)
			return err_set(e, "'%s' is no percent-encoding", s);
		*out++ = (char)((x - digits) % 16 * 16 + (y - digits) % 16);
		s += 2;
	}
	*out = '\0';
	return 0;
}

/*
 * One constraint of "vers". They come in the order of their versions: a lower
 * bound and the upper one that follows it are one interval.
 */
static int parse_vers_one(struct arena *a, struct requirement_range *r,
	char *text, bool *open, struct err *e)
{
	struct bounds one = {0}, *last;
	enum op op;
	char *all = text;

	if (strchr("<>!=", *text) == NULL)
		all = arena_printf(a, "=%s", text);
	if (decode(all, e) < 0 || parse_bound(a, r, &one, all, e) < 0)
		return -1;
	if (one.count == 0)
		return 0;
	op = one.items[0].op;
	if (*open && (op == LT || op == LE)) {
		last = &r->any[r->any_count - 1];
		add(a, last, op, one.items[0].version);
	} else {
		*ARENA_PUSH(a, r->any, r->any_count) = one;
	}
	*open = op == GT || op == GE;
	return 0;
}

/* "vers:deb/>=5.6.0|<5.6.2". */
static int parse_vers(
	struct arena *a, struct requirement_range *r, char *text, struct err *e)
{
	char *slash = strchr(text, '/'), *bar;
	bool open = false;

	if (slash == NULL || slash == text)
		return err_set(e, "'vers:%s' is not vers:TYPE/RANGE", text);
	*slash = '\0';
	r->has_scheme = true;
	r->scheme = version_scheme_of(text);
	if (strcmp(slash + 1, "*") == 0)
		return 0;
	for (text = slash + 1; text != NULL; text = bar) {
		bar = strchr(text, '|');
		if (bar != NULL)
			*bar++ = '\0';
		text = trimmed(text);
		if (*text == '\0')
			return err_set(e, "a bound is missing beside '|'");
		if (parse_vers_one(a, r, text, &open, e) < 0)
			return -1;
	}
	return 0;
}

int requirement_range_parse(const struct requirement_range **out,
	struct arena *a, const char *text, struct err *e)
{
	struct requirement_range *r = arena_alloc(a, sizeof(*r));
	char *copy = trimmed(arena_strdup(a, text));

	*out = NULL;
	if (*copy == '\0')
		return 0;
	*out = r;
	if (strncmp(copy, "vers:", 5) == 0)
		return parse_vers(a, r, copy + 5, e);
	return parse_all(a, r, copy, e);
}

const struct requirement_range *requirement_range_of(
	struct arena *a, const char *version)
{
	struct requirement_range *r = arena_alloc(a, sizeof(*r));

	add(a, ARENA_PUSH(a, r->any, r->any_count), EQ, version);
	return r;
}

static bool holds(
	const struct bound *b, enum version_scheme s, const char *version)
{
	int order;

	if (b->op == PREFIX || b->op == NOT_PREFIX)
		return version_has_prefix(s, version, b->version) ==
		       (b->op == PREFIX);
	order = version_compare_bound(s, version, b->version);
	switch (b->op) {
	case LT:
		return order < 0;
	case LE:
		return order <= 0;
	case GT:
		return order > 0;
	case GE:
		return order >= 0;
	case NE:
		return order != 0;
	default:
		return order == 0;
	}
}

static bool all_hold(
	const struct bounds *all, enum version_scheme s, const char *version)
{
	for (size_t i = 0; i < all->count; i++)
		if (!holds(&all->items[i], s, version))
			return false;
	return true;
}

bool requirement_range_has(const struct requirement_range *r,
	enum version_scheme s, const char *version)
{
	if (r->has_scheme)
		s = r->scheme;
	if (!all_hold(&r->not, s, version))
		return false;
	for (size_t i = 0; i < r->any_count; i++)
		if (all_hold(&r->any[i], s, version))
			return true;
	return r->any_count == 0;
}
