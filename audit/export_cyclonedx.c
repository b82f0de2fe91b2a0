// SPDX-License-Identifier: Apache-2.0
/* A CycloneDX document: the frame, and its subject. */
#include "audit/cyclonedx.h"

#include "base/arena.h"
#include "base/fs.h"

#include <stdio.h>
#include <string.h>

#define SUBJECT_OF_NONE "run"

static const struct m_data *find_subject(const struct manifest *m)
{
	static const char *const roles[] = {"model", "checkpoint"};

	for (size_t r = 0; r < 2; r++)
		for (size_t i = 0; i < m->outputs.count; i++)
			if (m->outputs.items[i].role &&
				!strcmp(m->outputs.items[i].role, roles[r]))
				return &m->outputs.items[i];
	return NULL;
}

/* Data sets that the model was made of, by reference. */
static void add_model_card(struct bom *b, json_t *subject)
{
	const struct manifest *m = b->x->m;
	json_t *list = json_made(json_array());

	for (size_t i = 0; i < m->inputs.count; i++)
		if (m->inputs.items[i].role &&
			!strcmp(m->inputs.items[i].role, "dataset"))
			json_add(list,
				json_made(json_pack("{s:s}", "ref",
					bom_data_ref(b, &m->inputs.items[i]))));
	json_put(subject, "modelCard",
		json_made(json_pack(
			"{s:{s:o}}", "modelParameters", "datasets", list)));
}

static void add_parameters(const struct bom *b, json_t *subject)
{
	const struct manifest *m = b->x->m;

	for (size_t i = 0; i < m->parameters.count; i++) {
		const struct m_parameter *p = &m->parameters.items[i];

		if (p->value)
			bom_property(subject,
				arena_printf(b->x->arena,
					"reprise:parameter:%s", p->name),
				p->value);
	}
}

static json_t *subject(struct bom *b)
{
	const struct manifest *m = b->x->m;
	json_t *j;

	if (b->subject) {
		j = bom_data(b, b->subject);
		if (!strcmp(json_string_value(json_object_get(j, "type")),
			    "machine-learning-model"))
			add_model_card(b, j);
	} else {
		j = json_made(json_pack("{s:s, s:s, s:o}", "type",
			"application", "bom-ref", SUBJECT_OF_NONE, "name",
			bom_text(m->run.name ? m->run.name
				 : m->command.argv.count
					 ? fs_base_name(m->command.argv.items[0])
					 : "run")));
	}
	add_parameters(b, j);
	return j;
}

static json_t *metadata(struct bom *b, json_t *about)
{
	const struct manifest *m = b->x->m;
	json_t *tool = json_made(json_pack("{s:s, s:o, s:o}", "type",
		"application", "name", bom_text(m->tool.name), "version",
		bom_text(m->tool.version)));

	return json_made(json_pack("{s:s, s:[{s:s}], s:{s:[o]}, s:o}",
		"timestamp", m->run.ended ? m->run.ended : m->run.started,
		"lifecycles", "phase", "build", "tools", "components", tool,
		"component", about));
}

static json_t *compositions(const struct manifest *m, const char *ref)
{
	bool complete = !strcmp(m->completeness.aggregate, "complete");

	return json_made(json_pack("[{s:s, s:[s]}]", "aggregate",
		complete ? "complete" : "incomplete", "dependencies", ref));
}

int export_cyclonedx(const struct export_run *x, json_t **out, struct err *e)
{
	struct bom b = {.x = x,
		.components = json_made(json_array()),
		.needs = json_made(json_array()),
		.subject = find_subject(x->m),
		.packages = MAP_INIT};
	json_t *about = subject(&b);
	const char *ref = json_string_value(json_object_get(about, "bom-ref"));
	char serial[64];
	int r;

	snprintf(serial, sizeof(serial), "urn:uuid:%s", x->m->run.id);
	bom_add_packages(&b);
	r = bom_add_unused(&b, e);
	bom_add_libraries(&b);
	bom_add_data(&b);
	bom_add_hardware(&b);
	if (r == 0)
		*out = json_made(json_pack(
			"{s:s, s:s, s:s, s:i, s:o, s:O, s:o, s:o, s:o}",
			"bomFormat", "CycloneDX", "specVersion", "1.6",
			"serialNumber", serial, "version", 1, "metadata",
			metadata(&b, json_incref(about)), "components",
			b.components, "dependencies", bom_dependencies(&b),
			"compositions", compositions(x->m, ref), "formulation",
			bom_formulation(&b)));
	json_decref(about);
	json_decref(b.components);
	json_decref(b.needs);
	map_release(&b.packages);
	return r;
}
