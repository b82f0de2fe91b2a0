// SPDX-License-Identifier: Apache-2.0
/* A run of the list as JSON. */
#include "cli/list.h"

#include "base/strbuf.h"
#include "cli/cli.h"
#include "manifests/json.h"
#include "store/index.h"
#include <math.h>

static void put_value(json_t *object, const char *key, const char *value)
{
	autostrbuf coded = STRBUF_INIT;

	key = json_key(key, &coded);
	/* The first of several counts. */
	if (!json_object_get(object, key))
		json_put(object, key, value ? json_text(value) : json_null());
}

static json_t *use_json(const struct list_use *u)
{
	json_t *j = json_made(json_object());
	const struct m_library *l = u->library;
	const struct m_package *p = u->package;

	json_put_text(j, "path", l ? l->path : u->path);
	json_put_text(j, "digest", l ? l->digest : u->digest);
	if (l) {
		json_put_text(j, "soname", l->soname);
		json_put_text(j, "build_id", l->build_id);
		json_put_text(j, "component", l->component);
		json_put_text(j, "version", l->version);
		json_put_text(j, "loaded_by", l->loaded_by);
	}
	json_put_text(j, "package", p ? p->purl : NULL);
	if (u->unknown)
		json_put(j, "version_unknown", json_true());
	return j;
}

static json_t *output_json(const struct index_content *c)
{
	json_t *j = json_made(json_object());
	char text[DIGEST_TEXT];

	json_put_text(j, "path", c->path);
	json_put_text(j, "kind", c->tree ? "tree" : "file");
	json_put_text(j, "role", c->role);
	if (c->has_digest) {
		digest_text(&c->digest, text);
		json_put_text(j, "digest", text);
	}
	if (c->bytes != ABSENT)
		json_put(j, "bytes", json_integer(c->bytes));
	return j;
}

static void put_uses(json_t *j, const struct listed *r)
{
	json_t *uses = json_made(json_array()),
	       *outputs = json_made(json_array());

	for (size_t i = 0; i < r->uses.count; i++)
		json_add(uses, use_json(&r->uses.items[i]));
	for (size_t i = 0; i < r->output_count; i++)
		json_add(outputs, output_json(&r->outputs[i]));
	json_put(j, "uses", uses);
	json_put(j, "outputs", outputs);
}

static void put_record(json_t *j, const struct index_run *r)
{
	json_t *tags = json_made(json_object());
	json_t *parameters = json_made(json_object());
	json_t *metrics = json_made(json_object());

	if (r->exit_code != ABSENT)
		json_put(j, "exit_code", json_integer(r->exit_code));
	json_put_text(j, "signal", r->signal);
	if (!isnan(r->wall_s))
		json_put(j, "wall_s", json_real(r->wall_s));
	json_put(j, "argv", json_texts(&r->argv));
	for (size_t i = 0; i < r->tags.count; i++)
		put_value(tags, r->tags.items[i].key, r->tags.items[i].value);
	for (size_t i = 0; i < r->parameters.count; i++)
		put_value(parameters, r->parameters.items[i].name,
			r->parameters.items[i].value);
	for (size_t i = 0; i < r->metrics.count; i++)
		put_value(metrics, r->metrics.items[i].name,
			r->metrics.items[i].value);
	json_put(j, "tags", tags);
	json_put(j, "parameters", parameters);
	json_put(j, "metrics", metrics);
}

json_t *list_json(const struct list *l, const struct listed *r)
{
	json_t *j = json_made(json_object());
	const struct index_run *run = r->q.run;

	json_put_text(j, "id", run->id);
	if (r->q.names.count)
		json_put_text(j, "name", r->q.names.items[0]);
	if (r->q.names.count > 1)
		json_put(j, "names", json_texts(&r->q.names));
	json_put_text(j, "group", run->group);
	json_put_text(j, "started", run->started);
	json_put_text(j, "ended", run->ended);
	json_put_text(j, "status", run->status);
	if (!r->state)
		put_record(j, run);
	if (l->with_uses)
		put_uses(j, r);
	return j;
}
