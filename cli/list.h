/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `reprise list` share. */
#pragma once

#include "audit/query.h"
#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct index;
struct index_content;
struct json_t;
struct store;

/* Something that a run used and that --uses asked for. */
struct list_use {
	const struct m_library *library; /* or a package, or else a file */
	const struct m_package *package; /* also that of the library */
	const char *path, *digest;       /* of the file */
	bool unknown; /* whether its version meets the bounds */
};

struct listed {
	struct query_run q;
	/* "running" or "pending", of a run without a record; or NULL. Then
	 * only its id and status are known. */
	const char *state;
	bool hidden;
	LIST_OF(list_use) uses;
	struct index_content *outputs; /* with --uses only */
	size_t output_count;
};

struct list {
	struct store *store;
	struct index *index;
	struct arena *arena;
	struct listed *items; /* in the order of the listing */
	size_t count;
	bool with_uses;
	bool incomplete; /* a record could not be read; that has been said */
};

/* list_select.c */

/* All runs of the index, the latest first, then those without a record. */
int list_take(struct list *l, struct err *e);
/* -1 when there are runs, and none has a value of that name. */
int list_check_name(const struct list *l, const char *name, struct err *e);
/* Hide what does not meet the condition, or lacks a tag (value NULL: any). */
int list_where(struct list *l, const char *condition, struct err *e);
void list_tagged(struct list *l, const struct kvlist *wanted);
/* Forget what is hidden. */
void list_compact(struct list *l);
/* "NAME" or "-NAME"; what has no such value comes last. */
int list_sort(struct list *l, const char *name, struct err *e);

/* list_uses.c: hide all runs but those that used what is required, and say of
 * each what that was, and its outputs. */
int list_uses(struct list *l, const char *required, struct err *e);

/* list_files.c */

struct list_files {
	const char *const *paths; /* in which trees to look */
	size_t path_count;
	/* A file that the run used, or a tree; valid in the call. */
	void (*found)(void *ctx, const char *path, const char *digest);
	void *ctx;
};
int list_files(struct store *s, const char *id, const struct list_files *f,
	struct err *e);

/*
 * list_table.c: for a person. `columns` are names of values, NULL: the
 * parameters and metrics that differ, as many as `width` has room for (0: all).
 */
int list_print(const struct list *l, const struct strlist *columns,
	size_t width, struct err *e);

/* list_columns.c */

enum list_kind {
	LIST_ANY, /* whatever query_value() finds */
	LIST_PARAMETER,
	LIST_METRIC,
};

struct list_column {
	enum list_kind kind;
	const char *name;
	const char *head;
	size_t most;  /* characters of a value that are shown; 0: all */
	size_t width; /* of what is shown in it */
};

/* What is shown of the run; "-" when there is no value. */
int list_cell(struct arena *a, const struct listed *r,
	const struct list_column *c, const char **out, struct err *e);
/* Characters, which is the width of most. */
size_t list_width(const char *s);
/* Set the width of a column. */
int list_measure(const struct list *l, struct list_column *c, struct err *e);
/* Parameters and metrics that differ between the runs; fewer when they take
 * more than `room` (0: any). *more are left out. */
int list_differing(const struct list *l, size_t room, struct list_column **out,
	size_t *count, size_t *more, struct err *e);

/* list_json.c: a run on a line. */
struct json_t *list_json(const struct list *l, const struct listed *r);
