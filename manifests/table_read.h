/* SPDX-License-Identifier: Apache-2.0 */
/* The slow reader behind table_in.c. Private to manifests/. */
#pragma once

#include "manifests/row.h"

/* Bytes that one row may take, so that a hostile table fills no memory. */
#define ROW_BYTES_MAX ((size_t)256 << 20)

/* What must hold after each row, whichever way it was read. */
struct row_at {
	size_t line, column;           /* of the row */
	size_t path_line, path_column; /* of its path */
	uint32_t seen;                 /* bits of row_fields */
};

struct table_yaml;

/*
 * Read by libyaml what is left of a table: `text`, then what can be read from
 * fd. `text` must stay as it is.
 */
struct table_yaml *table_yaml_new(
	const char *name, const char *text, size_t len, int fd, size_t line);
int table_yaml_next(struct table_yaml *t, struct file_row *r, struct row_at *at,
	struct err *e);
void table_yaml_free(struct table_yaml *t);
