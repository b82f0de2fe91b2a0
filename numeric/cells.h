/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a table as text (RFC 4180, and with other separators). */
#pragma once

#include <stddef.h>

struct arena;

/* More cells of a row are not told apart. */
#define CELLS_MAX 4096
/* What may part cells. */
#define CELL_SEPARATORS ",;\t|"

struct cells {
	char **items;
	size_t count;
};

/* Split a row, in place: quotes go, and doubled ones in them are one. */
void cells_split(char *row, char separator, struct cells *out, struct arena *a);
/* The separator that a first row has most often: one of , ; tab and |. */
char cells_separator(const char *row);
