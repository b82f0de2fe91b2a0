// SPDX-License-Identifier: Apache-2.0
/* Read files.yaml, the general way: whatever form another YAML tool gave it. */
#include "manifests/table_read.h"

#include "base/arena.h"
#include "base/err.h"
#include "manifests/events.h"
#include "manifests/scalar.h"
#include <stdlib.h>
#include <string.h>

struct table_yaml {
	struct events v;
	struct arena *a; /* the current row's strings */
	size_t first_line;
	bool started, ended;
};

struct table_yaml *table_yaml_new(
	const char *name, const char *text, size_t len, int fd, size_t line)
{
	struct table_yaml *t = xcalloc(1, sizeof(*t));

	events_init(&t->v, name, text, len, fd, line, ROW_BYTES_MAX);
	t->a = arena_new();
	t->first_line = line;
	return t;
}

void table_yaml_free(struct table_yaml *t)
{
	if (t == NULL)
		return;
	events_release(&t->v);
	arena_free(t->a);
	free(t);
}

/* Make the next event the current one and insist on its type. */
static int want(struct table_yaml *t, yaml_event_type_t type, const char *what,
	struct err *e)
{
	if (events_next(&t->v, e) < 0)
		return -1;
	if (t->v.now.type != type)
		return events_fail(&t->v, e, "%s is needed", what);
	return 0;
}

/*
 * Up to the first row. When rows were read before this one, the whole is one
 * document: no second may begin here, and its list is not indented. Then
 * blanks and comments may be all that is left: 0.
 */
static int start(struct table_yaml *t, struct err *e)
{
	const struct events *v = &t->v;
	bool rest = t->first_line > 1;

	t->started = true;
	if (want(t, YAML_STREAM_START_EVENT, "a document", e) < 0)
		return -1;
	if (events_next(&t->v, e) < 0)
		return -1;
	if (v->now.type == YAML_STREAM_END_EVENT && rest)
		return 0;
	if (v->now.type != YAML_DOCUMENT_START_EVENT)
		return events_fail(v, e, "no table");
	if (rest && !v->now.data.document_start.implicit)
		return events_fail(v, e, "a second document");
	if (want(t, YAML_SEQUENCE_START_EVENT, "a list of rows", e) < 0)
		return -1;
	if (rest && (v->now.data.sequence_start.style != YAML_BLOCK_SEQUENCE_STYLE ||
			    v->now.start_mark.column != 0))
		return events_fail(v, e, "a row is needed");
	return 1;
}

static int finish(struct table_yaml *t, struct err *e)
{
	t->ended = true;
	if (want(t, YAML_DOCUMENT_END_EVENT, "the end", e) < 0)
		return -1;
	if (events_next(&t->v, e) < 0)
		return -1;
	if (t->v.now.type != YAML_STREAM_END_EVENT)
		return events_fail(&t->v, e, "a second document");
	return 0;
}

static void get_value(struct table_yaml *t, struct row_value *v)
{
	const yaml_event_t *now = &t->v.now;

	v->len = now->data.scalar.length;
	v->s = arena_memdup(t->a, now->data.scalar.value, v->len);
	v->plain = now->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		   events_tag(&t->v) == TAG_NONE;
	v->binary = events_tag(&t->v) == TAG_BINARY;
}

static int read_names(struct table_yaml *t, struct file_row *r, const char *key,
	struct err *e)
{
	for (;;) {
		struct row_value v;
		const char *problem;
		char **name;

		if (events_next(&t->v, e) < 0)
			return -1;
		if (t->v.now.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (t->v.now.type != YAML_SCALAR_EVENT)
			return events_fail(
				&t->v, e, "'%s': a string is needed", key);
		get_value(t, &v);
		problem = row_text(&v);
		if (problem == NULL)
			problem = row_name_problem(v.s);
		if (problem != NULL)
			return events_fail(&t->v, e, "'%s': %s", key, problem);
		name = ARENA_PUSH(t->a, r->listing.items, r->listing.count);
		*name = v.s;
	}
}

/* The current event is a key. */
static int read_field(struct table_yaml *t, struct file_row *r,
	struct row_at *at, struct err *e)
{
	const char *problem = "a single value is needed";
	const struct row_field *f;
	struct row_value v;
	int i;

	if (t->v.now.type != YAML_SCALAR_EVENT)
		return events_fail(&t->v, e, "a key is needed");
	get_value(t, &v);
	i = row_field_find(v.s, v.len, 0);
	if (i < 0)
		return events_fail(&t->v, e, "'%.60s': unknown key", v.s);
	f = &row_fields[i];
	if (at->seen & 1u << i)
		return events_fail(&t->v, e, "'%s': is there twice", f->key);
	at->seen |= 1u << i;
	if (events_next(&t->v, e) < 0)
		return -1;
	if (i == 0) {
		at->path_line = events_line(&t->v);
		at->path_column = events_column(&t->v);
	}
	if (f->type == ROW_NAMES && t->v.now.type == YAML_SEQUENCE_START_EVENT)
		return read_names(t, r, f->key, e);
	if (t->v.now.type == YAML_SCALAR_EVENT) {
		get_value(t, &v);
		problem = row_set(r, f, &v);
	}
	return problem == NULL
		       ? 0
		       : events_fail(&t->v, e, "'%s': %s", f->key, problem);
}

int table_yaml_next(struct table_yaml *t, struct file_row *r, struct row_at *at,
	struct err *e)
{
	int rc = 1;

	if (t->ended)
		return 0;
	if (!t->started)
		rc = start(t, e);
	if (rc <= 0) {
		t->ended = true;
		return rc;
	}
	arena_clear(t->a);
	t->v.budget = ROW_BYTES_MAX;
	if (events_next(&t->v, e) < 0)
		return -1;
	if (t->v.now.type == YAML_SEQUENCE_END_EVENT)
		return finish(t, e);
	if (t->v.now.type != YAML_MAPPING_START_EVENT)
		return events_fail(&t->v, e, "a row is needed");
	at->line = events_line(&t->v);
	at->column = events_column(&t->v);
	for (;;) {
		if (events_next(&t->v, e) < 0)
			return -1;
		if (t->v.now.type == YAML_MAPPING_END_EVENT)
			return 1;
		if (read_field(t, r, at, e) < 0)
			return -1;
	}
}
