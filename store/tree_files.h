/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a root of data: an input or an output of kind "tree". */
#pragma once

#include "manifests/table.h"

struct err;
struct store;

/*
 * Its table, verified: half a table would be half of the files. A descriptor,
 * or -1; ENOENT in e->code when the store does not have it.
 */
int tree_open(struct store *s, const struct m_data *tree, struct err *e);

/* `path` is the whole one, and valid in the call, as the row is. Not 0 ends it
 * all. */
typedef int (*tree_file_fn)(
	void *ctx, const char *path, const struct file_row *row, struct err *e);

/* Each file whose content is known, by path: those that were merely listed are
 * left out. What `each` returned, or -1. */
int tree_files(struct store *s, const struct m_data *tree, tree_file_fn each,
	void *ctx, struct err *e);
