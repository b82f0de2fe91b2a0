// SPDX-License-Identifier: Apache-2.0
/* Write the manifest as YAML: the field table through libyaml's emitter. */
#include "manifests/manifest.h"

#include "base/err.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "manifests/fields.h"
#include "manifests/scalar.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define BINARY_TAG "tag:yaml.org,2002:binary"

/* Out of memory aborts, as everywhere: libyaml's events only fail then. */
static void emit(yaml_emitter_t *y, yaml_event_t *event, int made)
{
	if (!made)
		abort();
	/* A failure stays in the emitter and is asked for at the end. */
	if (y->error == YAML_NO_ERROR)
		yaml_emitter_emit(y, event);
	else
		yaml_event_delete(event);
}

static void emit_scalar(yaml_emitter_t *y, const char *tag, const char *text,
	size_t len, yaml_scalar_style_t style)
{
	yaml_event_t event;

	emit(y, &event,
		yaml_scalar_event_initialize(&event, NULL,
			(const yaml_char_t *)tag, (const yaml_char_t *)text,
			(int)len, tag == NULL, tag == NULL, style));
}

static void emit_plain(yaml_emitter_t *y, const char *text)
{
	emit_scalar(y, NULL, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
}

static void emit_string(yaml_emitter_t *y, const char *s)
{
	autostrbuf base64 = STRBUF_INIT;
	size_t len = strlen(s);

	if (!utf8_valid(s, len)) {
		scalar_base64(&base64, s, len);
		emit_scalar(y, BINARY_TAG, base64.s, base64.len,
			YAML_DOUBLE_QUOTED_SCALAR_STYLE);
		return;
	}
	emit_scalar(y, NULL, s, len,
		scalar_plain_ok(s, len) ? YAML_PLAIN_SCALAR_STYLE
					: YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

static void begin_list(yaml_emitter_t *y, bool flow)
{
	yaml_event_t event;

	emit(y, &event,
		yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
			flow ? YAML_FLOW_SEQUENCE_STYLE
			     : YAML_BLOCK_SEQUENCE_STYLE));
}

static void end_list(yaml_emitter_t *y)
{
	yaml_event_t event;

	emit(y, &event, yaml_sequence_end_event_initialize(&event));
}

static void begin_map(yaml_emitter_t *y, bool flow)
{
	yaml_event_t event;

	emit(y, &event,
		yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
			flow ? YAML_FLOW_MAPPING_STYLE
			     : YAML_BLOCK_MAPPING_STYLE));
}

static void end_map(yaml_emitter_t *y)
{
	yaml_event_t event;

	emit(y, &event, yaml_mapping_end_event_initialize(&event));
}

static void write_strings(yaml_emitter_t *y, const struct strlist *list, bool flow)
{
	begin_list(y, flow);
	for (size_t i = 0; i < list->count; i++)
		emit_string(y, list->items[i]);
	end_list(y);
}

static void write_map_value(yaml_emitter_t *y, const char *value)
{
	if (value == NULL)
		emit_plain(y, "null");
	else
		emit_string(y, value);
}

/* All values of the key at `i`, at its first place. */
static void write_map_values(yaml_emitter_t *y, const struct kvlist *map, size_t i)
{
	const char *key = map->items[i].key;

	begin_list(y, false);
	for (; i < map->count; i++) {
		if (strcmp(map->items[i].key, key) == 0)
			write_map_value(y, map->items[i].value);
	}
	end_list(y);
}

static void write_map(yaml_emitter_t *y, const struct kvlist *map)
{
	static char once, again, written;
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < map->count; i++) {
		const char *key = map->items[i].key;

		map_puts(&seen, key, map_gets(&seen, key) ? &again : &once);
	}
	begin_map(y, false);
	for (size_t i = 0; i < map->count; i++) {
		const char *key = map->items[i].key;
		const void *times = map_gets(&seen, key);

		if (times == &written)
			continue;
		emit_string(y, key);
		if (times == &once) {
			write_map_value(y, map->items[i].value);
			continue;
		}
		write_map_values(y, map, i);
		map_puts(&seen, key, &written);
	}
	end_map(y);
	map_release(&seen);
}

static void write_record(yaml_emitter_t *y, const struct record *rec,
	const void *at, size_t first, bool flow);

static void write_list(yaml_emitter_t *y, const struct record *rec,
	const struct any_list *list, bool flow)
{
	begin_list(y, false);
	for (size_t i = 0; i < list->count; i++)
		write_record(y, rec, list->items + i * rec->size, 0, flow);
	end_list(y);
}

static void write_keyed(yaml_emitter_t *y, const struct record *rec,
	const struct any_list *list)
{
	begin_map(y, false);
	for (size_t i = 0; i < list->count; i++) {
		const char *at = list->items + i * rec->size;

		emit_string(y, *(char **)field_at(&rec->fields[0], at));
		write_record(y, rec, at, 1, false);
	}
	end_map(y);
}

static void write_field(yaml_emitter_t *y, const struct field *f, const void *at)
{
	char text[SCALAR_DOUBLE];

	switch (f->type) {
	case F_STRING:
		emit_string(y, *(char *const *)at);
		break;
	case F_INT:
		snprintf(text, sizeof(text), "%lld",
			(long long)*(const int64_t *)at);
		emit_plain(y, text);
		break;
	case F_DOUBLE:
		scalar_double_text(*(const double *)at, text);
		emit_plain(y, text);
		break;
	case F_BOOL:
		emit_plain(y, *(const bool *)at ? "true" : "false");
		break;
	case F_STRINGS:
		write_strings(y, at, f->flags & FIELD_FLOW);
		break;
	case F_MAP:
		write_map(y, at);
		break;
	case F_STRUCT:
		write_record(y, f->record, at, 0, false);
		break;
	case F_LIST:
		write_list(y, f->record, at, f->flags & FIELD_FLOW);
		break;
	case F_KEYED:
		write_keyed(y, f->record, at);
		break;
	}
}

static void write_record(yaml_emitter_t *y, const struct record *rec,
	const void *at, size_t first, bool flow)
{
	begin_map(y, flow);
	for (size_t i = first; i < rec->count; i++) {
		const struct field *f = &rec->fields[i];

		if (field_empty(f, at) && !(f->flags & FIELD_SHOWN))
			continue;
		emit_plain(y, f->key);
		write_field(y, f, field_at(f, at));
	}
	end_map(y);
}

static int append(void *data, unsigned char *text, size_t len)
{
	strbuf_add(data, text, len);
	return 1;
}

int manifest_write_yaml(
	const struct manifest *m, struct strbuf *out, struct err *e)
{
	yaml_emitter_t y;
	yaml_event_t event;
	int rc = 0;

	if (!yaml_emitter_initialize(&y))
		abort();
	yaml_emitter_set_output(&y, append, out);
	yaml_emitter_set_unicode(&y, 1);
	yaml_emitter_set_width(&y, -1);
	emit(&y, &event,
		yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(&y, &event,
		yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	write_record(&y, &manifest_record, m, 0, false);
	emit(&y, &event, yaml_document_end_event_initialize(&event, 1));
	emit(&y, &event, yaml_stream_end_event_initialize(&event));
	if (y.error != YAML_NO_ERROR)
		rc = err_set(e, "cannot write the manifest: %s", y.problem);
	yaml_emitter_delete(&y);
	return rc;
}
