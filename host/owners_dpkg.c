// SPDX-License-Identifier: Apache-2.0
/* Whose a file is: Debian packages. */
#include "host/owners_read.h"

#include "base/arena.h"
#include "host/dpkg.h"
#include "manifests/purl.h"

#include <string.h>

static void describe(struct owners *o, const struct dpkg_package *p,
	struct arena *a, struct m_package *m)
{
	struct purl url = {.type = "deb",
		.namespace = o->vendor ? o->vendor : "debian",
		.name = p->name,
		.version = p->version};

	purl_qualify(&url, a, "arch", p->architecture);
	purl_qualify(&url, a, "distro", o->release);
	m->purl = purl_format(a, &url, NULL);
	m->type = (char *)"deb";
	m->name = (char *)p->name;
	m->version = (char *)p->version;
	m->source = arena_printf(a, "%s %s", p->source, p->source_version);
	m->location = (char *)"/";
}

/* --- what the database can say ----------------------------------------- */

static void files_of(struct owners *o, const struct owner *w, struct arena *a,
	struct strlist *out)
{
	dpkg_files(w->database->of, w->package, a, out);
}

static int64_t count_of(struct owners *o, const struct owner *w)
{
	return (int64_t)dpkg_file_count(w->database->of, w->package);
}

static void installed(
	struct owners *o, void *of, struct arena *a, struct strlist *out)
{
	for (size_t i = 0; i < dpkg_count(of); i++) {
		struct m_package m = {0};

		describe(o, dpkg_at(of, i), a, &m);
		owners_line(o, a, out, &m);
	}
}

static void close_it(void *of)
{
	dpkg_close(of);
}

static const struct database_ops ops = {files_of, installed, count_of, close_it};

/* --- claims ------------------------------------------------------------- */

struct digests {
	struct owners *o;
	struct owner *owner;
};

static void add_digest(void *arg, const char *path, const char *md5)
{
	struct digests *d = arg;
	struct claim *c = owners_claim(d->o, path, CLAIM_SYSTEM);

	if (c && c->owner == d->owner)
		c->installed = arena_printf(d->o->a, "md5:%s", md5);
}

static void claim(struct owners *o, struct database *db, struct slot *s,
	const struct dpkg_package *p)
{
	struct owner *w = owners_package(o, db, p);
	bool new = !w->m.purl;

	s->claims[CLAIM_SYSTEM].owner = w;
	if (new)
		describe(o, p, o->a, &w->m);
}

void owners_dpkg(struct owners *o)
{
	struct dpkg *d = dpkg_open(o->a, o->root, o->problems);
	const struct dpkg_package **owners;
	const struct map_entry *e;
	struct database *db;
	const char **paths;
	size_t i = 0;

	if (!d)
		return;
	db = owners_database(o, &ops, d);
	owners = arena_array(o->a, o->count + 1, sizeof(*owners));
	paths = arena_array(o->a, o->count + 1, sizeof(*paths));
	for (size_t k = 0; k < o->count; k++)
		paths[k] = o->list[k]->path;
	dpkg_owners(d, paths, o->count, owners);
	for (size_t k = 0; k < o->count; k++)
		if (owners[k])
			claim(o, db, o->list[k], owners[k]);
	while ((e = map_next(&o->by_package, &i))) {
		struct owner *w = e->value;

		if (w->database == db)
			dpkg_digests(d, w->package, add_digest,
				&(struct digests){o, w});
	}
}
