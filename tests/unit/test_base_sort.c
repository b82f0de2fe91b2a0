// SPDX-License-Identifier: Apache-2.0
/* Sorting by text, against qsort(3). */
#include "base/arena.h"
#include "base/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct named {
	char name[64];
	size_t before; /* its place before sorting */
};

static const char *name_of(const void *item)
{
	return ((const struct named *)item)->name;
}

static int by_name(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int r = strcmp(a->name, b->name);

	return r ? r : (a->before > b->before) - (a->before < b->before);
}

static void check(struct named *items, size_t n)
{
	struct named *wanted = xmalloc((n + 1) * sizeof(*wanted));

	for (size_t i = 0; i < n; i++)
		items[i].before = i;
	memcpy(wanted, items, n * sizeof(*wanted));
	if (n)
		qsort(wanted, n, sizeof(*wanted), by_name);
	sort_by_text(items, n, sizeof(*items), name_of);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(items[i].name, wanted[i].name);
		assert_int_equal(items[i].before, wanted[i].before);
	}
	free(wanted);
}

static unsigned next(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

/* Names of few letters, so that many are equal or begin alike; long ones too;
 * bytes above 127 are greater than others. */
static void some_name(char out[64], unsigned *state, unsigned letters)
{
	static const char alphabet[] = "ab/\xff\x01zyx";
	size_t len = next(state) % 40;

	if (next(state) % 2)
		len %= 10;
	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[next(state) % letters];
	out[len] = 0;
}

static void test_random(void **state)
{
	unsigned seed = 1;

	for (size_t n = 0; n < 400; n += n < 20 ? 1 : 37)
		for (unsigned letters = 1; letters <= 8; letters++) {
			struct named *items = xcalloc(n + 1, sizeof(*items));

			for (size_t i = 0; i < n; i++)
				some_name(items[i].name, &seed, letters);
			check(items, n);
			free(items);
		}
}

/* Orders that make a careless choice of pivots quadratic. */
static void test_orders(void **state)
{
	enum { N = 20000 };
	struct named *items = xcalloc(N, sizeof(*items));

	for (int order = 0; order < 5; order++) {
		for (int i = 0; i < N; i++) {
			int k = order == 0   ? i
				: order == 1 ? N - i
				: order == 2 ? (i < N / 2 ? i : N - i)
				: order == 3 ? (i + N / 3) % N
					     : i % 7;

			snprintf(items[i].name, sizeof(items[i].name),
				"/a/long/beginning/%03d/%06d", k / 1000, k);
		}
		check(items, N);
	}
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
