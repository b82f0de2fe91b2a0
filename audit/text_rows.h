/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a text: its lines, or those of a table, where a quoted cell may
 * hold the end of a line (RFC 4180); and what has to be done to one text to
 * make the other of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A longer row is no text, and of more rows only their number is compared. */
#define ROW_BYTES_MAX (1u << 20)
#define ROWS_MAX 4000000u

struct text_row {
	uint64_t hash;
	uint64_t offset;
	uint32_t len; /* without the end of the line */
};

struct text_rows {
	struct text_row *items; /* on the heap */
	size_t count;
};

/* `row` is NUL-terminated, and may be written to. */
typedef void (*text_row_fn)(void *ctx, size_t number, char *row, size_t len);

/*
 * False: cannot be read, is no text (holds a NUL, a very long row), or has more
 * than ROWS_MAX rows. `each` may be NULL. The descriptor keeps its offset.
 */
bool text_rows_read(
	int fd, bool table, text_row_fn each, void *ctx, struct text_rows *out);
void text_rows_release(struct text_rows *r);
#define autorows __attribute__((cleanup(text_rows_release))) struct text_rows

enum row_change { ROW_CHANGED, ROW_ADDED, ROW_REMOVED };

/* Numbers of rows, from 0; the one of the side that lacks it says nothing. */
struct row_edit {
	enum row_change change;
	size_t a, b;
};

/*
 * The edits that make `b` of `a`, as few as can be, in order (Myers, "An
 * O(ND) difference algorithm", 1986). Rows that go and rows that come at one
 * place are changed ones, in pairs. False when there are more than 2,000 of
 * them. Edits from the arena.
 */
bool text_rows_diff(const struct text_rows *a, const struct text_rows *b,
	struct arena *arena, struct row_edit **edits, size_t *count);

/* How many rows of each the other has not, wherever they stand. */
void text_rows_only(const struct text_rows *a, const struct text_rows *b,
	size_t *only_a, size_t *only_b);

/* The text of a row, NUL-terminated, of `max` bytes at most; NULL: it cannot
 * be read. */
char *text_row_read(
	int fd, const struct text_row *r, size_t max, struct arena *a);
