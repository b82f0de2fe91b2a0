// SPDX-License-Identifier: Apache-2.0
/*
 * A YAML configuration as a tree: libyaml's events, with the spelling of each
 * scalar kept. Aliases share the node that they name, so a tree is never
 * larger than its file, and never deeper than PARAMETER_DEPTH.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "capture/parameters.h"
#include "manifests/json.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
	json_t *j; /* a reference of its own */
	int height;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t now;
	bool has_now;
	struct arena *names; /* of the anchors */
	struct map anchors;  /* -> struct anchor */
	int height;          /* of the node that was completed last */
	struct err *e;
};

static int next(struct reader *r)
{
	if (r->has_now)
		yaml_event_delete(&r->now);
	r->has_now = yaml_parser_parse(&r->parser, &r->now);
	if (r->has_now)
		return 0;
	return err_set(r->e, "line %zu: %s", r->parser.problem_mark.line + 1,
		r->parser.problem ? r->parser.problem : "no YAML");
}

static json_t *fail(struct reader *r, const char *what)
{
	err_set(r->e, "line %zu: %s", r->now.start_mark.line + 1, what);
	return NULL;
}

static void set_anchor(struct reader *r, const char *anchor, json_t *j)
{
	struct anchor *new, *old;

	if (!anchor)
		return;
	new = arena_alloc(r->names, sizeof(*new));
	*new = (struct anchor){json_incref(j), r->height};
	old = map_puts(&r->anchors, arena_strdup(r->names, anchor), new);
	if (old)
		json_decref(old->j);
}

/* An anchor is set when its node is complete: no node can hold itself. */
static json_t *alias(struct reader *r, int depth)
{
	struct anchor *a =
		map_gets(&r->anchors, (const char *)r->now.data.alias.anchor);

	if (!a)
		return fail(r, "an alias of nothing complete");
	if (depth + a->height > PARAMETER_DEPTH)
		return fail(r, "is nested too deeply");
	r->height = a->height;
	return json_incref(a->j);
}

static json_t *scalar(struct reader *r)
{
	const char *value = (const char *)r->now.data.scalar.value;
	size_t len = r->now.data.scalar.length;
	json_t *j;

	if (memchr(value, 0, len))
		return fail(r, "a string with a NUL");
	if (!len && r->now.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		j = json_null();
	else
		j = json_made(json_stringn(value, len));
	r->height = 0;
	set_anchor(r, (const char *)r->now.data.scalar.anchor, j);
	return j;
}

static json_t *node(struct reader *r, int depth);

static int fill_list(struct reader *r, json_t *list, int depth, int *highest)
{
	for (;;) {
		json_t *j;

		if (next(r) < 0)
			return -1;
		if (r->now.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		j = node(r, depth + 1);
		if (!j)
			return -1;
		json_add(list, j);
		if (r->height > *highest)
			*highest = r->height;
	}
}

/* "<<": what the mapping itself does not have (yaml.org/type/merge.html). */
static void merge(json_t *map, json_t *from)
{
	if (json_is_object(from) && json_object_update_missing(map, from) < 0)
		abort();
	for (size_t i = 0; i < json_array_size(from); i++)
		if (json_is_object(json_array_get(from, i)) &&
			json_object_update_missing(
				map, json_array_get(from, i)) < 0)
			abort();
}

static int fill_map(struct reader *r, json_t *map, int depth, int *highest)
{
	for (;;) {
		json_t *key, *value = NULL;
		const char *name;

		if (next(r) < 0)
			return -1;
		if (r->now.type == YAML_MAPPING_END_EVENT)
			return 0;
		key = node(r, depth + 1);
		if (!key)
			return -1;
		if (!json_is_object(key) && !json_is_array(key) && next(r) == 0)
			value = node(r, depth + 1);
		else if (json_is_object(key) || json_is_array(key))
			fail(r, "a key that is no scalar");
		name = json_is_string(key) ? json_string_value(key) : "null";
		if (value && !strcmp(name, "<<"))
			merge(map, value);
		else if (value)
			json_put(map, name, json_incref(value));
		json_decref(key);
		json_decref(value);
		if (!value)
			return -1;
		if (r->height > *highest)
			*highest = r->height;
	}
}

/* The node that the current event begins. */
static json_t *node(struct reader *r, int depth)
{
	autoarena *scratch = arena_new();
	bool list = r->now.type == YAML_SEQUENCE_START_EVENT;
	const char *anchor;
	int highest = 0;
	json_t *j;

	if (depth > PARAMETER_DEPTH)
		return fail(r, "is nested too deeply");
	if (r->now.type == YAML_SCALAR_EVENT)
		return scalar(r);
	if (r->now.type == YAML_ALIAS_EVENT)
		return alias(r, depth);
	if (!list && r->now.type != YAML_MAPPING_START_EVENT)
		return fail(r, "no value");
	anchor = arena_strdup(scratch,
		(const char *)(list ? r->now.data.sequence_start.anchor
				    : r->now.data.mapping_start.anchor));
	j = json_made(list ? json_array() : json_object());
	if ((list ? fill_list(r, j, depth, &highest)
		  : fill_map(r, j, depth, &highest)) < 0) {
		json_decref(j);
		return NULL;
	}
	r->height = highest + 1;
	set_anchor(r, anchor, j);
	return j;
}

/* Of the first document; a file of comments only has no values. */
static json_t *document(struct reader *r)
{
	if (next(r) < 0 || next(r) < 0)
		return NULL;
	if (r->now.type == YAML_STREAM_END_EVENT)
		return json_made(json_object());
	return next(r) < 0 ? NULL : node(r, 0);
}

json_t *parameters_yaml(const char *text, size_t len, struct err *e)
{
	struct reader r = {.names = arena_new(), .anchors = MAP_INIT, .e = e};
	const struct map_entry *entry;
	size_t i = 0;
	json_t *j;

	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	j = document(&r);
	if (r.has_now)
		yaml_event_delete(&r.now);
	yaml_parser_delete(&r.parser);
	while ((entry = map_next(&r.anchors, &i)))
		json_decref(((struct anchor *)entry->value)->j);
	map_release(&r.anchors);
	arena_free(r.names);
	return j;
}
