// SPDX-License-Identifier: Apache-2.0
/*
 * Versions of conda packages: [N!]version[+local], components between '.', '_'
 * and '-', each of numbers and words in turn, beginning with a number (0 when
 * it is not there). What a shorter one lacks is 0.
 */
#include "audit/version_rules.h"

#include <string.h>

/* A word is before any number, "dev" before other words, "post" after all. */
enum rank { DEV, WORD, NUMBER, POST };

struct part {
	enum rank rank;
	const char *s;
	size_t n;
};

static bool separates(const char *s, const char *end)
{
	/* A last '_' is a word: 1.0.1_ is before 1.0.1a. */
	return *s == '.' || *s == '-' || (*s == '_' && s + 1 < end);
}

static const char *component_end(const char *s, const char *end)
{
	while (s < end && !separates(s, end))
		s++;
	return s;
}

/* The next part of a component; 0 behind its end, and before a first word. */
static struct part next_part(const char **at, const char *end, bool first)
{
	const char *s = *at;
	size_t n = version_digits(s);
	struct part p = {NUMBER, s, 0};

	if (s == end || (first && n == 0))
		return p;
	if (n == 0) {
		p.rank = WORD;
		while (s + n < end && version_digits(s + n) == 0)
			n++;
		if (version_words(s, n, "dev", 3) == 0)
			p.rank = DEV;
		else if (version_words(s, n, "post", 4) == 0)
			p.rank = POST;
	}
	p.n = n < (size_t)(end - s) ? n : (size_t)(end - s);
	*at += p.n;
	return p;
}

static int parts(const struct part *a, const struct part *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->rank == NUMBER)
		return version_numbers(a->s, a->n, b->s, b->n);
	return a->rank == WORD ? version_words(a->s, a->n, b->s, b->n) : 0;
}

static int components(
	const char *a, const char *a_end, const char *b, const char *b_end)
{
	for (bool first = true; first || a < a_end || b < b_end; first = false) {
		struct part x = next_part(&a, a_end, first);
		struct part y = next_part(&b, b_end, first);
		int r = parts(&x, &y);

		if (r)
			return r;
	}
	return 0;
}

static int versions(
	const char *a, const char *a_end, const char *b, const char *b_end)
{
	while (a < a_end || b < b_end) {
		const char *an = component_end(a, a_end);
		const char *bn = component_end(b, b_end);
		int r = components(a, an, b, bn);

		if (r)
			return r;
		a = an + (an < a_end);
		b = bn + (bn < b_end);
	}
	return 0;
}

int version_conda(const char *a, const char *b)
{
	int r = version_epochs(&a, &b, '!');
	const char *al = a + strcspn(a, "+"), *bl = b + strcspn(b, "+");

	r = r ? r : versions(a, al, b, bl);
	al += *al == '+';
	bl += *bl == '+';
	return r ? r : versions(al, al + strlen(al), bl, bl + strlen(bl));
}
