/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as they lie in files: their types, and decoding many at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum number {
	NUMBER_NONE, /* bytes: the same, or unlike */
	NUMBER_INT,
	NUMBER_UINT,
	NUMBER_FLOAT,    /* IEEE 754: 2, 4 or 8 bytes */
	NUMBER_BFLOAT,   /* 8 bits of exponent, 7 of fraction */
	NUMBER_FLOAT8_4, /* 4 bits of exponent, 3 of fraction, no infinity */
	NUMBER_FLOAT8_5, /* 5 bits of exponent, 2 of fraction */
	NUMBER_COMPLEX,  /* two IEEE 754 numbers */
};

struct number_type {
	enum number number;
	unsigned size; /* bytes of an element; 1 of bytes */
	bool big_endian;
};

/* `size` bytes, 8 at most, as a whole number. */
static inline uint64_t number_load(
	const unsigned char *p, unsigned size, bool big_endian)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < size; i++)
		n = n << 8 | p[big_endian ? i : size - 1 - i];
	return n;
}

/* Does a double hold each of them? Not integers of 8 bytes. */
bool number_fits(const struct number_type *t);
/* n of those that fit; of complex numbers each has two parts. */
void numbers_decode(const struct number_type *t, const unsigned char *p,
	size_t n, double *out);
/* An integer of 8 bytes. */
long double number_decode_long(
	const struct number_type *t, const unsigned char *p);
