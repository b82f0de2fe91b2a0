// SPDX-License-Identifier: Apache-2.0
/* Make the JSON Schema (draft 2020-12) of the manifest from its field table. */
#include "manifests/manifest.h"

#include "base/err.h"
#include "base/strbuf.h"
#include "manifests/fields.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *made(json_t *j)
{
	if (j == NULL)
		abort();
	return j;
}

static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		abort();
}

static void add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0)
		abort();
}

static json_t *ref(const char *name)
{
	return made(json_pack(
		"{so}", "$ref", made(json_sprintf("#/$defs/%s", name))));
}

static json_t *typed(const char *type)
{
	return made(json_pack("{ss}", "type", type));
}

static json_t *words_schema(const char *words)
{
	json_t *list = made(json_array());
	size_t n;

	for (;; words += n + 1) {
		n = strcspn(words, "|");
		add(list, made(json_stringn(words, n)));
		if (words[n] == '\0')
			break;
	}
	return made(json_pack("{so}", "enum", list));
}

/* Bytes: a string, or base64 where they are no UTF-8. */
static json_t *string_schema(const struct field *f)
{
	json_t *j;

	if (f->words != NULL)
		return words_schema(f->words);
	if (f->form == NULL)
		return ref("bytes");
	j = made(json_pack(
		"{ssss}", "type", "string", "pattern", f->form->pattern));
	if (f->form->bytes)
		j = made(json_pack("{s[oo]}", "anyOf", j, ref("base64")));
	return j;
}

static json_t *int_schema(const struct field *f)
{
	json_t *j = typed("integer");

	put(j, "minimum", made(json_integer(0)));
	if (f->max < INT64_MAX)
		put(j, "maximum", made(json_integer(f->max)));
	return j;
}

static json_t *list_schema(json_t *items)
{
	json_t *j = typed("array");

	put(j, "items", items);
	return j;
}

static json_t *mapping_schema(json_t *values)
{
	json_t *j = typed("object");

	put(j, "additionalProperties", values);
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
	json_t *properties = made(json_object());
	json_t *required = made(json_array());
	json_t *j = typed("object");

	for (size_t i = first; i < rec->count; i++) {
		const struct field *f = &rec->fields[i];
		json_t *field = field_schema(f);

		put(field, "description", made(json_string(f->about)));
		put(properties, f->key, field);
		if (f->flags & FIELD_REQUIRED)
			add(required, made(json_string(f->key)));
		if (f->record != NULL &&
			json_object_get(defs, f->record->name) == NULL)
			put(defs, f->record->name,
				record_schema(f->record,
					f->type == F_KEYED ? 1 : 0, defs));
	}
	put(j, "properties", properties);
	put(j, "patternProperties", made(json_pack("{sb}", "^x-", 1)));
	put(j, "additionalProperties", json_false());
	if (json_array_size(required) > 0)
		put(j, "required", required);
	else
		json_decref(required);
	return j;
}

/* What is not a record of the table: strings and values of mappings. */
static json_t *common_defs(void)
{
	return made(json_pack("{s{ss s{s{ss ss}} s[s] sb ss} s{s[{ss} o] ss}"
			      " s{s[o {ss} {ss si s{s[o {ss}]}}] ss}}",
		"base64", "type", "object", "properties", "base64", "type",
		"string", "pattern",
		"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
		"required", "base64", "additionalProperties", 0, "description",
		"bytes that are no UTF-8", "bytes", "anyOf", "type", "string",
		ref("base64"), "description", "a string of any bytes but NUL",
		"map_value", "anyOf", ref("bytes"), "type", "null", "type",
		"array", "minItems", 2, "items", "anyOf", ref("bytes"), "type",
		"null", "description",
		"null: the name came without a value; a list: it came more "
		"than once"));
}

static int append(const char *text, size_t len, void *data)
{
	strbuf_add(data, text, len);
	return 0;
}

int manifest_write_schema(struct strbuf *out, struct err *e)
{
	json_t *defs = common_defs();
	json_t *all = record_schema(&manifest_record, 0, defs);
	json_t *j = made(json_pack("{ssssss}", "$schema",
		"https://json-schema.org/draft/2020-12/schema", "$id",
		MANIFEST_SCHEMA, "title", "manifest of a reprise run"));
	int rc;

	if (json_object_update(j, all) < 0)
		abort();
	put(j, "$defs", defs);
	rc = json_dump_callback(j, append, out, JSON_INDENT(2));
	json_decref(all);
	json_decref(j);
	strbuf_addc(out, '\n');
	return rc < 0 ? err_set(e, "cannot write the schema") : 0;
}
