/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a run by name: the words of `list --where`, --sort and
 * --columns. A name is
 *
 *	a field: id, name, group, status, exit_code, signal, started, ended,
 *	wall_s, command;
 *	a parameter, a metric or a tag, in this order; or the last components
 *	of the dotted name of one (lr of optimizer.lr), when the run has one
 *	such name only;
 *	parameters.NAME, metrics.NAME or tags.NAME, to say which.
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>

struct arena;
struct err;
struct index_run;

struct query_run {
	const struct index_run *run;
	struct strlist names; /* all that mean it now */
	const char *command;  /* its text */
};

/*
 * 1 and the value, NULL where it is not known (a secret); 0 when the run has
 * nothing of that name; -1 when it may be one of several.
 */
int query_value(const struct query_run *r, struct arena *a, const char *name,
	const char **value, struct err *e);

/* The value of the parameter, or the metric, of just this name; or NULL. */
const char *query_parameter(const struct query_run *r, const char *name);
const char *query_metric(const struct query_run *r, const char *name);

enum query_op {
	QUERY_EQUAL,
	QUERY_NOT_EQUAL,
	QUERY_LESS,
	QUERY_AT_MOST,
	QUERY_MORE,
	QUERY_AT_LEAST,
	QUERY_CONTAINS,
};

/* "accuracy>0.9" */
struct query_where {
	const char *text;
	char *name;
	enum query_op op;
	char *value;
};

/* Operators are = (or ==) != < <= > >= and ~, which is "contains". */
int query_parse(struct query_where *w, struct arena *a, const char *text,
	struct err *e);
/*
 * 1, 0 or -1. *known becomes true when the run has that name; without it there
 * is no hit. Numbers are compared as numbers, with a number only numbers; all
 * else, and times, as text.
 */
int query_matches(const struct query_run *r, const struct query_where *w,
	struct arena *a, bool *known, struct err *e);

/* For sorting, -1, 0 or 1: numbers, then text, then NULL. */
int query_order(const char *a, const char *b);
