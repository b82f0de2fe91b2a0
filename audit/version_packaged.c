// SPDX-License-Identifier: Apache-2.0
/* Versions of packages of a distribution: deb and rpm. */
#include "audit/version_rules.h"

#include <string.h>

/* deb-version(7): "~" before the end, then letters, then all other bytes. */
static int deb_weight(const char *s, const char *end)
{
	if (s == end || (*s >= '0' && *s <= '9'))
		return 0;
	if (*s == '~')
		return -1;
	if (version_letters(s) > 0)
		return *s;
	return (unsigned char)*s + 256;
}

static size_t deb_digits(const char *s, const char *end)
{
	size_t n = version_digits(s);

	return n < (size_t)(end - s) ? n : (size_t)(end - s);
}

/* Upstream versions, or revisions: in turn what are no digits, and digits. */
static int deb_part(
	const char *a, const char *a_end, const char *b, const char *b_end)
{
	while (a < a_end || b < b_end) {
		size_t an, bn;
		int r;

		for (;;) {
			int x = deb_weight(a, a_end), y = deb_weight(b, b_end);

			if (x != y)
				return x < y ? -1 : 1;
			if (x == 0)
				break;
			a++;
			b++;
		}
		an = deb_digits(a, a_end);
		bn = deb_digits(b, b_end);
		r = version_numbers(a, an, b, bn);
		if (r)
			return r;
		a += an;
		b += bn;
	}
	return 0;
}

/* Where the last '-' is, or the end. */
static const char *revision(const char *s)
{
	const char *dash = strrchr(s, '-');

	return dash ? dash : s + strlen(s);
}

int version_deb(const char *a, const char *b)
{
	int r = version_epochs(&a, &b, ':');
	const char *ar = revision(a), *br = revision(b);

	if (r == 0)
		r = deb_part(a, ar, b, br);
	/* No revision is the revision 0. */
	ar += *ar == '-';
	br += *br == '-';
	return r ? r : deb_part(ar, ar + strlen(ar), br, br + strlen(br));
}

/* Behind what only separates. */
static const char *rpm_skip(const char *s, const char *end)
{
	while (s < end && *s != '~' && *s != '^' && !version_digits(s) &&
		!version_letters(s))
		s++;
	return s;
}

/* What comes next: '~' is before the end, '^' is after it, then all else. */
enum rpm_rank { RPM_TILDE, RPM_END, RPM_CARET, RPM_SEGMENT };

static enum rpm_rank rpm_rank(const char *s, const char *end)
{
	if (s == end)
		return RPM_END;
	return *s == '~' ? RPM_TILDE : *s == '^' ? RPM_CARET : RPM_SEGMENT;
}

/* One segment of each: a number is newer than a word. */
static int rpm_segment(
	const char **a, const char *a_end, const char **b, const char *b_end)
{
	size_t ad = version_digits(*a), bd = version_digits(*b);
	size_t al = version_letters(*a), bl = version_letters(*b);
	size_t an = ad ? ad : al, bn = bd ? bd : bl, least;
	int r;

	if (an > (size_t)(a_end - *a))
		an = (size_t)(a_end - *a);
	if (bn > (size_t)(b_end - *b))
		bn = (size_t)(b_end - *b);
	if (!ad != !bd)
		return ad ? 1 : -1;
	if (ad) {
		r = version_numbers(*a, an, *b, bn);
	} else {
		least = an < bn ? an : bn;
		r = version_sign(memcmp(*a, *b, least));
		r = r ? r : (an > bn) - (an < bn);
	}
	*a += an;
	*b += bn;
	return r;
}

static int rpm_part(
	const char *a, const char *a_end, const char *b, const char *b_end)
{
	for (;;) {
		enum rpm_rank x, y;
		int r;

		a = rpm_skip(a, a_end);
		b = rpm_skip(b, b_end);
		x = rpm_rank(a, a_end);
		y = rpm_rank(b, b_end);
		if (x != y)
			return x < y ? -1 : 1;
		if (x == RPM_END)
			return 0;
		if (x != RPM_SEGMENT) {
			a++;
			b++;
			continue;
		}
		r = rpm_segment(&a, a_end, &b, b_end);
		if (r)
			return r;
	}
}

int version_rpm(const char *a, const char *b)
{
	int r = version_epochs(&a, &b, ':');
	const char *ar = revision(a), *br = revision(b);

	if (r == 0)
		r = rpm_part(a, ar, b, br);
	/* As in dependencies: a release that only one of them has is none. */
	if (r || !*ar || !*br)
		return r;
	return rpm_part(ar + 1, ar + strlen(ar), br + 1, br + strlen(br));
}
