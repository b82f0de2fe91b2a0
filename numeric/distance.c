// SPDX-License-Identifier: Apache-2.0
/* How far apart numbers are. */
#include "numeric/distance.h"

#include "numeric/stream.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* A multiple of every element's size. */
#define CHUNK 65536
/* Elements that are decoded at once, of two parts at most. */
#define BLOCK 1024

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

static bool add_pair(struct distance *d, long double a, long double b)
{
	if (is_same(a, b))
		return false;
	return add(d, fabsl(a - b), fmaxl(fabsl(a), fabsl(b)));
}

bool distance_add(struct distance *d, long double a, long double b)
{
	d->values++;
	return add_pair(d, a, b);
}

static bool add_complex(struct distance *d, const double *a, const double *b)
{
	long double re = is_same(a[0], b[0]) ? 0 : (long double)a[0] - b[0];
	long double im = is_same(a[1], b[1]) ? 0 : (long double)a[1] - b[1];

	if (re == 0 && im == 0)
		return false;
	/* hypotl() of an infinity and a NaN is infinite. */
	return add(d, hypotl(re, im),
		fmaxl(hypotl(a[0], a[1]), hypotl(b[0], b[1])));
}

/* The same as add_pair(), several times as fast. */
static inline bool add_doubles(struct distance *d, double a, double b)
{
	double x = fabs(a), y = fabs(b), apart = fabs(a - b);
	double size = x > y ? x : y, rel;

	if (a == b)
		return false;
	/* An infinity, a NaN, or too far apart for a double. */
	if (!(apart <= DBL_MAX))
		return add_pair(d, a, b);
	rel = apart / size;
	d->different++;
	d->max_abs = apart > d->max_abs ? apart : d->max_abs;
	if (rel <= d->max_rel)
		return false;
	d->max_rel = rel;
	return true;
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

static void compare_bytes(struct distance *d, const struct elements *x,
	const unsigned char *a, const unsigned char *b, size_t n, uint64_t first)
{
	size_t i = 0;

	while (i < n && a[i] == b[i])
		i++;
	if (i < n)
		distance_unlike(
			d, x->name, "byte %" PRIu64 " differs", first + i);
}

/* The last of n elements that is the farthest apart so far, or -1. */
static ssize_t compare_block(struct distance *d, const struct number_type *t,
	const unsigned char *a, const unsigned char *b, size_t n)
{
	double x[2 * BLOCK], y[2 * BLOCK];
	ssize_t farthest = -1;
	bool farther;

	if (number_fits(t)) {
		numbers_decode(t, a, n, x);
		numbers_decode(t, b, n, y);
	}
	for (size_t i = 0; i < n; i++) {
		if (t->number == NUMBER_COMPLEX)
			farther = add_complex(d, x + 2 * i, y + 2 * i);
		else if (number_fits(t))
			farther = add_doubles(d, x[i], y[i]);
		else
			farther = add_pair(d, number_decode_long(t, a + 8 * i),
				number_decode_long(t, b + 8 * i));
		if (farther)
			farthest = (ssize_t)i;
	}
	return farthest;
}

static void compare_chunk(struct distance *d, const struct elements *x,
	const unsigned char *a, const unsigned char *b, size_t n, uint64_t first)
{
	uint64_t farthest = UINT64_MAX;
	size_t size = x->type.size, block;

	d->values += n;
	for (size_t i = 0; i < n; i += block) {
		ssize_t found;

		block = n - i < BLOCK ? n - i : BLOCK;
		if (!memcmp(a + i * size, b + i * size, block * size))
			continue;
		found = compare_block(
			d, &x->type, a + i * size, b + i * size, block);
		if (found >= 0)
			farthest = first + i + (size_t)found;
	}
	if (farthest != UINT64_MAX)
		element_at(d, x, farthest);
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
		if (x->type.number == NUMBER_NONE)
			compare_bytes(d, x, buf[0], buf[1], (size_t)n,
				x->first + done);
		else
			compare_chunk(d, x, buf[0], buf[1], (size_t)n,
				x->first + done);
		done += n;
	}
	return true;
}
