// SPDX-License-Identifier: Apache-2.0
/* Make the JSON Schema (draft 2020-12) of the manifest from its field table. */
#include "manifests/manifest.h"

#include "base/err.h"
#include "manifests/fields.h"
#include "manifests/json.h"
#include <stdlib.h>
#include <string.h>

static json_t *ref(const char *name)
{
	return json_made(json_pack(
		"{so}", "$ref", json_made(json_sprintf("#/$defs/%s", name))));
}

static json_t *typed(const char *type)
{
	return json_made(json_pack("{ss}", "type", type));
}

static json_t *words_schema(const char *words)
{
	json_t *list = json_made(json_array());
	size_t n;

	for (;; words += n + 1) {
		n = strcspn(words, "|");
		json_add(list, json_made(json_stringn(words, n)));
		if (words[n] == '\0')
			break;
	}
	return json_made(json_pack("{so}", "enum", list));
}

/* Bytes: a string, or base64 where they are no UTF-8. */
static json_t *string_schema(const struct field *f)
{
	json_t *j;

	if (f->words != NULL)
		return words_schema(f->words);
	if (f->form == NULL)
		return ref("bytes");
	j = json_made(json_pack(
		"{ssss}", "type", "string", "pattern", f->form->pattern));
	if (f->form->bytes)
		j = json_made(json_pack("{s[oo]}", "anyOf", j, ref("base64")));
	return j;
}

static json_t *int_schema(const struct field *f)
{
	json_t *j = typed("integer");

	json_put(j, "minimum", json_made(json_integer(0)));
	if (f->max < INT64_MAX)
		json_put(j, "maximum", json_made(json_integer(f->max)));
	return j;
}

static json_t *list_schema(json_t *items)
{
	json_t *j = typed("array");

	json_put(j, "items", items);
	return j;
}

static json_t *mapping_schema(json_t *values)
{
	json_t *j = typed("object");

	json_put(j, "additionalProperties", values);
	return j;
}

static json_t *field_schema(const struct field *f)
{
	switch (f->type) {
	case F_STRING:
		return string_schema(f);
	case F_INT:
		return int_schema(f);
	case F_DOUBLE:
		return typed("number");
	case F_BOOL:
		return typed("boolean");
	case F_STRINGS:
		return list_schema(string_schema(f));
	case F_MAP:
		return mapping_schema(ref("map_value"));
	case F_STRUCT:
		return ref(f->record->name);
	case F_LIST:
		return list_schema(ref(f->record->name));
	case F_KEYED:
		return mapping_schema(ref(f->record->name));
	}
	abort();
}

/* The record's schema into `defs`, and those of the records in it. */
static json_t *record_schema(const struct record *rec, size_t first, json_t *defs)
{
	json_t *properties = json_made(json_object());
	json_t *required = json_made(json_array());
	json_t *j = typed("object");

	for (size_t i = first; i < rec->count; i++) {
		const struct field *f = &rec->fields[i];
		json_t *field = field_schema(f);

		json_put(field, "description", json_made(json_string(f->about)));
		json_put(properties, f->key, field);
		if (f->flags & FIELD_REQUIRED)
			json_add(required, json_made(json_string(f->key)));
		if (f->record != NULL &&
			json_object_get(defs, f->record->name) == NULL)
			json_put(defs, f->record->name,
				record_schema(f->record,
					f->type == F_KEYED ? 1 : 0, defs));
	}
	json_put(j, "properties", properties);
	json_put(j, "patternProperties", json_made(json_pack("{sb}", "^x-", 1)));
	json_put(j, "additionalProperties", json_false());
	if (json_array_size(required) > 0)
		json_put(j, "required", required);
	else
		json_decref(required);
	return j;
}

/* What is not a record of the table: strings and values of mappings. */
static const char common_defs[] =
	"{\"base64\": {"
	"  \"type\": \"object\","
	"  \"properties\": {\"base64\": {"
	"    \"type\": \"string\","
	"    \"pattern\": \"^([A-Za-z0-9+/]{4})*"
	"([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$\"}},"
	"  \"required\": [\"base64\"],"
	"  \"additionalProperties\": false,"
	"  \"description\": \"bytes that are no UTF-8\"},"
	" \"bytes\": {"
	"  \"anyOf\": [{\"type\": \"string\"}, {\"$ref\": \"#/$defs/base64\"}],"
	"  \"description\": \"a string of any bytes but NUL\"},"
	" \"value\": {"
	"  \"anyOf\": [{\"$ref\": \"#/$defs/bytes\"}, {\"type\": \"null\"}],"
	"  \"description\": \"null: the name came without a value\"},"
	" \"map_value\": {"
	"  \"anyOf\": [{\"$ref\": \"#/$defs/value\"},"
	"   {\"type\": \"array\", \"minItems\": 2,"
	"    \"items\": {\"$ref\": \"#/$defs/value\"}}],"
	"  \"description\": \"a list: the name came more than once\"}}";

int manifest_write_schema(struct strbuf *out, struct err *e)
{
	json_t *defs = json_made(json_loads(common_defs, 0, NULL));
	json_t *all = record_schema(&manifest_record, 0, defs);
	json_t *j = json_made(json_pack("{ssssss}", "$schema",
		"https://json-schema.org/draft/2020-12/schema", "$id",
		MANIFEST_SCHEMA, "title", "manifest of a reprise run"));

	if (json_object_update(j, all) < 0)
		abort();
	json_decref(all);
	json_put(j, "$defs", defs);
	if (json_write(j, out) < 0)
		return err_set(e, "cannot write the schema");
	return 0;
}
