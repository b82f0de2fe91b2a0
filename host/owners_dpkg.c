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
	m->location = (char *)"/";
}

/* Of the many that are only listed nobody asks for it. */
static void describe_used(
	struct owners *o, const struct dpkg_package *p, struct m_package *m)
{
	describe(o, p, o->a, m);
	m->source = arena_printf(o->a, "%s %s", p->source, p->source_version);
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

static void claim(struct owners *o, struct database *db, struct slot *s,
	const struct dpkg_package *p, const char *md5)
{
	struct owner *w = owners_package(o, db, p);

	s->claims[CLAIM_SYSTEM].owner = w;
	if (md5)
		s->claims[CLAIM_SYSTEM].installed =
			arena_printf(o->a, "md5:%s", md5);
	if (!w->m.purl)
		describe_used(o, p, &w->m);
}

void owners_dpkg(struct owners *o, const char *cache)
{
	struct dpkg *d = dpkg_open(o->a, o->root, o->problems);
	const struct dpkg_package **owners;
	const char **paths, **digests;
	struct database *db;

	if (!d)
		return;
	db = owners_database(o, &ops, d);
	owners = arena_array(o->a, o->count + 1, sizeof(*owners));
	paths = arena_array(o->a, o->count + 1, sizeof(*paths));
	digests = arena_array(o->a, o->count + 1, sizeof(*digests));
	for (size_t k = 0; k < o->count; k++)
		paths[k] = o->list[k]->path;
	dpkg_owners(d, cache, paths, o->count, owners);
	dpkg_digests(d, paths, o->count, owners, digests);
	for (size_t k = 0; k < o->count; k++)
		if (owners[k])
			claim(o, db, o->list[k], owners[k], digests[k]);
}
