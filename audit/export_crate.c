// SPDX-License-Identifier: Apache-2.0
/*
 * RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with Process Run Crate 0.5: one
 * graph of entities. Files whose content the store has belong into the crate;
 * others are named by file: addresses.
 */
#include "audit/crate.h"

#include "audit/settings.h"
#include "audit/words.h"
#include "base/arena.h"
#include "base/fs.h"

#include <string.h>

#define PROFILE "https://w3id.org/ro/wfrun/process/0.5"

/* --- the run ---------------------------------------------------------- */

/* Variables that decide results; others are the user's business. */
static json_t *environment(struct crate *c)
{
	const struct kvlist *vars = &c->x->m->environment.variables;
	json_t *list = json_made(json_array());

	for (size_t i = 0; i < vars->count; i++) {
		const char *id;

		if (!vars->items[i].value || !setting_decides(vars->items[i].key))
			continue;
		id = crate_value_entity(c, "environment", vars->items[i].key,
			vars->items[i].value);
		if (id)
			json_add(list, crate_ref(id));
	}
	return list;
}

static json_t *usage(struct crate *c)
{
	const struct m_resource_usage *u = &c->x->m->run.resource_usage;
	json_t *list = json_made(json_array());
	const struct {
		const char *name;
		double value;
	} all[] = {{"wall_s", u->wall_s}, {"user_s", u->user_s},
		{"sys_s", u->sys_s}};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const char *id = crate_value_entity(c, "usage", all[i].name,
			arena_printf(c->x->arena, "%.3f", all[i].value));

		if (id && all[i].value >= 0)
			json_add(list, crate_ref(id));
	}
	return list;
}

static void add_parameters(struct crate *c, json_t *objects)
{
	const struct manifest *m = c->x->m;

	for (size_t i = 0; i < m->parameters.count; i++) {
		const struct m_parameter *p = &m->parameters.items[i];
		const char *id = p->value ? crate_value_entity(c, "parameter",
						    p->name, p->value)
					  : NULL;

		if (id)
			json_add(objects, crate_ref(id));
	}
}

/* A package URL is ASCII; what is none becomes so. */
static const char *purl_id(struct crate *c, const struct m_package *p)
{
	for (const unsigned char *s = (const unsigned char *)p->purl; *s; s++)
		if (*s <= ' ' || *s >= 0x7f)
			return crate_encode(c->x->arena, "#package/", p->purl);
	return p->purl;
}

static json_t *requirements(struct crate *c)
{
	const struct manifest *m = c->x->m;
	json_t *list = json_made(json_array());

	for (size_t i = 0; i < m->packages.count; i++) {
		const struct m_package *p = &m->packages.items[i];
		const char *id = purl_id(c, p);
		json_t *j;

		if (!crate_is_known(c, id)) {
			j = crate_entity(c, id, "SoftwareApplication");
			crate_put_text(c, j, "name", p->name);
			crate_put_text(c, j, "softwareVersion",
				p->version ? p->version : "unknown");
			crate_put_text(c, j, "url", p->purl);
		}
		json_add(list, crate_ref(id));
	}
	return list;
}

static const char *command_line(struct crate *c)
{
	return words_joined(c->x->arena, &c->x->m->command.argv, " ");
}

/* The program that was started, by its own package's version. */
static const char *add_instrument(struct crate *c)
{
	const struct manifest *m = c->x->m;
	const char *path = m->command.executable   ? m->command.executable
			   : m->command.argv.count ? m->command.argv.items[0]
						   : "unknown";
	const char *id = crate_encode(c->x->arena, "#program", path);
	const char *version = "unknown";
	json_t *j;

	for (size_t i = 0; i < m->libraries.count; i++)
		for (size_t k = 0; k < m->packages.count; k++)
			if (!strcmp(m->libraries.items[i].path, path) &&
				m->libraries.items[i].package &&
				!strcmp(m->libraries.items[i].package,
					m->packages.items[k].id) &&
				m->packages.items[k].version)
				version = m->packages.items[k].version;
	j = crate_entity(c, id, "SoftwareApplication");
	crate_put_text(c, j, "name", fs_base_name(path));
	crate_put_text(c, j, "softwareVersion", version);
	crate_put_text(c, j, "url", crate_encode(c->x->arena, "file://", path));
	json_put(j, "softwareRequirements", requirements(c));
	return id;
}

static int add_action(struct crate *c, const char *id, struct err *e)
{
	const struct manifest *m = c->x->m;
	bool failed = strcmp(m->run.status, "completed") != 0;
	json_t *objects = json_made(json_array());
	json_t *results = json_made(json_array());
	json_t *j;

	if (crate_add_all(c, m->inputs.items, m->inputs.count, objects, e) < 0 ||
		crate_add_all(c, m->outputs.items, m->outputs.count, results,
			e) < 0) {
		json_decref(objects);
		json_decref(results);
		return -1;
	}
	add_parameters(c, objects);
	j = crate_entity(c, id, "CreateAction");
	crate_put_text(c, j, "name", m->run.name ? m->run.name : "recorded run");
	crate_put_text(c, j, "description", command_line(c));
	crate_put_text(c, j, "startTime", crate_time_text(c, m->run.started));
	crate_put_text(c, j, "endTime",
		crate_time_text(c, m->run.ended ? m->run.ended : m->run.started));
	json_put(j, "agent", crate_ref("#user"));
	json_put(j, "object", objects);
	json_put(j, "result", results);
	crate_put_text(c, j, "actionStatus",
		failed ? "http://schema.org/FailedActionStatus"
		       : "http://schema.org/CompletedActionStatus");
	if (failed)
		crate_put_text(c, j, "error",
			m->run.signal ? m->run.signal : m->run.status);
	json_put(j, "environment", environment(c));
	json_put(j, "resourceUsage", usage(c));
	json_put(j, "instrument", crate_ref(add_instrument(c)));
	return 0;
}

/* --- the frame -------------------------------------------------------- */

/* The record itself travels along. */
static void add_record(struct crate *c, const char *name, const char *about)
{
	json_t *j = crate_entity(c, name, "File");

	crate_put_text(c, j, "name", name);
	crate_put_text(c, j, "description", about);
	crate_put_text(c, j, "encodingFormat", "application/yaml");
	json_add(c->parts, crate_ref(name));
}

static void add_frame(struct crate *c, const char *action)
{
	const struct manifest *m = c->x->m;
	json_t *j = crate_entity(c, "ro-crate-metadata.json", "CreativeWork");

	json_put(j, "about", crate_ref("./"));
	json_put(j, "conformsTo", crate_ref("https://w3id.org/ro/crate/1.1"));
	j = crate_entity(c, "./", "Dataset");
	crate_put_text(c, j, "name",
		arena_printf(c->x->arena, "Run %s",
			m->run.name ? m->run.name : m->run.id));
	crate_put_text(c, j, "description",
		arena_printf(c->x->arena, "What the command '%s' read and wrote",
			command_line(c)));
	crate_put_text(c, j, "datePublished",
		arena_printf(c->x->arena, "%.10s",
			m->run.ended ? m->run.ended : m->run.started));
	crate_put_text(
		c, j, "license", "Not recorded: ask whoever owns the files");
	json_put(j, "conformsTo", crate_ref(PROFILE));
	json_put(j, "hasPart", json_incref(c->parts));
	json_put(j, "mentions", crate_ref(action));
	add_record(c, EXPORT_MANIFEST, "the record of the run");
	add_record(c, EXPORT_FILES, "the table of all files that it touched");
	j = crate_entity(c, PROFILE, "CreativeWork");
	crate_put_text(c, j, "name", "Process Run Crate");
	crate_put_text(c, j, "version", "0.5");
	j = crate_entity(c, "#user", "Person");
	crate_put_text(c, j, "name",
		m->run.user.uid == ABSENT ? "unknown"
					  : arena_printf(c->x->arena, "user %lld",
						    (long long)m->run.user.uid));
}

int export_crate(const struct export_run *x, struct export_files *files,
	json_t **out, struct err *e)
{
	struct crate c = {.x = x,
		.files = files,
		.graph = json_made(json_array()),
		.ids = MAP_INIT,
		.parts = json_made(json_array())};
	char *action = arena_printf(x->arena, "#%s", x->m->run.id);
	int r;

	*files = (struct export_files){0};
	add_frame(&c, action);
	r = add_action(&c, action, e);
	if (r == 0)
		*out = json_made(json_pack("{s:[s, s], s:O}", "@context",
			"https://w3id.org/ro/crate/1.1/context",
			"https://w3id.org/ro/terms/workflow-run/context",
			"@graph", c.graph));
	json_decref(c.graph);
	json_decref(c.parts);
	map_release(&c.ids);
	return r;
}
