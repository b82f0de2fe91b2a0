/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two runs, the likely causes first. What differs between
 * any two runs (ids, times, what it took) is not looked at, and what explains
 * itself by something else that differs is said once: a library by its package,
 * an argument or a configuration file by its parameters.
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct json_t;
struct store;

/* In the order in which they are said. */
enum diff_part {
	DIFF_CODE,
	DIFF_COMMAND,
	DIFF_PARAMETERS,
	DIFF_DATA,
	DIFF_SETTINGS, /* variables that are known to decide results */
	DIFF_PACKAGES,
	DIFF_LIBRARIES, /* of no package that differs */
	DIFF_HARDWARE,
	DIFF_ENVIRONMENT, /* other variables, limits */
	DIFF_FILES,       /* of the environment and of no package */
	DIFF_OUTCOME,     /* the end, metrics, outputs: effects, not causes */
	DIFF_PARTS
};
const char *diff_part_name(enum diff_part p);

enum diff_change { DIFF_CHANGED, DIFF_ADDED, DIFF_REMOVED };
const char *diff_change_name(enum diff_change c);

struct difference {
	enum diff_part part;
	enum diff_change change;
	const char *what; /* a name, or a path */
	/* For a person and programs alike; NULL where a side has none. */
	const char *before, *after;
	struct strlist lines;  /* more, for a person */
	struct json_t *detail; /* the same for programs; or NULL */
};

/* One of the two runs. */
struct diff_run {
	const char *id;
	struct manifest m;
};

struct diff {
	struct arena *arena;
	struct store *store;
	struct diff_run a, b;
	struct difference *items; /* by part, then as they were found */
	size_t count;
	/* What could not be compared, a line each. */
	struct strlist notes;
};

/* Ids of runs in the store. Contents are read where the store has them.
 * diff_release() also after a failure. */
int diff_runs(struct diff *d, struct store *s, const char *a, const char *b,
	struct arena *arena, struct err *e);
void diff_release(struct diff *d);

/* {"runs": [...], "same": false, "differences": [...], "notes": [...]}; a new
 * reference. */
struct json_t *diff_json(const struct diff *d);
