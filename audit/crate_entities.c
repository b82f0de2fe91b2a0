// SPDX-License-Identifier: Apache-2.0
/* Identifiers and entities of a crate. */
#include "audit/crate.h"

#include "base/arena.h"
#include "base/strbuf.h"

#include <string.h>

char *crate_encode(struct arena *a, const char *prefix, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
	autostrbuf b = STRBUF_INIT;

	strbuf_adds(&b, prefix);
	for (; *path; path++)
		if (strchr(plain, *path))
			strbuf_addc(&b, *path);
		else
			strbuf_addf(&b, "%%%02X", (unsigned char)*path);
	return arena_strdup(a, b.s);
}

json_t *crate_text(struct crate *c, const char *s)
{
	json_t *j = json_string(s);

	return j ? j : json_made(json_string(crate_encode(c->x->arena, "", s)));
}

json_t *crate_ref(const char *id)
{
	return json_made(json_pack("{s:s}", "@id", id));
}

json_t *crate_entity(struct crate *c, const char *id, const char *type)
{
	json_t *j = json_made(json_pack("{s:s, s:s}", "@id", id, "@type", type));

	json_add(c->graph, j);
	map_puts(&c->ids, id, j);
	return j;
}

void crate_put_text(struct crate *c, json_t *j, const char *key, const char *s)
{
	if (s)
		json_put(j, key, crate_text(c, s));
}

char *crate_time_text(struct crate *c, const char *t)
{
	return strlen(t) < 23 ? NULL
			      : arena_printf(c->x->arena, "%.23s+00:00", t);
}

bool crate_is_known(const struct crate *c, const char *id)
{
	return map_gets(&c->ids, id) != NULL;
}

const char *crate_value_entity(
	struct crate *c, const char *kind, const char *name, const char *value)
{
	char *id = arena_printf(c->x->arena, "#%s/%s", kind,
		crate_encode(c->x->arena, "", name));
	json_t *j;

	if (crate_is_known(c, id))
		return NULL;
	j = crate_entity(c, id, "PropertyValue");
	crate_put_text(c, j, "name", name);
	crate_put_text(c, j, "value", value);
	return id;
}
