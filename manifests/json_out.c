// SPDX-License-Identifier: Apache-2.0
/*
 * Write the manifest as JSON: the field table through jansson. JSON strings
 * are text, so bytes that are no UTF-8 become {"base64": "..."}; a key that is
 * none, or that begins with "base64:", becomes "base64:...".
 */
#include "manifests/manifest.h"

#include "base/err.h"
#include "base/strbuf.h"
#include "manifests/fields.h"
#include "manifests/json.h"
#include "manifests/scalar.h"
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *s)
{
	autostrbuf base64 = STRBUF_INIT;
	size_t len = s ? strlen(s) : 0;

	if (s == NULL)
		return NULL;
	if (utf8_valid(s, len))
		return json_made(json_stringn(s, len));
	scalar_base64(&base64, s, len);
	return json_made(json_pack("{ss}", "base64", base64.s));
}

const char *json_key(const char *key, struct strbuf *out)
{
	size_t len = strlen(key);

	if (utf8_valid(key, len) && strncmp(key, "base64:", 7) != 0)
		return key;
	strbuf_adds(out, "base64:");
	scalar_base64(out, key, len);
	return out->s;
}

json_t *json_texts(const struct strlist *list)
{
	json_t *j = json_made(json_array());

	for (size_t i = 0; i < list->count; i++)
		json_add(j, json_text(list->items[i]));
	return j;
}

/* A key that comes again collects its values in a list, as in YAML. */
static json_t *map_json(const struct kvlist *map)
{
	json_t *j = json_made(json_object());

	for (size_t i = 0; i < map->count; i++) {
		const struct kv *kv = &map->items[i];
		json_t *value = kv->value ? json_text(kv->value)
					  : json_made(json_null());
		autostrbuf text = STRBUF_INIT;
		const char *key = json_key(kv->key, &text);
		json_t *before = json_object_get(j, key);

		if (before != NULL && !json_is_array(before)) {
			json_t *list = json_made(json_array());

			json_array_append(list, before);
			json_put(j, key, list);
			before = list;
		}
		if (before != NULL)
			json_add(before, value);
		else
			json_put(j, key, value);
	}
	return j;
}

static json_t *record_json(
	const struct record *rec, const void *at, size_t first);

static json_t *list_json(const struct record *rec, const struct any_list *list)
{
	json_t *j = json_made(json_array());

	for (size_t i = 0; i < list->count; i++)
		json_add(j, record_json(rec, list->items + i * rec->size, 0));
	return j;
}

static json_t *keyed_json(const struct record *rec, const struct any_list *list)
{
	json_t *j = json_made(json_object());

	for (size_t i = 0; i < list->count; i++) {
		const char *at = list->items + i * rec->size;
		autostrbuf text = STRBUF_INIT;

		json_put(j,
			json_key(*(char **)field_at(&rec->fields[0], at), &text),
			record_json(rec, at, 1));
	}
	return j;
}

static json_t *field_json(const struct field *f, const void *at)
{
	switch (f->type) {
	case F_STRING:
		return json_text(*(char *const *)at);
	case F_INT:
		return json_made(json_integer(*(const int64_t *)at));
	case F_DOUBLE:
		return json_made(json_real(*(const double *)at));
	case F_BOOL:
		return json_boolean(*(const bool *)at);
	case F_STRINGS:
		return json_texts(at);
	case F_MAP:
		return map_json(at);
	case F_STRUCT:
		return record_json(f->record, at, 0);
	case F_LIST:
		return list_json(f->record, at);
	case F_KEYED:
		return keyed_json(f->record, at);
	}
	abort();
}

static json_t *record_json(const struct record *rec, const void *at, size_t first)
{
	json_t *j = json_made(json_object());

	for (size_t i = first; i < rec->count; i++) {
		const struct field *f = &rec->fields[i];

		if (!field_empty(f, at) || f->flags & FIELD_SHOWN)
			json_put(j, f->key, field_json(f, field_at(f, at)));
	}
	return j;
}

int manifest_write_json(
	const struct manifest *m, struct strbuf *out, struct err *e)
{
	if (json_write(record_json(&manifest_record, m, 0), out) < 0)
		return err_set(e, "cannot write the manifest as JSON");
	return 0;
}
