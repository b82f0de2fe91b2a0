// SPDX-License-Identifier: Apache-2.0
/* Runs of digits and of letters: what all rules compare. */
#include "audit/version_rules.h"

#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

size_t version_digits(const char *s)
{
	return strspn(s, "0123456789");
}

size_t version_letters(const char *s)
{
	size_t n = 0;

	while (lower(s[n]) >= 'a' && lower(s[n]) <= 'z')
		n++;
	return n;
}

int version_numbers(const char *a, size_t an, const char *b, size_t bn)
{
	for (; an && *a == '0'; an--)
		a++;
	for (; bn && *b == '0'; bn--)
		b++;
	if (an != bn)
		return an < bn ? -1 : 1;
	/* A number that is not there has no digits, and no address. */
	return an ? version_sign(memcmp(a, b, an)) : 0;
}

int version_words(const char *a, size_t an, const char *b, size_t bn)
{
	for (size_t i = 0; i < an && i < bn; i++)
		if (lower(a[i]) != lower(b[i]))
			return (unsigned char)lower(a[i]) <
					       (unsigned char)lower(b[i])
				       ? -1
				       : 1;
	return (an > bn) - (an < bn);
}

const char *version_epoch(
	const char *s, char mark, const char **epoch, size_t *digits)
{
	size_t n = version_digits(s);

	*epoch = s;
	*digits = 0;
	if (n == 0 || s[n] != mark)
		return s;
	*digits = n;
	return s + n + 1;
}

int version_epochs(const char **a, const char **b, char mark)
{
	const char *x, *y;
	size_t xn, yn;

	*a = version_epoch(*a, mark, &x, &xn);
	*b = version_epoch(*b, mark, &y, &yn);
	return version_numbers(x, xn, y, yn);
}
