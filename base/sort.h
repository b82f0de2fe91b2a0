/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting by text. Paths have long beginnings in common, which qsort(3) with
 * strcmp(3) would read again in each of its n log n comparisons.
 */
#pragma once

#include <stddef.h>

/*
 * Sort n items of `size` bytes by the string that `text` finds in each, byte by
 * byte; equal ones stay in their order. Already sorted items cost one pass.
 */
void sort_by_text(void *items, size_t n, size_t size,
	const char *(*text)(const void *item));
