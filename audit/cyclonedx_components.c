// SPDX-License-Identifier: Apache-2.0
/* Components: packages, libraries, data, hardware. */
#include "audit/cyclonedx.h"

#include "audit/unused.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "manifests/purl.h"

#include <string.h>

/* Paths that are named of one component; there may be thousands. */
#define OCCURRENCES_MAX 100

/* Bytes that are no text cannot be in a document. */
static json_t *text_json(const char *s, const char *otherwise)
{
	json_t *j = json_string(s);

	return j ? j : json_made(json_string(otherwise));
}

json_t *bom_text(const char *s)
{
	return text_json(s, "(not UTF-8)");
}

void bom_property(json_t *component, const char *name, const char *value)
{
	json_t *list = json_object_get(component, "properties");

	if (!list) {
		list = json_made(json_array());
		json_put(component, "properties", list);
	}
	json_add(list, json_made(json_pack("{s:o, s:o}", "name", bom_text(name),
			       "value", text_json(value, ""))));
}

static void add_hash(json_t *component, const char *digest)
{
	if (digest && !strncmp(digest, "sha256:", 7))
		json_put(component, "hashes",
			json_made(json_pack("[{s:s, s:s}]", "alg", "SHA-256",
				"content", digest + 7)));
}

static json_t *occurrence(const char *path)
{
	return json_made(json_pack("{s:o}", "location", bom_text(path)));
}

/* How sure we are of what it is, and by what. */
static json_t *identity(const char *field, const char *technique, double sure)
{
	return json_made(json_pack("[{s:s, s:f, s:[{s:s, s:f}]}]", "field",
		field, "confidence", sure, "methods", "technique", technique,
		"confidence", sure));
}

static json_t *evidence(json_t *identity_of, json_t *occurrences)
{
	return json_made(json_pack("{s:o, s:o}", "identity", identity_of,
		"occurrences", occurrences));
}

/* --- packages --------------------------------------------------------- */

static json_t *package_places(const struct bom *b, const struct m_package *p)
{
	const struct manifest *m = b->x->m;
	json_t *list = json_made(json_array());

	for (size_t i = 0; i < m->libraries.count; i++) {
		const struct m_library *l = &m->libraries.items[i];

		if (l->package && !strcmp(l->package, p->id) &&
			json_array_size(list) < OCCURRENCES_MAX)
			json_add(list, occurrence(l->path));
	}
	if (!json_array_size(list) && p->location)
		json_add(list, occurrence(p->location));
	return list;
}

static void add_package(struct bom *b, const struct m_package *p)
{
	const char *ref = arena_printf(b->x->arena, "package-%s", p->id);
	json_t *j = json_made(json_pack("{s:s, s:s, s:o, s:o*, s:o, s:s}",
		"type", "library", "bom-ref", ref, "name", bom_text(p->name),
		"version", p->version ? bom_text(p->version) : NULL, "purl",
		bom_text(p->purl), "scope", "required"));

	json_put(j, "evidence",
		evidence(identity("purl", "manifest-analysis", 1),
			package_places(b, p)));
	for (size_t i = 0; i < p->altered.count; i++)
		bom_property(j, "reprise:altered", p->altered.items[i].path);
	map_puts(&b->packages, p->id, (void *)ref);
	json_add(b->components, j);
	json_add(b->needs, json_made(json_string(ref)));
}

void bom_add_packages(struct bom *b)
{
	for (size_t i = 0; i < b->x->m->packages.count; i++)
		add_package(b, &b->x->m->packages.items[i]);
}

int bom_add_unused(struct bom *b, struct err *e)
{
	const struct export_run *x = b->x;
	struct unused *unused;
	size_t n;

	if (!x->m->installed)
		return 0;
	if (audit_unused(x->store, x->m, x->arena, &unused, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct purl p;

		if (purl_parse(&p, x->arena, unused[i].purl, e) < 0)
			return -1;
		json_add(b->components,
			json_made(json_pack("{s:s, s:o, s:o, s:o*, s:o, s:s}",
				"type", "library", "bom-ref",
				json_sprintf("unused-%zu", i), "name",
				bom_text(p.name), "version",
				p.version ? bom_text(p.version) : NULL, "purl",
				bom_text(unused[i].purl), "scope", "optional")));
	}
	return 0;
}

/* --- libraries -------------------------------------------------------- */

const char *bom_library_ref(struct bom *b, const struct m_library *l)
{
	return arena_printf(b->x->arena, "library-%zu",
		(size_t)(l - b->x->m->libraries.items) + 1);
}

static void add_library(struct bom *b, const struct m_library *l)
{
	const char *ref = bom_library_ref(b, l);
	json_t *j = json_made(json_pack("{s:s, s:s, s:o, s:o*, s:s}", "type",
		"library", "bom-ref", ref, "name",
		bom_text(l->soname ? l->soname : fs_base_name(l->path)), "version",
		l->version ? bom_text(l->version) : NULL, "scope", "required"));

	add_hash(j, l->digest);
	json_put(j, "evidence",
		evidence(identity(l->digest ? "hash" : "name",
				 l->digest ? "hash-comparison" : "binary-analysis",
				 1),
			json_made(json_pack("[o]", occurrence(l->path)))));
	if (l->loaded_by)
		bom_property(j, "reprise:loaded-by", l->loaded_by);
	if (l->build_id)
		bom_property(j, "reprise:build-id", l->build_id);
	if (l->component)
		bom_property(j, "reprise:component", l->component);
	json_add(b->components, j);
	if (!l->package)
		json_add(b->needs, json_made(json_string(ref)));
}

void bom_add_libraries(struct bom *b)
{
	for (size_t i = 0; i < b->x->m->libraries.count; i++)
		add_library(b, &b->x->m->libraries.items[i]);
}

/* --- data ------------------------------------------------------------- */

const char *bom_data_ref(struct bom *b, const struct m_data *d)
{
	return arena_printf(b->x->arena, "data-%s", d->id);
}

static bool has_role(const struct m_data *d, const char *role)
{
	return d->role && !strcmp(d->role, role);
}

json_t *bom_data(struct bom *b, const struct m_data *d)
{
	bool tree = !strcmp(d->kind, "tree");
	const char *type = has_role(d, "model") || has_role(d, "checkpoint")
				   ? "machine-learning-model"
			   : has_role(d, "code") ? "file"
						 : "data";
	json_t *j = json_made(json_pack("{s:s, s:s, s:o}", "type", type, "bom-ref",
		bom_data_ref(b, d), "name", bom_text(fs_base_name(d->path))));

	/* That of a tree is no digest of a file. */
	if (!tree)
		add_hash(j, d->digest);
	else if (d->digest)
		bom_property(j, "reprise:tree", d->digest);
	if (!strcmp(type, "data"))
		json_put(j, "data",
			json_made(json_pack("[{s:s, s:o}]", "type",
				has_role(d, "dataset")         ? "dataset"
				: has_role(d, "configuration") ? "configuration"
							       : "other",
				"name", bom_text(d->path))));
	json_put(j, "evidence",
		evidence(identity("hash", "dynamic-analysis", 1),
			json_made(json_pack("[o]", occurrence(d->path)))));
	if (d->origin)
		bom_property(j, "reprise:origin", d->origin);
	return j;
}

static void add_data(struct bom *b, const struct m_data *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (&items[i] != b->subject)
			json_add(b->components, bom_data(b, &items[i]));
}

void bom_add_data(struct bom *b)
{
	const struct manifest *m = b->x->m;

	add_data(b, m->inputs.items, m->inputs.count);
	add_data(b, m->outputs.items, m->outputs.count);
	for (size_t i = 0; i < m->inputs.count; i++)
		json_add(b->needs, json_made(json_string(bom_data_ref(
					   b, &m->inputs.items[i]))));
}

/* --- the machine ------------------------------------------------------ */

static void add_device(struct bom *b, const struct m_accelerator *a, size_t i)
{
	json_t *j;

	if (!a->used)
		return;
	j = json_made(json_pack("{s:s, s:o, s:o}", "type", "device", "bom-ref",
		json_sprintf("device-%zu", i), "name",
		bom_text(a->model ? a->model : a->vendor)));
	if (a->uuid)
		bom_property(j, "reprise:uuid", a->uuid);
	json_add(b->components, j);
	if (a->driver)
		json_add(b->components,
			json_made(json_pack("{s:s, s:o, s:o, s:o*}", "type",
				"device-driver", "bom-ref",
				json_sprintf("driver-%zu", i), "name",
				bom_text(a->driver), "version",
				a->driver_version ? bom_text(a->driver_version)
						  : NULL)));
}

void bom_add_hardware(struct bom *b)
{
	const struct manifest *m = b->x->m;

	if (m->run.host.os)
		json_add(b->components,
			json_made(json_pack("{s:s, s:s, s:o}", "type",
				"operating-system", "bom-ref", "operating-system",
				"name", bom_text(m->run.host.os))));
	for (size_t i = 0; i < m->hardware.accelerators.count; i++)
		add_device(b, &m->hardware.accelerators.items[i], i + 1);
}
