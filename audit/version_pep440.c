// SPDX-License-Identifier: Apache-2.0
/*
 * Versions of Python distributions: [N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local]
 * in all spellings that PEP 440 takes for one of these.
 */
#include "audit/version_rules.h"

#include <string.h>

struct number {
	const char *s;
	size_t n; /* digits; 0: the number 0 */
};

/* How a part sorts that is not there: before all that are, or after them. */
enum { BEFORE = -1, AFTER = 9 };

struct pep440 {
	struct number epoch;
	const char *release, *release_end;
	int pre; /* 0 a, 1 b, 2 rc; BEFORE, AFTER */
	bool post, dev;
	struct number pre_number, post_number, dev_number;
	const char *local; /* or NULL */
};

struct word {
	const char *text;
	int value;
};

/* One of the words, longer ones first, and how long it is. */
static size_t find_word(const char *s, const struct word *words, int *value)
{
	for (; words->text; words++) {
		size_t n = strlen(words->text);

		if (version_letters(s) == n &&
			version_words(s, n, words->text, n) == 0) {
			*value = words->value;
			return n;
		}
	}
	return 0;
}

static size_t separator(const char *s)
{
	return *s == '.' || *s == '-' || *s == '_';
}

/* "[.-_]WORD[.-_]N": behind it, or NULL when it is not there. */
static const char *worded(const char *s, const struct word *words, int *value,
	struct number *number)
{
	const char *at = s + separator(s);
	size_t n = find_word(at, words, value);

	if (n == 0)
		return NULL;
	at += n;
	if (version_digits(at + separator(at)) > 0)
		at += separator(at);
	number->s = at;
	number->n = version_digits(at);
	return at + number->n;
}

static const char *parse_suffixes(struct pep440 *v, const char *s)
{
	static const struct word pre[] = {{"alpha", 0}, {"a", 0}, {"beta", 1},
		{"b", 1}, {"preview", 2}, {"pre", 2}, {"rc", 2}, {"c", 2}, {0}};
	static const struct word post[] = {
		{"post", 1}, {"rev", 1}, {"r", 1}, {0}};
	static const struct word dev[] = {{"dev", 1}, {0}};
	const char *next;
	int is;

	next = worded(s, pre, &v->pre, &v->pre_number);
	s = next ? next : s;
	v->pre = next ? v->pre : AFTER;
	if (*s == '-' && version_digits(s + 1) > 0) {
		v->post = true;
		v->post_number.s = s + 1;
		v->post_number.n = version_digits(s + 1);
		s += 1 + v->post_number.n;
	} else if ((next = worded(s, post, &is, &v->post_number))) {
		v->post = true;
		s = next;
	}
	next = worded(s, dev, &is, &v->dev_number);
	v->dev = next != NULL;
	return next ? next : s;
}

/* Words of letters and digits, with one separator between them. */
static bool is_local(const char *s)
{
	size_t n;

	do {
		n = 0;
		while (version_digits(s) || version_letters(s)) {
			s++;
			n++;
		}
		if (n == 0)
			return false;
	} while (separator(s) && *s++);
	return *s == '\0';
}

static bool parse(struct pep440 *v, const char *s)
{
	memset(v, 0, sizeof(*v));
	if (*s == 'v' || *s == 'V')
		s++;
	s = version_epoch(s, '!', &v->epoch.s, &v->epoch.n);
	v->release = s;
	if (version_digits(s) == 0)
		return false;
	s += version_digits(s);
	while (*s == '.' && version_digits(s + 1) > 0)
		s += 1 + version_digits(s + 1);
	v->release_end = s;
	s = parse_suffixes(v, s);
	/* 1.0.dev1 is before 1.0a1. */
	if (v->pre == AFTER && !v->post && v->dev)
		v->pre = BEFORE;
	if (*s == '+') {
		v->local = s + 1;
		return is_local(v->local);
	}
	return *s == '\0';
}

static int numbers(const struct number *a, const struct number *b)
{
	return version_numbers(a->s, a->n, b->s, b->n);
}

/* 1.0 is 1.0.0. */
static int releases(const struct pep440 *v, const struct pep440 *w)
{
	const char *a = v->release, *b = w->release;

	while (a < v->release_end || b < w->release_end) {
		size_t an = a < v->release_end ? version_digits(a) : 0;
		size_t bn = b < w->release_end ? version_digits(b) : 0;
		int r = version_numbers(a, an, b, bn);

		if (r)
			return r;
		a += an + (an > 0 && a[an] == '.');
		b += bn + (bn > 0 && b[bn] == '.');
		a = a > v->release_end ? v->release_end : a;
		b = b > w->release_end ? w->release_end : b;
	}
	return 0;
}

static size_t local_word(const char *s)
{
	return strcspn(s, ".-_");
}

/* A number is newer than a word, more words are newer than fewer. */
static int locals(const char *a, const char *b)
{
	while (a && b && *a && *b) {
		size_t an = local_word(a), bn = local_word(b);
		bool ad = version_digits(a) == an, bd = version_digits(b) == bn;
		int r;

		if (ad != bd)
			return ad ? 1 : -1;
		r = ad ? version_numbers(a, an, b, bn)
		       : version_words(a, an, b, bn);
		if (r)
			return r;
		a += an + separator(a + an);
		b += bn + separator(b + bn);
	}
	return (a && *a) - (b && *b);
}

static int order(const struct pep440 *a, const struct pep440 *b)
{
	int r = numbers(&a->epoch, &b->epoch);

	r = r ? r : releases(a, b);
	r = r ? r : version_sign(a->pre - b->pre);
	r = r ? r : numbers(&a->pre_number, &b->pre_number);
	r = r ? r : a->post - b->post;
	r = r ? r : numbers(&a->post_number, &b->post_number);
	/* A development release is before what it will be. */
	r = r ? r : b->dev - a->dev;
	r = r ? r : numbers(&a->dev_number, &b->dev_number);
	return r ? r : locals(a->local, b->local);
}

bool version_pep440(const char *a, const char *b, int *result)
{
	struct pep440 x, y;

	if (!parse(&x, a) || !parse(&y, b))
		return false;
	*result = order(&x, &y);
	return true;
}
