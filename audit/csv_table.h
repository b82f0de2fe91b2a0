/* SPDX-License-Identifier: Apache-2.0 */
/* A table as text: its columns and what their values are. */
#pragma once

#include "numeric/cells.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct csv_column {
	const char *name; /* in the first row; "column 3" when that has none */
	uint64_t numbers, texts, missing;
	double min, max, sum; /* of the numbers */
};

struct csv_table {
	struct arena *arena;
	char separator; /* 0: that of the first row */
	bool has_names;
	struct csv_column *columns;
	size_t count;
	/* Of one row each. */
	struct arena *scratch;
};

/* A text_row_fn; ctx is the table. Rows come from the first to the last. */
void csv_add_row(void *ctx, size_t number, char *row, size_t len);
/* The column of `like` that column `i` of `t` is: of several with one name the
 * one of the same rank. NULL: there is none. */
const struct csv_column *csv_find_column(
	const struct csv_table *like, const struct csv_table *t, size_t i);
/* What its values are, for `diff`: false when both are the same. */
bool csv_column_differs(const struct csv_column *a, const struct csv_column *b);
