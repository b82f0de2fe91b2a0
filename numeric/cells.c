// SPDX-License-Identifier: Apache-2.0
/* Cells of a row. */
#include "numeric/cells.h"

#include "base/arena.h"

#include <string.h>

static const char separators[] = CELL_SEPARATORS;

char cells_separator(const char *row)
{
	size_t counts[sizeof(separators)] = {0}, best = 0;

	for (; *row; row++) {
		const char *found = strchr(separators, *row);

		if (found)
			counts[found - separators]++;
	}
	for (size_t i = 1; separators[i]; i++)
		if (counts[i] > counts[best])
			best = i;
	return separators[best];
}

/* Behind the cell that begins at p, which ends with a NUL afterwards; NULL when
 * it was the last one. */
static char *end_cell(char *p, char separator)
{
	char *to = p;

	if (*p != '"') {
		p = strchr(p, separator);
		if (p)
			*p++ = 0;
		return p;
	}
	for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
		p += *p == '"';
		*to++ = *p;
	}
	p = strchr(p, separator);
	*to = 0;
	return p ? p + 1 : NULL;
}

void cells_split(char *row, char separator, struct cells *out, struct arena *a)
{
	*out = (struct cells){0};
	for (char *p = row, *next; p && out->count < CELLS_MAX; p = next) {
		next = end_cell(p, separator);
		*ARENA_PUSH(a, out->items, out->count) = p;
	}
}
