// SPDX-License-Identifier: Apache-2.0
/*
 * Versions of which no rule is known: numbers and words. What is missing is the
 * number 0, a word is newer than nothing (1.1.1w of OpenSSL), but words of
 * pre-releases, and words behind a hyphen, are older: from there on the order
 * is that of Semantic Versioning. What follows '+' tells of the build only.
 */
#include "audit/version_rules.h"

#include <string.h>

enum kind { END, NUMBER, WORD, PRE };

struct token {
	enum kind kind;
	const char *s;
	size_t n;
};

static bool one_of(const char *s, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (version_words(s, n, *words, strlen(*words)) == 0)
			return true;
	return false;
}

/* Is the word one of a pre-release, by itself or by the hyphen before it? */
static bool is_pre(const char *s, size_t n, bool hyphen)
{
	static const char *const before[] = {"alpha", "beta", "dev",
		"milestone", "pre", "preview", "rc", "snapshot", NULL};
	static const char *const after[] = {
		"p", "patch", "post", "r", "rev", NULL};

	return one_of(s, n, before) || (hyphen && !one_of(s, n, after));
}

static struct token next(const char **at)
{
	const char *s = *at;
	bool hyphen = false;
	struct token t = {END, s, 0};

	while (*s && *s != '+' && *s != '~' && !version_digits(s) &&
		!version_letters(s))
		hyphen = *s++ == '-';
	t.s = s;
	if (*s == '~') {
		t.kind = PRE;
		*at = s + 1;
		return t;
	}
	if (*s && *s != '+') {
		t.n = version_digits(s);
		t.kind = NUMBER;
	}
	if (t.n == 0 && t.kind == NUMBER) {
		t.n = version_letters(s);
		t.kind = is_pre(s, t.n, hyphen) ? PRE : WORD;
	}
	*at = s + t.n;
	return t;
}

static int rank(const struct token *t, bool pre)
{
	/* Of a pre-release, more is newer, and a word newer than a number. */
	static const int within[] = {
		[END] = 0, [NUMBER] = 1, [WORD] = 2, [PRE] = 2};
	static const int plain[] = {
		[PRE] = 0, [END] = 1, [WORD] = 2, [NUMBER] = 3};

	return pre ? within[t->kind] : plain[t->kind];
}

static int tokens(const struct token *a, const struct token *b, bool pre)
{
	int x = rank(a, pre), y = rank(b, pre);

	/* 1.0 is 1.0.0. */
	if (!pre && (a->kind == NUMBER || a->kind == END) &&
		(b->kind == NUMBER || b->kind == END))
		return version_numbers(a->s, a->n, b->s, b->n);
	if (x != y)
		return x < y ? -1 : 1;
	return a->kind == NUMBER ? version_numbers(a->s, a->n, b->s, b->n)
				 : version_words(a->s, a->n, b->s, b->n);
}

/* "v1.2" is 1.2. */
static const char *without_v(const char *s)
{
	return (*s == 'v' || *s == 'V') && version_digits(s + 1) ? s + 1 : s;
}

int version_generic(const char *a, const char *b)
{
	bool pre = false;

	a = without_v(a);
	b = without_v(b);
	for (;;) {
		struct token x = next(&a), y = next(&b);
		int r = tokens(&x, &y, pre);

		if (r || (x.kind == END && y.kind == END))
			return r;
		pre |= x.kind == PRE;
	}
}
