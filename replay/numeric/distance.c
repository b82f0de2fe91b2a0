// SPDX-License-Identifier: Apache-2.0
/* How far apart numbers are. */
#include "replay/numeric/distance.h"

#include "replay/numeric/stream.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A multiple of every element's size. */
#define CHUNK 65536

static void set_text(char out[DISTANCE_TEXT], const char *name,
	const char *mark, const char *fmt, va_list ap)
{
	int n = snprintf(out, DISTANCE_TEXT, "%s%s", name, *name ? mark : "");

	if (n < DISTANCE_TEXT)
		vsnprintf(out + n, (size_t)(DISTANCE_TEXT - n), fmt, ap);
	for (; *out; out++)
		if ((unsigned char)*out < 0x20 || *out == 0x7f)
			*out = '?';
}

void distance_at(struct distance *d, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(d->where, name, " ", fmt, ap);
	va_end(ap);
}

void distance_unlike(struct distance *d, const char *name, const char *fmt, ...)
{
	va_list ap;

	if (*d->unlike)
		return;
	va_start(ap, fmt);
	set_text(d->unlike, name, ": ", fmt, ap);
	va_end(ap);
}

/* `apart` is |a-b| and `size` the larger of |a| and |b|. */
static bool add(struct distance *d, long double apart, long double size)
{
	double rel = INFINITY, abs = INFINITY;
	bool farther;

	d->different++;
	/* What is apart is never 0, not even where a double ends. */
	if (isfinite(apart) && isfinite(size)) {
		abs = fmax((double)apart, DBL_TRUE_MIN);
		rel = fmax((double)(apart / size), DBL_TRUE_MIN);
	}
	farther = rel > d->max_rel;
	d->max_rel = fmax(d->max_rel, rel);
	d->max_abs = fmax(d->max_abs, abs);
	return farther;
}

static bool is_same(long double a, long double b)
{
	return a == b || (isnan(a) && isnan(b));
}

bool distance_add(struct distance *d, long double a, long double b)
{
	d->values++;
	if (is_same(a, b))
		return false;
	return add(d, fabsl(a - b), fmaxl(fabsl(a), fabsl(b)));
}

static bool add_complex(
	struct distance *d, const long double a[2], const long double b[2])
{
	long double re = is_same(a[0], b[0]) ? 0 : a[0] - b[0];
	long double im = is_same(a[1], b[1]) ? 0 : a[1] - b[1];

	d->values++;
	if (re == 0 && im == 0)
		return false;
	/* hypotl() of an infinity and a NaN is infinite. */
	return add(d, hypotl(re, im),
		fmaxl(hypotl(a[0], a[1]), hypotl(b[0], b[1])));
}

static uint64_t load_bits(const unsigned char *p, unsigned size, bool big)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < size; i++)
		n = n << 8 | p[big ? i : size - 1 - i];
	return n;
}

/* `fraction` bits of fraction below `exponent` bits of exponent. */
static long double small_float(
	uint64_t bits, int exponent, int fraction, bool has_infinity)
{
	int biased = (int)(bits >> fraction) & ((1 << exponent) - 1);
	int part = (int)bits & ((1 << fraction) - 1);
	int last = (1 << exponent) - 1, bias = last >> 1;
	long double n;

	if (biased == last && has_infinity)
		n = part ? NAN : INFINITY;
	else if (biased == last && part == (1 << fraction) - 1)
		n = NAN;
	else if (biased == 0)
		n = ldexpl(part, 1 - bias - fraction);
	else
		n = ldexpl(part + (1 << fraction), biased - bias - fraction);
	return bits >> (exponent + fraction) & 1 ? -n : n;
}

static long double ieee(uint64_t bits, unsigned size)
{
	uint32_t low = (uint32_t)bits;
	double d;
	float f;

	if (size == 2)
		return small_float(bits, 5, 10, true);
	if (size == 4) {
		memcpy(&f, &low, sizeof(f));
		return f;
	}
	memcpy(&d, &bits, sizeof(d));
	return d;
}

static long double load(const unsigned char *p, const struct number_type *t)
{
	uint64_t bits = load_bits(p, t->size, t->big_endian);
	unsigned unused = 64 - 8 * t->size;

	switch (t->number) {
	case NUMBER_INT:
		return (int64_t)(bits << unused) >> unused;
	case NUMBER_FLOAT:
		return ieee(bits, t->size);
	case NUMBER_BFLOAT:
		return ieee(bits << 16, 4);
	case NUMBER_FLOAT8_4:
		return small_float(bits, 4, 3, false);
	case NUMBER_FLOAT8_5:
		return small_float(bits, 5, 2, true);
	default:
		return bits;
	}
}

static bool add_element(struct distance *d, const struct number_type *t,
	const unsigned char *a, const unsigned char *b)
{
	struct number_type half = {NUMBER_FLOAT, t->size / 2, t->big_endian};
	long double x[2], y[2];

	if (t->number != NUMBER_COMPLEX)
		return distance_add(d, load(a, t), load(b, t));
	for (int i = 0; i < 2; i++) {
		x[i] = load(a + i * half.size, &half);
		y[i] = load(b + i * half.size, &half);
	}
	return add_complex(d, x, y);
}

/* "[3, 17]", or the bare index of what has no shape. */
static void element_at(struct distance *d, const struct elements *x, uint64_t i)
{
	uint64_t index[64];
	char text[DISTANCE_TEXT];
	size_t n = x->dimensions, len = 0;

	if (n == 0 || n > sizeof(index) / sizeof(*index)) {
		distance_at(d, x->name, "[%" PRIu64 "]", i);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		size_t axis = x->fortran ? k : n - 1 - k;

		index[axis] = i % x->shape[axis];
		i /= x->shape[axis];
	}
	for (size_t k = 0; k < n && len < sizeof(text); k++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"%s%" PRIu64, k ? ", " : "", index[k]);
	distance_at(d, x->name, "[%s]", text);
}

static void compare_chunk(struct distance *d, const struct elements *x,
	const unsigned char *a, const unsigned char *b, size_t n, uint64_t first)
{
	unsigned size = x->type.size;

	if (x->type.number == NUMBER_NONE) {
		size_t i = 0;

		while (i < n && a[i] == b[i])
			i++;
		if (i < n)
			distance_unlike(d, x->name, "byte %" PRIu64 " differs",
				first + i);
		return;
	}
	for (size_t i = 0; i < n; i += size, first++) {
		if (!memcmp(a + i, b + i, size))
			d->values++;
		else if (add_element(d, &x->type, a + i, b + i))
			element_at(d, x, first);
	}
}

bool distance_elements(struct distance *d, const struct elements *x,
	struct stream *a, struct stream *b)
{
	unsigned char buf[2][CHUNK];
	unsigned size = x->type.size;
	uint64_t done = 0;

	while (done < x->count) {
		uint64_t n = x->count - done;

		if (n > CHUNK / size)
			n = CHUNK / size;
		if (!stream_read_exactly(a, buf[0], (size_t)n * size) ||
			!stream_read_exactly(b, buf[1], (size_t)n * size))
			return false;
		if (memcmp(buf[0], buf[1], (size_t)n * size))
			compare_chunk(d, x, buf[0], buf[1], (size_t)n * size,
				x->first + done);
		else if (x->type.number != NUMBER_NONE)
			d->values += n;
		done += n;
	}
	return true;
}
