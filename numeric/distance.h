/* SPDX-License-Identifier: Apache-2.0 */
/* How far apart two contents of numbers are. */
#pragma once

#include "numeric/numbers.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

#define DISTANCE_TEXT 200

/*
 * The absolute difference of two numbers is |a-b|, the relative one
 * |a-b| / max(|a|, |b|), between 0 and 2; of complex numbers it is that of the
 * points in the plane. NaN equals NaN, and -0 equals 0. Where one of two is
 * NaN, or infinite, and the other not the same, both are INFINITY.
 */
struct distance {
	const char *format; /* for a person: "npy" */
	uint64_t values;    /* numbers in both */
	uint64_t different; /* pairs that are not equal */
	double max_abs, max_rel;
	char where[DISTANCE_TEXT]; /* of max_rel; "" while all are equal */
	/* The first thing that no number measures: other shapes, names, text;
	 * "" when there is none. */
	char unlike[DISTANCE_TEXT];
};

/* One pair of numbers. True when it is the farthest apart so far: the caller
 * sets `where`. */
bool distance_add(struct distance *d, long double a, long double b);
/*
 * Set `where`, or `unlike` unless it is set: the name of the part, "" for the
 * whole, and what is to be said of it. What a terminal would obey becomes '?'.
 */
void distance_at(struct distance *d, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void distance_unlike(struct distance *d, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Elements that both contents have, one after another. */
struct elements {
	const char *name; /* "tensor 'x'", or "" */
	struct number_type type;
	uint64_t first, count;
	/* For `where`; of no dimensions: the bare index. */
	const uint64_t *shape;
	size_t dimensions;
	bool fortran; /* the first index runs fastest */
};

/* Reads them from both streams; false when one is damaged or too short. */
bool distance_elements(struct distance *d, const struct elements *x,
	struct stream *a, struct stream *b);
