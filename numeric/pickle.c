// SPDX-License-Identifier: Apache-2.0
/* A Python pickle, operation by operation. */
#include "numeric/pickle.h"

#include "numeric/distance.h"
#include "numeric/numbers.h"

#include <string.h>
#include <sys/types.h>

/* What follows an operation's code. */
enum form {
	UNKNOWN,
	ALONE,
	BYTES_1,
	BYTES_2,
	BYTES_4,
	BYTES_8,
	COUNT_1, /* so many bytes, the number in 1, 4 or 8 bytes */
	COUNT_4,
	COUNT_8,
	LINE,
	LINES_2,
};

/* By protocol: 0 and 1, 2, 4, 5. */
static const struct {
	enum form form;
	const char *codes;
} forms[] = {
	{ALONE, "(.012NQRabd}el]ost)u"
		"\x81\x85\x86\x87\x88\x89"
		"\x8f\x90\x91\x92\x93\x94"
		"\x97\x98"},
	{BYTES_1, "Khq\x80\x82"},
	{BYTES_2, "M\x83"},
	{BYTES_4, "Jjr\x84"},
	{BYTES_8, "G\x95"},
	{COUNT_1, "UC\x8a\x8c"},
	{COUNT_4, "TXB\x8b"},
	{COUNT_8, "\x8d\x8e\x96"},
	{LINE, "FILPSVgp"},
	{LINES_2, "ci"},
};

static enum form form_of(unsigned char code)
{
	for (size_t i = 0; code && i < sizeof(forms) / sizeof(*forms); i++)
		if (strchr(forms[i].codes, code))
			return forms[i].form;
	return UNKNOWN;
}

/* Bytes up to the end of the nth line; -1: it has none. */
static ssize_t lines_end(const unsigned char *p, size_t n, int lines)
{
	const unsigned char *end = p;

	for (; lines > 0; lines--) {
		end = memchr(end, '\n', n - (size_t)(end - p));
		if (!end)
			return -1;
		end++;
	}
	return end - p;
}

int pickle_next(struct pickle *k, struct pickle_op *op)
{
	static const unsigned char widths[] = {[BYTES_1] = 1,
		[BYTES_2] = 2,
		[BYTES_4] = 4,
		[BYTES_8] = 8,
		[COUNT_1] = 1,
		[COUNT_4] = 4,
		[COUNT_8] = 8};
	size_t left = k->len - k->at;
	enum form form;
	unsigned width;
	uint64_t len;
	ssize_t end;

	if (k->stopped || left == 0)
		return k->stopped && left == 0 ? 0 : -1;
	op->code = k->p[k->at++];
	op->arg = k->p + k->at;
	op->len = 0;
	left--;
	k->stopped = op->code == '.';
	form = form_of(op->code);
	if (form == UNKNOWN)
		return -1;
	if (form == ALONE)
		return 1;
	if (form >= LINE) {
		end = lines_end(op->arg, left, form == LINE ? 1 : 2);
		if (end < 0)
			return -1;
		op->len = (size_t)end - 1;
		k->at += (size_t)end;
		return 1;
	}
	width = widths[form];
	if (left < width)
		return -1;
	k->at += width;
	op->len = width;
	if (form < COUNT_1)
		return 1;
	len = number_load(op->arg, width, false);
	if (len > left - width)
		return -1;
	op->len = (size_t)len;
	op->arg += width;
	k->at += op->len;
	return 1;
}

static double big_double(const unsigned char *p)
{
	static const struct number_type type = {NUMBER_FLOAT, 8, true};
	double d;

	numbers_decode(&type, p, 1, &d);
	return d;
}

static bool is_text(unsigned char code)
{
	return code == 'X' || code == 0x8c || code == 0x8d;
}

bool pickle_compare(
	struct distance *d, const char *name, struct pickle a, struct pickle b)
{
	struct pickle_op x, y, key = {0};
	int n, m;

	for (;;) {
		size_t at = a.at;

		n = pickle_next(&a, &x);
		m = pickle_next(&b, &y);
		if (n <= 0 || m <= 0)
			break;
		if (x.code != y.code || x.len != y.len ||
			(x.code != 'G' && memcmp(x.arg, y.arg, x.len))) {
			distance_unlike(d, name, "differs from byte %zu on", at);
			return true;
		}
		if (is_text(x.code))
			key = x;
		if (x.code == 'G' &&
			distance_add(d, big_double(x.arg), big_double(y.arg)))
			distance_at(d, name, "after '%.*s'",
				(int)(key.len < 60 ? key.len : 60), key.arg);
	}
	return n == 0 && m == 0;
}
