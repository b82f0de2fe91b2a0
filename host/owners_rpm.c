// SPDX-License-Identifier: Apache-2.0
/* Whose a file is: RPM packages. */
#include "host/owners_read.h"

#include "base/arena.h"
#include "host/rpm.h"
#include "manifests/purl.h"

#include <string.h>

static void describe(struct owners *o, const struct rpm_package *p,
	struct arena *a, struct m_package *m)
{
	struct purl url = {.type = "rpm",
		.namespace = o->vendor,
		.name = p->name,
		.version = p->plain};

	purl_qualify(&url, a, "arch", p->architecture);
	purl_qualify(&url, a, "distro", o->release);
	purl_qualify(&url, a, "epoch", p->epoch);
	m->purl = purl_format(a, &url, NULL);
	m->type = (char *)"rpm";
	m->name = (char *)p->name;
	m->version = (char *)p->version;
	m->source = (char *)p->source;
	m->location = (char *)"/";
}

/* --- what the database can say ------------------------------------------ */

static void files_of(struct owners *o, const struct owner *w, struct arena *a,
	struct strlist *out)
{
	rpm_files(w->database->of, w->package, a, out);
}

static int64_t count_of(struct owners *o, const struct owner *w)
{
	return rpm_file_count(w->database->of, w->package);
}

struct listing {
	struct owners *o;
	struct arena *a;
	struct strlist *out;
};

static void add_line(void *arg, const struct rpm_package *p)
{
	struct listing *l = arg;
	struct m_package m = {0};

	/* Keys are kept as if they were packages. */
	if (strcmp(p->name, "gpg-pubkey") == 0)
		return;
	describe(l->o, p, l->a, &m);
	owners_line(l->o, l->a, l->out, &m);
}

static void installed(
	struct owners *o, void *of, struct arena *a, struct strlist *out)
{
	rpm_each(of, add_line, &(struct listing){o, a, out});
}

static void close_it(void *of)
{
	rpm_close(of);
}

static const struct database_ops ops = {files_of, installed, count_of, close_it};

/* --- claims ------------------------------------------------------------- */

void owners_rpm(struct owners *o)
{
	struct rpm *r = rpm_open(o->a, o->root, o->problems);
	struct database *db;

	if (!r)
		return;
	db = owners_database(o, &ops, r);
	for (size_t i = 0; i < o->count; i++) {
		struct claim *c = &o->list[i]->claims[CLAIM_SYSTEM];
		const struct rpm_package *p;
		char *digest;

		/* Where both are, rpm is a guest. */
		if (c->owner)
			continue;
		p = rpm_owner(r, o->list[i]->path, &digest);
		if (!p)
			continue;
		*c = (struct claim){owners_package(o, db, p), digest};
		if (!c->owner->m.purl)
			describe(o, p, o->a, &c->owner->m);
	}
}
