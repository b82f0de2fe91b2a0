// SPDX-License-Identifier: Apache-2.0
/*
 * Read the manifest: libyaml's events against the field table. Recursion is
 * as deep as the table is; values of unknown "x-" keys are skipped in a loop.
 */
#include "manifests/manifest.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "manifests/events.h"
#include "manifests/fields.h"
#include "manifests/scalar.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Nesting under an "x-" key. */
#define DEPTH_MAX 64

struct reader {
	struct events v;
	struct arena *a;
	struct strbuf path; /* of the value being read: "inputs[2].id" */
};

/* "NAME:LINE:COLUMN: 'PATH': ..." at the current event. */
__attribute__((format(printf, 3, 4))) static int fail(
	struct reader *r, struct err *e, const char *fmt, ...)
{
	char text[250];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->path.len == 0)
		return events_fail(&r->v, e, "%s", text);
	return events_fail(&r->v, e, "'%.120s': %s", r->path.s, text);
}

/* Append to the path; what it was before comes back with path_cut(). */
static size_t path_key(struct reader *r, const char *key)
{
	size_t len = r->path.len;

	strbuf_addf(&r->path, "%s%s", len > 0 ? "." : "", key);
	return len;
}

static size_t path_index(struct reader *r, size_t i)
{
	size_t len = r->path.len;

	strbuf_addf(&r->path, "[%zu]", i);
	return len;
}

static void path_cut(struct reader *r, size_t len)
{
	r->path.len = len;
	r->path.s[len] = '\0';
}

static bool now_is(const struct reader *r, yaml_event_type_t type)
{
	return r->v.now.type == type;
}

static const char *scalar_value(const struct reader *r, size_t *len)
{
	*len = r->v.now.data.scalar.length;
	return (const char *)r->v.now.data.scalar.value;
}

static bool is_plain(const struct reader *r)
{
	return now_is(r, YAML_SCALAR_EVENT) &&
	       r->v.now.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       events_tag(&r->v) == TAG_NONE;
}

/* The current event as a string, in the arena. */
static int get_string(struct reader *r, char **out, struct err *e)
{
	const char *value;
	size_t len;

	if (!now_is(r, YAML_SCALAR_EVENT))
		return fail(r, e, "a string is needed");
	value = scalar_value(r, &len);
	if (is_plain(r) && scalar_is_typed(value, len))
		return fail(r, e, "a string is needed: quote it");
	*out = arena_memdup(r->a, value, len);
	if (events_tag(&r->v) == TAG_BINARY) {
		if (scalar_unbase64(*out, &len) < 0)
			return fail(r, e, "damaged base64");
		(*out)[len] = '\0';
	}
	if (strlen(*out) != len)
		return fail(r, e, "holds a NUL");
	return 0;
}

static int read_string(
	struct reader *r, const struct field *f, char **out, struct err *e)
{
	const char *needed;

	if (get_string(r, out, e) < 0)
		return -1;
	needed = field_problem(f, *out);
	if (needed == NULL)
		return 0;
	return fail(r, e,
		f->words ? "'%.60s' is not one of %s" : "'%.60s' is not %s",
		*out, needed);
}

static int read_int(
	struct reader *r, const struct field *f, int64_t *out, struct err *e)
{
	const char *value;
	int rc = -1;
	size_t len;

	if (is_plain(r)) {
		value = scalar_value(r, &len);
		rc = scalar_int(value, len, out);
	}
	if (rc == -1)
		return fail(r, e, "an integer is needed");
	if (rc < 0 || *out < 0 || *out > f->max)
		return fail(r, e, "is out of range: 0 to %" PRId64, f->max);
	return 0;
}

static int read_double(struct reader *r, double *out, struct err *e)
{
	const char *value;
	size_t len;

	if (is_plain(r)) {
		value = scalar_value(r, &len);
		if (scalar_double(value, len, out) == 0)
			return 0;
	}
	return fail(r, e, "a number is needed");
}

static int read_bool(struct reader *r, bool *out, struct err *e)
{
	const char *value;
	size_t len;

	if (is_plain(r)) {
		value = scalar_value(r, &len);
		*out = strcmp(value, "true") == 0;
		if (*out || strcmp(value, "false") == 0)
			return 0;
	}
	return fail(r, e, "true or false is needed");
}

static int read_strings(struct reader *r, const struct field *f,
	struct strlist *out, struct err *e)
{
	if (!now_is(r, YAML_SEQUENCE_START_EVENT))
		return fail(r, e, "a list is needed");
	for (;;) {
		size_t cut = path_index(r, out->count);
		char *s = NULL, **item;

		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_SEQUENCE_END_EVENT)) {
			path_cut(r, cut);
			return 0;
		}
		if (read_string(r, f, &s, e) < 0)
			return -1;
		path_cut(r, cut);
		item = ARENA_PUSH(r->a, out->items, out->count);
		*item = s;
	}
}

/* A string, or null. */
static int read_map_value(
	struct reader *r, struct kvlist *out, char *key, struct err *e)
{
	struct kv *item = ARENA_PUSH(r->a, out->items, out->count);
	const char *value;
	size_t len;

	item->key = key;
	if (is_plain(r)) {
		value = scalar_value(r, &len);
		if (scalar_is_null(value, len))
			return 0;
	}
	return get_string(r, &item->value, e);
}

static int read_map_values(
	struct reader *r, struct kvlist *out, char *key, struct err *e)
{
	size_t before = out->count;

	if (!now_is(r, YAML_SEQUENCE_START_EVENT))
		return read_map_value(r, out, key, e);
	for (;;) {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_SEQUENCE_END_EVENT))
			break;
		if (read_map_value(r, out, key, e) < 0)
			return -1;
	}
	if (out->count < before + 2)
		return fail(r, e, "a list of two values or more is needed");
	return 0;
}

/* A key of a mapping whose keys are free, new to `seen`. */
static int read_free_key(
	struct reader *r, struct map *seen, char **key, struct err *e)
{
	if (get_string(r, key, e) < 0)
		return -1;
	path_key(r, *key);
	if (map_gets(seen, *key) != NULL)
		return fail(r, e, "is there twice");
	map_puts(seen, *key, *key);
	return events_next(&r->v, e);
}

static int read_map(
	struct reader *r, struct kvlist *out, struct map *seen, struct err *e)
{
	size_t cut = r->path.len;
	char *key;

	if (!now_is(r, YAML_MAPPING_START_EVENT))
		return fail(r, e, "a mapping is needed");
	for (;;) {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_MAPPING_END_EVENT))
			return 0;
		if (read_free_key(r, seen, &key, e) < 0 ||
			read_map_values(r, out, key, e) < 0)
			return -1;
		path_cut(r, cut);
	}
}

static int read_record(struct reader *r, const struct record *rec, void *at,
	size_t first, struct err *e);

static int read_list(struct reader *r, const struct record *rec,
	struct any_list *out, struct err *e)
{
	void *items = NULL, *at;

	if (!now_is(r, YAML_SEQUENCE_START_EVENT))
		return fail(r, e, "a list is needed");
	for (;;) {
		size_t cut = path_index(r, out->count);

		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_SEQUENCE_END_EVENT)) {
			path_cut(r, cut);
			return 0;
		}
		at = arena_push(r->a, &items, &out->count, rec->size);
		out->items = items;
		record_init(rec, at);
		if (read_record(r, rec, at, 0, e) < 0)
			return -1;
		path_cut(r, cut);
	}
}

static int read_keyed(struct reader *r, const struct record *rec,
	struct any_list *out, struct map *seen, struct err *e)
{
	size_t cut = r->path.len;
	void *items = NULL, *at;
	char *key;

	if (!now_is(r, YAML_MAPPING_START_EVENT))
		return fail(r, e, "a mapping is needed");
	for (;;) {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_MAPPING_END_EVENT))
			return 0;
		if (read_free_key(r, seen, &key, e) < 0)
			return -1;
		at = arena_push(r->a, &items, &out->count, rec->size);
		out->items = items;
		record_init(rec, at);
		*(char **)field_at(&rec->fields[0], at) = key;
		if (read_record(r, rec, at, 1, e) < 0)
			return -1;
		path_cut(r, cut);
	}
}

/* The current event begins the field's value. */
static int read_field(
	struct reader *r, const struct field *f, void *at, struct err *e)
{
	struct map seen = MAP_INIT;
	int rc = -1;

	switch (f->type) {
	case F_STRING:
		return read_string(r, f, at, e);
	case F_INT:
		return read_int(r, f, at, e);
	case F_DOUBLE:
		return read_double(r, at, e);
	case F_BOOL:
		return read_bool(r, at, e);
	case F_STRINGS:
		return read_strings(r, f, at, e);
	case F_MAP:
		rc = read_map(r, at, &seen, e);
		break;
	case F_STRUCT:
		return read_record(r, f->record, at, 0, e);
	case F_LIST:
		return read_list(r, f->record, at, e);
	case F_KEYED:
		rc = read_keyed(r, f->record, at, &seen, e);
		break;
	}
	map_release(&seen);
	return rc;
}

/* Pass over the value of an "x-" key, whatever it is. */
static int skip_value(struct reader *r, struct err *e)
{
	int depth = 0;

	do {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_SEQUENCE_START_EVENT) ||
			now_is(r, YAML_MAPPING_START_EVENT))
			depth++;
		else if (now_is(r, YAML_SEQUENCE_END_EVENT) ||
			 now_is(r, YAML_MAPPING_END_EVENT))
			depth--;
		if (depth > DEPTH_MAX)
			return fail(r, e, "is nested too deeply");
	} while (depth > 0);
	return 0;
}

static const struct field *find_field(
	const struct record *rec, size_t first, const char *key, size_t *i)
{
	for (*i = first; *i < rec->count; ++*i) {
		if (strcmp(rec->fields[*i].key, key) == 0)
			return &rec->fields[*i];
	}
	return NULL;
}

/* The current event is a key. */
static int read_member(struct reader *r, const struct record *rec, void *at,
	size_t first, uint64_t *seen, struct err *e)
{
	const struct field *f;
	size_t cut, i;
	char *key;

	if (get_string(r, &key, e) < 0)
		return -1;
	cut = path_key(r, key);
	f = find_field(rec, first, key, &i);
	if (f == NULL) {
		if (strncmp(key, "x-", 2) != 0)
			return fail(r, e, "unknown key");
		if (skip_value(r, e) < 0)
			return -1;
	} else {
		if (*seen & UINT64_C(1) << i)
			return fail(r, e, "is there twice");
		*seen |= UINT64_C(1) << i;
		if (events_next(&r->v, e) < 0 ||
			read_field(r, f, field_at(f, at), e) < 0)
			return -1;
	}
	path_cut(r, cut);
	return 0;
}

/* The current event begins the mapping; `first`: keyed lists begin at 1. */
static int read_record(struct reader *r, const struct record *rec, void *at,
	size_t first, struct err *e)
{
	yaml_mark_t begin = r->v.now.start_mark;
	uint64_t seen = 0;

	if (!now_is(r, YAML_MAPPING_START_EVENT))
		return fail(r, e, "a mapping is needed");
	for (;;) {
		if (events_next(&r->v, e) < 0)
			return -1;
		if (now_is(r, YAML_MAPPING_END_EVENT))
			break;
		if (read_member(r, rec, at, first, &seen, e) < 0)
			return -1;
	}
	for (size_t i = first; i < rec->count; i++) {
		if (!(rec->fields[i].flags & FIELD_REQUIRED) ||
			seen & UINT64_C(1) << i)
			continue;
		r->v.now.start_mark = begin;
		return fail(r, e, "has no '%s'", rec->fields[i].key);
	}
	return 0;
}

static int read_document(struct reader *r, struct manifest *m, struct err *e)
{
	if (events_next(&r->v, e) < 0 || events_next(&r->v, e) < 0)
		return -1;
	if (!now_is(r, YAML_DOCUMENT_START_EVENT))
		return fail(r, e, "no manifest");
	if (events_next(&r->v, e) < 0 ||
		read_record(r, &manifest_record, m, 0, e) < 0)
		return -1;
	if (events_next(&r->v, e) < 0 || events_next(&r->v, e) < 0)
		return -1;
	if (!now_is(r, YAML_STREAM_END_EVENT))
		return fail(r, e, "a second document");
	return 0;
}

int manifest_read_yaml(struct manifest *m, struct arena *a, const char *name,
	const char *text, size_t len, struct err *e)
{
	struct reader r = {.a = a, .path = STRBUF_INIT};
	int rc;

	record_init(&manifest_record, m);
	strbuf_grow(&r.path, 0);
	events_init(&r.v, name, text, len, -1, 1, len);
	rc = read_document(&r, m, e);
	events_release(&r.v);
	strbuf_release(&r.path);
	return rc;
}
