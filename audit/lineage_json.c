// SPDX-License-Identifier: Apache-2.0
/* The graph of runs for programs. */
#include "audit/lineage.h"

#include "manifests/json.h"

static json_t *digest_json(const struct digest *d)
{
	char text[DIGEST_TEXT];

	digest_text(d, text);
	return json_made(json_string(text));
}

static json_t *content_json(const struct index_content *c)
{
	json_t *j = json_made(json_pack("{s:o, s:s, s:o*}", "path",
		json_text(c->path), "kind", c->tree ? "tree" : "file", "role",
		json_text(c->role)));

	if (c->has_digest)
		json_put(j, "digest", digest_json(&c->digest));
	return j;
}

static json_t *run_json(const struct lineage_run *r)
{
	static const char *const words[] = {"subject", "ancestor", "descendant"};
	json_t *argv = json_made(json_array());
	json_t *sources = json_made(json_array());

	for (size_t i = 0; i < r->run.argv.count; i++)
		json_add(argv, json_text(r->run.argv.items[i]));
	for (size_t i = 0; i < r->source_count; i++)
		json_add(sources, content_json(&r->sources[i]));
	return json_made(json_pack("{s:s, s:o*, s:s, s:s, s:s, s:o, s:o}", "id",
		r->run.id, "name", json_text(r->run.name), "started",
		r->run.started, "status", r->run.status, "relation",
		words[r->relation], "argv", argv, "sources", sources));
}

static json_t *edge_json(const struct lineage *l, const struct lineage_edge *e)
{
	json_t *j = json_made(json_pack("{s:s, s:s, s:o, s:o, s:I}", "from",
		l->runs[e->from].run.id, "to", l->runs[e->to].run.id, "wrote",
		json_text(e->wrote.path), "read", json_text(e->read.path),
		"contents", (json_int_t)e->contents));

	/* Of two trees with some files in common there is no one digest. */
	if (e->wrote.has_digest && e->read.has_digest &&
		digest_equal(&e->wrote.digest, &e->read.digest))
		json_put(j, "digest", digest_json(&e->wrote.digest));
	return j;
}

static json_t *places_json(const struct index_content *items, size_t n)
{
	json_t *list = json_made(json_array());

	for (size_t i = 0; i < n; i++)
		json_add(list, json_made(json_pack("{s:s, s:s, s:o}", "run",
				       items[i].run, "started", items[i].started,
				       "path", json_text(items[i].path))));
	return list;
}

static json_t *subject_json(const struct lineage *l)
{
	if (!l->has_content)
		return json_made(json_pack("{s:s}", "run", l->runs[0].run.id));
	return json_made(json_pack("{s:o, s:o, s:o, s:o}", "name",
		json_text(l->content_name), "digest", digest_json(&l->content),
		"written_by", places_json(l->writers, l->writer_count),
		"read_by", places_json(l->readers, l->reader_count)));
}

json_t *lineage_json(const struct lineage *l)
{
	json_t *runs = json_made(json_array()), *edges = json_made(json_array());

	for (size_t i = 0; i < l->run_count; i++)
		json_add(runs, run_json(&l->runs[i]));
	for (size_t i = 0; i < l->edge_count; i++)
		json_add(edges, edge_json(l, &l->edges[i]));
	return json_made(json_pack("{s:o, s:o, s:o}", "subject",
		subject_json(l), "runs", runs, "edges", edges));
}
