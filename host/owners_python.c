// SPDX-License-Identifier: Apache-2.0
/* Whose a file is: Python's distributions. */
#include "host/owners_read.h"

#include "base/arena.h"
#include "base/fs.h"
#include "host/python.h"
#include "manifests/purl.h"

#include <string.h>

struct python_sites {
	struct python_site *items;
	size_t count;
};

static void describe(struct arena *a, const struct python_site *s,
	const struct python_package *p, struct m_package *m)
{
	struct purl url = {
		.type = "pypi", .name = p->name, .version = p->version};

	m->purl = purl_format(a, &url, NULL);
	m->type = (char *)"pypi";
	m->name = (char *)p->name;
	m->version = (char *)p->version;
	m->location = (char *)s->directory;
}

/* Code, or a part of another package. */
static bool is_none(struct owners *o, const struct python_package *p)
{
	return p->editable || owners_outside(o, p->metadata);
}

/* --- what a site can say ------------------------------------------------ */

struct listing {
	struct arena *a;
	struct strlist *out;
	int64_t count;
};

static void add_file(void *arg, const char *path, const char *hash)
{
	struct listing *l = arg;

	l->count++;
	if (l->out && !fs_has_suffix(path, "/"))
		*ARENA_PUSH(l->a, l->out->items, l->out->count) =
			arena_strdup(l->a, path);
}

static void files_of(struct owners *o, const struct owner *w, struct arena *a,
	struct strlist *out)
{
	python_files(w->database->of, w->package, add_file,
		&(struct listing){.a = a, .out = out});
}

static int64_t count_of(struct owners *o, const struct owner *w)
{
	struct listing l = {.a = o->a};

	return python_files(w->database->of, w->package, add_file, &l) ? l.count
								       : ABSENT;
}

static void installed(
	struct owners *o, void *of, struct arena *a, struct strlist *out)
{
	const struct python_site *s = of;

	for (size_t i = 0; i < s->count; i++) {
		struct m_package m = {0};

		if (is_none(o, &s->packages[i]))
			continue;
		describe(a, s, &s->packages[i], &m);
		owners_line(o, a, out, &m);
	}
}

static const struct database_ops ops = {files_of, installed, count_of, NULL};

/* --- claims ------------------------------------------------------------- */

struct claimant {
	struct owners *o;
	struct database *db;
	const struct python_package *p;
};

static void claim(const struct claimant *c, struct slot *s, const char *hash)
{
	struct owner *w;

	if (s->claims[CLAIM_LANGUAGE].owner)
		return;
	w = owners_package(c->o, c->db, c->p);
	if (!w->m.purl)
		describe(c->o->a, c->db->of, c->p, &w->m);
	s->claims[CLAIM_LANGUAGE] =
		(struct claim){w, python_digest(c->o->a, hash)};
}

static void claim_path(void *arg, const char *path, const char *hash)
{
	const struct claimant *c = arg;
	size_t n = strlen(path);
	struct slot *s;

	if (path[n - 1] != '/') {
		s = map_get(&c->o->slots, path, n);
		if (s)
			claim(c, s, hash);
		return;
	}
	/* Of the few that have no list of their files. */
	for (size_t i = 0; i < c->o->count; i++)
		if (strncmp(c->o->list[i]->path, path, n) == 0)
			claim(c, c->o->list[i], "");
}

void owners_python(struct owners *o, struct python_sites *sites)
{
	for (size_t i = 0; i < sites->count; i++) {
		struct python_site *s = &sites->items[i];
		struct claimant c = {o, owners_database(o, &ops, s), NULL};

		for (size_t k = 0; k < s->count; k++) {
			c.p = &s->packages[k];
			if (!is_none(o, c.p))
				python_files(s, c.p, claim_path, &c);
		}
	}
}

/* --- sites -------------------------------------------------------------- */

static void add_site(struct owners *o, struct python_sites *sites,
	struct map *known, const char *directory)
{
	struct python_site *s;

	if (map_puts(known, directory, o))
		return;
	s = ARENA_PUSH(o->a, sites->items, sites->count);
	python_site_read(s, o->a, o->root, directory, o->problems);
	for (size_t i = 0; i < s->count; i++)
		owners_slot(o, s->packages[i].metadata);
}

struct python_sites *owners_python_sites(struct owners *o,
	const struct owned_file *files, size_t count, const struct strlist *sites)
{
	struct python_sites *all = arena_alloc(o->a, sizeof(*all));
	struct map known = MAP_INIT;

	for (size_t i = 0; i < count; i++) {
		const char *site = python_site_of(o->a, files[i].path);

		if (site)
			add_site(o, all, &known, site);
	}
	for (size_t i = 0; sites && i < sites->count; i++)
		add_site(o, all, &known, sites->items[i]);
	map_release(&known);
	return all;
}
