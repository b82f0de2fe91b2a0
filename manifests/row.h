/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a row of files.yaml, as one table that the writer and both
 * readers walk. Private to manifests/.
 */
#pragma once

#include "manifests/table.h"

enum row_type {
	ROW_TEXT,
	ROW_ACCESS,
	ROW_KIND,
	ROW_MODE,
	ROW_INT,
	ROW_MTIME,
	ROW_DIGEST,
	ROW_NAMES, /* a list of names */
	ROW_STORED,
};

struct row_field {
	const char *key;
	enum row_type type;
	size_t offset;
	int64_t max; /* ROW_INT; the least is 0 */
};

#define ROW_FIELDS 18
extern const struct row_field row_fields[ROW_FIELDS];

/* A scalar as it was read: NUL-terminated, may hold NULs inside. */
struct row_value {
	char *s;
	size_t len;
	bool plain;  /* not quoted */
	bool binary; /* tagged !!binary: still base64 */
};

/*
 * Index of the field, or -1. Rows are written in the table's order, so the
 * search begins at `hint`.
 */
int row_field_find(const char *key, size_t len, size_t hint);

/*
 * Put a scalar into the row, which then points into `v`. NULL, or what is
 * wrong with it. Not for ROW_NAMES.
 */
const char *row_set(
	struct file_row *r, const struct row_field *f, struct row_value *v);
/* Makes `v` a string (decodes it); NULL, or what is wrong with it. */
const char *row_text(struct row_value *v);
/* NULL, or what is wrong with an entry of a listing. */
const char *row_name_problem(const char *name);

/* NULL, or what is wrong with the row as a whole; for writer and readers. */
const char *row_problem(const struct file_row *r);
/* Absolute, without empty, "." or ".." components; "/" itself is fine. */
bool path_ok(const char *path);
