/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise audit --json`. */
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "cli/audit.h"
#include "cli/cli.h"
#include "manifests/json.h"
#include "manifests/manifest.h"
#include <string.h>

static json_t *origin_json(const struct origin *o)
{
	json_t *j = json_made(json_object());

	json_put_text(j, "run", o->run);
	json_put_text(j, "name", o->name);
	json_put_text(j, "path", o->path);
	return j;
}

static json_t *subject_json(const struct audit *x)
{
	json_t *j = json_made(json_object()), *others = json_made(json_array());
	char digest[DIGEST_TEXT];

	digest_text(&x->file.digest, digest);
	json_put_text(j, "file", x->file.name);
	json_put_text(j, "digest", digest);
	json_put_text(j, "path", x->file.path);
	for (size_t i = 0; i < x->file.writer_count; i++)
		if (strcmp(x->file.writers[i].run, x->id) != 0)
			json_add(others, origin_json(&x->file.writers[i]));
	json_put(j, "also_written_by", others);
	return j;
}

static json_t *inputs_json(const struct audit *x)
{
	json_t *j = json_made(json_array());

	for (size_t i = 0; i < x->input_count; i++) {
		json_t *in = json_made(json_object());

		json_put_text(in, "id", x->inputs[i].id);
		json_put_text(in, "path", x->inputs[i].path);
		json_put(in, "written_by", origin_json(&x->inputs[i].writer));
		json_put(in, "other_writers",
			json_made(json_integer((json_int_t)x->inputs[i].others)));
		json_add(j, in);
	}
	return j;
}

static json_t *processes_json(const struct manifest *m, const struct strlist *ids)
{
	json_t *j = json_made(json_array());

	for (size_t i = 0; i < ids->count; i++) {
		json_t *p = json_made(json_object());

		json_put_text(p, "id", ids->items[i]);
		json_put_text(
			p, "executable", audit_executable(m, ids->items[i]));
		json_add(j, p);
	}
	return j;
}

static void put_altered(json_t *j, const struct m_altered *x)
{
	if (x == NULL)
		return;
	json_put_text(j, "installed", x->installed);
	json_put_text(j, "digest", x->digest);
}

static json_t *hit_json(const struct audit *x, const struct policy_hit *h)
{
	json_t *j = json_made(json_object());

	json_put(j, "line", json_made(json_integer((json_int_t)h->rule->line)));
	json_put_text(j, "rule", policy_word(h->rule->kind));
	json_put_text(j, "reason", h->rule->reason);
	if (h->requirement != NULL) {
		json_put_text(j, "requirement", h->requirement->text);
		json_put(j, "version_known", json_boolean(!h->unknown));
	}
	json_put_text(j, "version", h->version);
	json_put_text(j, "package", h->package ? h->package->purl : NULL);
	if (h->paths.count > 0)
		json_put(j, "paths", json_texts(&h->paths));
	json_put_text(j, "soname", h->library ? h->library->soname : NULL);
	put_altered(j, h->altered);
	if (h->processes.count > 0)
		json_put(j, "processes", processes_json(&x->m, &h->processes));
	if (h->network != NULL) {
		json_put_text(j, "peer", h->network->peer);
		json_put_text(j, "direction", h->network->direction);
	}
	if (h->gap != NULL) {
		json_put_text(j, "gap", h->gap->kind);
		json_put_text(j, "path", h->gap->path);
		json_put_text(j, "detail", h->gap->detail);
	}
	return j;
}

static json_t *policy_json(const struct audit *x)
{
	json_t *j = json_made(json_object()), *hits = json_made(json_array());

	for (size_t i = 0; i < x->hits.count; i++)
		json_add(hits, hit_json(x, &x->hits.items[i]));
	json_put_text(j, "file", x->policy.name);
	json_put(j, "rules",
		json_made(json_integer((json_int_t)x->policy.count)));
	json_put(j, "hits", hits);
	return j;
}

static json_t *unused_json(const struct audit *x)
{
	json_t *j = json_made(json_array());

	for (size_t i = 0; i < x->unused_count; i++) {
		json_t *u = json_made(json_object());

		json_put_text(u, "purl", x->unused[i].purl);
		json_put_text(u, "location", x->unused[i].location);
		json_add(j, u);
	}
	return j;
}

/* The lists of the manifest itself; an absent one is empty. */
static void put_list(json_t *j, const char *key, json_t *list)
{
	if (list != NULL)
		json_put(j, key, json_incref(list));
	else
		json_put(j, key, json_made(json_array()));
}

static int put_manifest(json_t *j, const struct manifest *m, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	json_t *all;

	if (manifest_write_json(m, &text, e) < 0)
		return -1;
	all = json_loadb(text.s, text.len, 0, NULL);
	if (all == NULL)
		return err_set(e, "cannot make the JSON document");
	put_list(j, "packages", json_object_get(all, "packages"));
	put_list(j, "libraries", json_object_get(all, "libraries"));
	put_list(j, "gaps",
		json_object_get(json_object_get(all, "completeness"), "gaps"));
	json_decref(all);
	return 0;
}

static json_t *run_json(const struct audit *x)
{
	json_t *j = json_made(json_object());

	json_put_text(j, "id", x->id);
	json_put_text(j, "name", x->m.run.name);
	json_put_text(j, "status", x->m.run.status);
	json_put_text(j, "started", x->m.run.started);
	return j;
}

int audit_print_json(const struct audit *x, struct err *e)
{
	json_t *j = json_made(json_object());

	json_put(j, "run", run_json(x));
	if (x->file.name != NULL)
		json_put(j, "subject", subject_json(x));
	if (put_manifest(j, &x->m, e) < 0) {
		json_decref(j);
		return -1;
	}
	json_put(j, "inputs_of_runs", inputs_json(x));
	if (x->has_policy)
		json_put(j, "policy", policy_json(x));
	if (x->has_unused)
		json_put(j, "unused", unused_json(x));
	return cli_print_json(j, e);
}
