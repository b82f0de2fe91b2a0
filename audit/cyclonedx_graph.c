// SPDX-License-Identifier: Apache-2.0
/* Who needs whom, and the run that made it. */
#include "audit/cyclonedx.h"

#include "audit/words.h"
#include "base/arena.h"
#include "base/fs.h"

#include <string.h>

/* --- dependencies ----------------------------------------------------- */

/* A library's own name, and the last component of its path. */
static void know_names(struct bom *b, struct map *names)
{
	const struct manifest *m = b->x->m;

	for (size_t i = 0; i < m->libraries.count; i++) {
		const struct m_library *l = &m->libraries.items[i];
		const char *name = fs_base_name(l->path);

		if (!map_gets(names, name))
			map_puts(names, name, (void *)l);
		if (l->soname && !map_gets(names, l->soname))
			map_puts(names, l->soname, (void *)l);
	}
}

static json_t *depends(const char *ref, json_t *on)
{
	return json_made(json_pack("{s:s, s:o}", "ref", ref, "dependsOn", on));
}

/* Once each: the schema demands it. */
static void add_once(json_t *list, const char *ref)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), ref))
			return;
	json_add(list, json_made(json_string(ref)));
}

static void add_library(struct bom *b, const struct map *names,
	const struct m_library *l, json_t *out)
{
	json_t *on = json_made(json_array());

	for (size_t i = 0; i < l->needed.count; i++) {
		const struct m_library *n = map_gets(names, l->needed.items[i]);

		if (n && n != l)
			add_once(on, bom_library_ref(b, n));
	}
	json_add(out, depends(bom_library_ref(b, l), on));
}

/* What a package brought: its libraries that were loaded. */
static void add_package(struct bom *b, const struct m_package *p, json_t *out)
{
	const struct manifest *m = b->x->m;
	json_t *on = json_made(json_array());

	for (size_t i = 0; i < m->libraries.count; i++)
		if (m->libraries.items[i].package &&
			!strcmp(m->libraries.items[i].package, p->id))
			json_add(on, json_made(json_string(bom_library_ref(
					     b, &m->libraries.items[i]))));
	json_add(out, depends(map_gets(&b->packages, p->id), on));
}

static const char *subject_ref(struct bom *b)
{
	return b->subject ? bom_data_ref(b, b->subject) : "run";
}

json_t *bom_dependencies(struct bom *b)
{
	const struct manifest *m = b->x->m;
	json_t *out = json_made(json_array());
	struct map names = MAP_INIT;

	know_names(b, &names);
	json_add(out, depends(subject_ref(b), json_incref(b->needs)));
	for (size_t i = 0; i < m->packages.count; i++)
		add_package(b, &m->packages.items[i], out);
	for (size_t i = 0; i < m->libraries.count; i++)
		add_library(b, &names, &m->libraries.items[i], out);
	map_release(&names);
	return out;
}

/* --- how it came to be ------------------------------------------------ */

static json_t *resources(
	struct bom *b, const struct m_data *items, size_t n, const char *type)
{
	json_t *list = json_made(json_array());

	for (size_t i = 0; i < n; i++) {
		json_t *j = json_made(json_pack("{s:{s:s}}", "resource", "ref",
			bom_data_ref(b, &items[i])));

		if (type)
			json_put(j, "type", json_made(json_string(type)));
		json_add(list, j);
	}
	return list;
}

static json_t *command(struct bom *b)
{
	const struct strlist *argv = &b->x->m->command.argv;

	return json_made(json_pack("[{s:s, s:[{s:o}]}]", "name", "command",
		"commands", "executed",
		bom_text(words_joined(b->x->arena, argv, " "))));
}

json_t *bom_formulation(struct bom *b)
{
	const struct manifest *m = b->x->m;
	json_t *flow = json_made(json_pack("{s:s, s:s, s:s, s:[s], s:s, s:o}",
		"bom-ref", "workflow", "uid", m->run.id, "name",
		"the recorded run", "taskTypes", "build", "timeStart",
		m->run.started, "steps", command(b)));

	if (m->run.ended)
		json_put(flow, "timeEnd", json_made(json_string(m->run.ended)));
	if (m->inputs.count)
		json_put(flow, "inputs",
			resources(b, m->inputs.items, m->inputs.count, NULL));
	if (m->outputs.count)
		json_put(flow, "outputs",
			resources(b, m->outputs.items, m->outputs.count,
				"artifact"));
	return json_made(json_pack(
		"[{s:s, s:[o]}]", "bom-ref", "formula", "workflows", flow));
}
