/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of version.h, one each. All give -1, 0 or 1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

int version_deb(const char *a, const char *b);
int version_rpm(const char *a, const char *b);
/* false: one of them is none of PEP 440. */
bool version_pep440(const char *a, const char *b, int *order);
int version_conda(const char *a, const char *b);
int version_generic(const char *a, const char *b);

/* version_runs.c */

/* Two runs of digits as numbers of any size. */
int version_numbers(const char *a, size_t an, const char *b, size_t bn);
/* Two words, of any case. */
int version_words(const char *a, size_t an, const char *b, size_t bn);

/* Bytes of the run of digits, or of letters, that s begins with. The letters
 * are those of ASCII, whatever the locale. */
size_t version_digits(const char *s);
size_t version_letters(const char *s);
/* Behind the epoch "N" + mark, or all of it; *epoch gets its digits. */
const char *version_epoch(
	const char *s, char mark, const char **epoch, size_t *digits);
/* By their epochs; both are behind them afterwards. */
int version_epochs(const char **a, const char **b, char mark);

static inline int version_sign(int x)
{
	return (x > 0) - (x < 0);
}
