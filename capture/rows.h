/* SPDX-License-Identifier: Apache-2.0 */
/* From what was touched to the rows of files.yaml. */
#pragma once

#include "manifests/table.h"
#include <stddef.h>

struct arena;
struct record;
struct state;
struct touched;

struct rows {
	struct file_row *items;
	size_t count;
};

/* "sha256:...", from the arena. */
char *digest_string(struct arena *a, const struct digest *d);
/* Kind, mode, owner, size, times, device numbers of a state. */
void row_from_state(struct file_row *r, const struct state *st);
unsigned row_access(const struct touched *t, bool content_changed);

/*
 * Complete the set: a row for each ancestor directory, and for each entry of
 * a listed directory that was not opened; with these bits of access.
 */
void rows_add_implied(struct record *rec, unsigned bits);

/* Sort by path, byte by byte. */
void rows_sort(struct rows *rows);
