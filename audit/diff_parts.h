/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that compare parts of two runs; nobody else includes
 * this. */
#pragma once

#include "audit/diff.h"

struct file_row;

/* diff_parts.c */

/* One more difference; strings are kept, not copied. */
struct difference *diff_add(struct diff *d, enum diff_part part,
	const char *what, const char *before, const char *after);
/* The last one is none after all. */
void diff_take_back(struct diff *d);
void diff_line(struct diff *d, struct difference *x, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diff_note(struct diff *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* NULL is the same as NULL only. */
bool diff_same_text(const char *a, const char *b);
/* Only when they differ. */
void diff_texts(struct diff *d, enum diff_part part, const char *what,
	const char *before, const char *after);
void diff_numbers(struct diff *d, enum diff_part part, const char *what,
	int64_t before, int64_t after);
/* Is there a difference of that name in the part? */
bool diff_has(const struct diff *d, enum diff_part part, const char *what);

/* Elements of two lists by a name of each. */
struct diff_keyed {
	const char *key;
	const void *of;
};
struct diff_keys {
	struct diff_keyed *items;
	size_t count;
};
void diff_key(
	struct diff *d, struct diff_keys *k, const char *key, const void *of);
/* In the order of the names: what has the same one comes as a pair, what only
 * one list has with NULL on the other side. */
void diff_pairs(struct diff *d, struct diff_keys *a, struct diff_keys *b,
	void (*each)(
		struct diff *d, const char *key, const void *a, const void *b));

/* diff_code.c: repositories and files of code. */
void diff_code(struct diff *d);
/* diff_set.c: command, parameters, variables, limits. Parameters go first. */
void diff_parameters(struct diff *d);
void diff_command(struct diff *d);
void diff_environment(struct diff *d);
/* diff_system.c: packages, libraries, hardware. */
void diff_packages(struct diff *d);
void diff_libraries(struct diff *d);
void diff_hardware(struct diff *d);
/* diff_data.c: inputs; after the parameters. */
int diff_data(struct diff *d, struct err *e);
/* diff_files.c: what else was read; after packages and libraries. */
int diff_files(struct diff *d, struct err *e);
/* diff_outcome.c: the end, metrics and outputs. */
int diff_outcome(struct diff *d, struct err *e);

/* diff_match.c: inputs, or outputs, of two runs that are the same thing: by
 * path, by the path from the working directory, or by content. */
struct diff_data {
	const struct m_data *items;
	size_t count;
};
/* Elements that only one has come last, with NULL on the other side. */
struct diff_match {
	const struct m_data *a, *b;
};
void diff_match(struct diff *d, const struct diff_data *a,
	const struct diff_data *b, struct diff_match **out, size_t *count);
/* The path from the working directory of the run, or the path itself. */
const char *diff_relative(const struct manifest *m, const char *path);

bool diff_is_tree(const struct m_data *x);
/* "3 files, 450 kB", or "450 kB, sha256:..."; NULL for NULL. */
const char *diff_data_text(struct diff *d, const struct m_data *x);

/* One content, or nothing that tells: that is a note then. */
bool diff_same_content(
	struct diff *d, const struct m_data *a, const struct m_data *b);

/* diff_tree.c: what is different in two files or two trees, or in a tree and
 * files that lay in it. `x` is the last difference, which is taken back when
 * nothing but times and modes of a tree differs. */
int diff_inside(struct diff *d, struct difference *x, const struct m_data *a,
	const struct m_data *b, struct err *e);
/* `files` are all inputs of the other run: those below the tree count. */
int diff_tree_and_files(struct diff *d, struct difference *x,
	const struct m_data *tree, bool tree_first,
	const struct diff_data *files, struct err *e);

/* For table_diff(): trees are compared by themselves. */
int diff_no_tree(
	void *arg, bool second, const struct file_row *tree, struct err *e);

/* diff_contents.c */

/* Say how far two contents are apart, as rows, numbers, lines or bytes, as far
 * as the store has them: digests, as in manifests. What they are is told by the
 * name at the end of `path`. */
void diff_contents(struct diff *d, struct difference *x, const char *path,
	const char *before, const char *after);
/* "1 file", "2 files" */
const char *diff_count(struct diff *d, size_t n, const char *what);
/* "450 kB" */
const char *diff_bytes(struct diff *d, int64_t n);
