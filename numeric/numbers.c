// SPDX-License-Identifier: Apache-2.0
/* Numbers as they lie in files. */
#include "numeric/numbers.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static double double_of(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

static double single_of(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* A floating point number of fewer bits than a double has. */
struct layout {
	int exponent, fraction; /* bits */
	bool infinity;          /* the last exponent is for that and for NaN */
};

static double small_float(const struct layout *l, uint64_t bits)
{
	uint64_t last = (1u << l->exponent) - 1, bias = last >> 1;
	uint64_t biased = bits >> l->fraction & last;
	uint64_t part = bits & ((1u << l->fraction) - 1);
	uint64_t sign = bits >> (l->exponent + l->fraction) & 1;
	double n;

	if (biased == last && l->infinity)
		n = part ? NAN : INFINITY;
	else if (biased == last && part == (1u << l->fraction) - 1)
		n = NAN;
	else if (biased == 0)
		n = (double)part *
		    double_of((1024 - bias - (uint64_t)l->fraction) << 52);
	else
		n = double_of((biased + 1023 - bias) << 52 |
			      part << (52 - l->fraction));
	return sign ? -n : n;
}

static void decode_small(const struct layout *l, const struct number_type *t,
	const unsigned char *p, size_t n, double *out)
{
	for (size_t i = 0; i < n; i++, p += t->size)
		out[i] = small_float(l, number_load(p, t->size, t->big_endian));
}

/* One loop for each size, so that the compiler sees the size. */
static void decode_ieee(
	unsigned size, bool big, const unsigned char *p, size_t n, double *out)
{
	static const struct layout half = {5, 10, true};
	const struct number_type two = {NUMBER_FLOAT, 2, big};

	if (size == 2)
		decode_small(&half, &two, p, n, out);
	for (size_t i = 0; size == 4 && i < n; i++, p += 4)
		out[i] = single_of((uint32_t)number_load(p, 4, big));
	for (size_t i = 0; size == 8 && i < n; i++, p += 8)
		out[i] = double_of(number_load(p, 8, big));
}

static void decode_integers(const struct number_type *t, const unsigned char *p,
	size_t n, double *out)
{
	unsigned unused = 64 - 8 * t->size;

	for (size_t i = 0; i < n; i++, p += t->size) {
		uint64_t bits = number_load(p, t->size, t->big_endian);

		out[i] = t->number == NUMBER_UINT
				 ? (double)bits
				 : (double)((int64_t)(bits << unused) >> unused);
	}
}

bool number_fits(const struct number_type *t)
{
	return t->size < 8 ||
	       (t->number != NUMBER_INT && t->number != NUMBER_UINT);
}

void numbers_decode(const struct number_type *t, const unsigned char *p,
	size_t n, double *out)
{
	static const struct layout float8_4 = {4, 3, false};
	static const struct layout float8_5 = {5, 2, true};
	bool big = t->big_endian;

	switch (t->number) {
	case NUMBER_FLOAT:
		decode_ieee(t->size, big, p, n, out);
		break;
	case NUMBER_COMPLEX:
		decode_ieee(t->size / 2, big, p, 2 * n, out);
		break;
	case NUMBER_BFLOAT:
		for (size_t i = 0; i < n; i++, p += 2)
			out[i] = single_of(
				(uint32_t)number_load(p, 2, big) << 16);
		break;
	case NUMBER_FLOAT8_4:
		decode_small(&float8_4, t, p, n, out);
		break;
	case NUMBER_FLOAT8_5:
		decode_small(&float8_5, t, p, n, out);
		break;
	default:
		decode_integers(t, p, n, out);
		break;
	}
}

long double number_decode_long(
	const struct number_type *t, const unsigned char *p)
{
	uint64_t bits = number_load(p, 8, t->big_endian);

	return t->number == NUMBER_UINT ? (long double)bits
					: (long double)(int64_t)bits;
}
