/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `reprise show` that print. */
#pragma once

struct arena;
struct err;
struct file_row;
struct manifest;

/* show_person.c: on stdout, for a person. */
void show_person(struct arena *a, const struct manifest *m);

/* show_json.c: rows of the file table, on stdout. */
int show_row_json(const struct file_row *row, struct err *e);
/* The table at `fd` as one JSON array, as a stream. */
int show_table_json(int fd, struct err *e);
