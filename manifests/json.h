/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson without its failures: with keys and strings that are UTF-8 they are
 * out of memory only, and that aborts as everywhere.
 */
#pragma once

#include "base/strbuf.h"
#include <jansson.h>
#include <stdlib.h>

struct strlist;

static inline json_t *json_made(json_t *j)
{
	if (j == NULL)
		abort();
	return j;
}

/* A string of any bytes, as the manifest's JSON has it: {"base64": "..."} where
 * they are no UTF-8. NULL for NULL. */
json_t *json_text(const char *s);
json_t *json_texts(const struct strlist *list);
/* The key of a map in JSON's spelling, "base64:..." where it must be: itself,
 * or in `out`, which was empty. */
const char *json_key(const char *key, struct strbuf *out);

/* Both take the value over. */
static inline void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		abort();
}

static inline void json_add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0)
		abort();
}

/* Nothing for NULL. */
static inline void json_put_text(json_t *object, const char *key, const char *s)
{
	if (s != NULL)
		json_put(object, key, json_text(s));
}

static inline int json_append_text(const char *text, size_t len, void *out)
{
	strbuf_add(out, text, len);
	return 0;
}

/* Indented, with a line end; takes the value over. -1: it cannot be JSON. */
static inline int json_write(json_t *j, struct strbuf *out)
{
	int rc = json_dump_callback(j, json_append_text, out, JSON_INDENT(2));

	json_decref(j);
	strbuf_addc(out, '\n');
	return rc;
}
