/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two file tables, path by path, as a stream: tables of
 * millions of rows need the memory of a few. `replay --trace` compares a replay
 * with its record by it, `diff` two runs.
 *
 * A tree stands for the rows of its own table: two trees at one path with one
 * digest are the same, and all others are compared row by row, also with rows
 * that the other table has itself (a directory becomes a tree only when many
 * files of it were used).
 */
#pragma once

#include "manifests/table.h"

struct err;

/* What is different about a path that both tables have. */
enum table_differs {
	DIFFERS_APPEARED = 1 << 0, /* absent in the first only */
	DIFFERS_VANISHED = 1 << 1, /* absent in the second only */
	DIFFERS_KIND = 1 << 2,
	/* Another digest; where one is missing, another size. */
	DIFFERS_CONTENT = 1 << 3,
	DIFFERS_TARGET = 1 << 4, /* of a symbolic link */
	DIFFERS_DEVICE = 1 << 5,
	DIFFERS_ACCESS = 1 << 6,
	DIFFERS_LISTING = 1 << 7,    /* entries or their order; both listed */
	DIFFERS_ATTRIBUTES = 1 << 8, /* mode, owner, extended attributes */
	DIFFERS_TIME = 1 << 9,       /* of modification */
};

struct table_difference {
	const char *path;
	unsigned what; /* 0 when only one table has the path */
	/* NULL: that table does not have it. Paths in them are whole ones. */
	const struct file_row *first, *second;
};

/* What open_tree returns when that table is not to be had. */
#define TABLE_NOT_THERE (-2)

struct table_diff_ops {
	/*
	 * One path that is not the same, in byte order. What it gets is valid
	 * until it returns. -1 ends the comparison.
	 */
	int (*differs)(
		void *arg, const struct table_difference *d, struct err *e);
	/*
	 * The table of a tree of the first (`second` false) or the second
	 * table: a descriptor, which is taken over, TABLE_NOT_THERE, or -1.
	 */
	int (*open_tree)(void *arg, bool second, const struct file_row *tree,
		struct err *e);
	void *arg;
};

/*
 * 0, or -1: a table is damaged, or one of the two functions failed. Trees of
 * which one has no table to be read differ in content, as one path.
 */
int table_diff(struct table_reader *first, struct table_reader *second,
	const struct table_diff_ops *ops, struct err *e);

/* Pure: all bits in which two rows of one path differ. */
unsigned table_rows_differ(
	const struct file_row *first, const struct file_row *second);
