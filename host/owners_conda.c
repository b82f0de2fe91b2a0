// SPDX-License-Identifier: Apache-2.0
/* Whose a file is: packages of conda environments. */
#include "host/owners_read.h"

#include "base/arena.h"
#include "host/conda.h"
#include "manifests/purl.h"

#include <string.h>

static void describe(struct arena *a, const struct conda_prefix *c,
	const struct conda_package *p, struct m_package *m)
{
	struct purl url = {
		.type = "conda", .name = p->name, .version = p->version};

	purl_qualify(&url, a, "build", p->build);
	purl_qualify(&url, a, "channel", p->channel);
	purl_qualify(&url, a, "subdir", p->subdir);
	purl_qualify(&url, a, "type", p->type);
	m->purl = purl_format(a, &url, NULL);
	m->type = (char *)"conda";
	m->name = (char *)p->name;
	m->version = (char *)p->version;
	m->location = (char *)c->directory;
	m->files_total = p->count;
}

/* --- what an environment can say ---------------------------------------- */

struct listing {
	struct arena *a;
	struct strlist *out;
};

static void add_file(void *arg, size_t i, const char *path, const char *digest)
{
	struct listing *l = arg;

	*ARENA_PUSH(l->a, l->out->items, l->out->count) =
		arena_strdup(l->a, path);
}

static size_t index_of(const struct owner *w)
{
	const struct conda_prefix *c = w->database->of;

	return (size_t)((const struct conda_package *)w->package - c->packages);
}

static void files_of(struct owners *o, const struct owner *w, struct arena *a,
	struct strlist *out)
{
	conda_files(w->database->of, index_of(w), add_file,
		&(struct listing){a, out});
}

static int64_t count_of(struct owners *o, const struct owner *w)
{
	return w->m.files_total;
}

static void installed(
	struct owners *o, void *of, struct arena *a, struct strlist *out)
{
	const struct conda_prefix *c = of;

	for (size_t i = 0; i < c->count; i++) {
		struct m_package m = {0};

		describe(a, c, &c->packages[i], &m);
		owners_line(o, a, out, &m);
	}
}

static const struct database_ops ops = {files_of, installed, count_of, NULL};

/* --- claims ------------------------------------------------------------- */

/* Packages move in memory while they are read: an index first. */
struct found {
	struct slot *slot;
	size_t package;
	char *digest;
};

struct claims {
	struct owners *o;
	struct found *items;
	size_t count;
};

static void find_claim(void *arg, size_t i, const char *path, const char *digest)
{
	struct claims *c = arg;
	struct slot *s = map_gets(&c->o->slots, path);

	if (s && !s->claims[CLAIM_PREFIX].owner)
		*ARENA_PUSH(c->o->a, c->items, c->count) = (struct found){
			s, i, digest ? arena_strdup(c->o->a, digest) : NULL};
}

static void read_prefix(struct owners *o, const char *directory)
{
	struct conda_prefix *c = arena_alloc(o->a, sizeof(*c));
	struct claims found = {.o = o};
	struct database *db;

	conda_read(c, o->a, o->root, directory, find_claim, &found, o->problems);
	db = owners_database(o, &ops, c);
	for (size_t i = 0; i < found.count; i++) {
		const struct conda_package *p =
			&c->packages[found.items[i].package];
		struct owner *w = owners_package(o, db, p);
		struct claim *to = &found.items[i].slot->claims[CLAIM_PREFIX];

		if (!w->m.purl)
			describe(o->a, c, p, &w->m);
		if (!to->owner)
			*to = (struct claim){w, found.items[i].digest};
	}
}

void owners_conda(struct owners *o)
{
	struct map known = MAP_INIT;

	/* Each directory above a file is looked at once. */
	for (size_t i = 0; i < o->count; i++) {
		char *dir = arena_strdup(o->a, o->list[i]->path), *slash;

		while ((slash = strrchr(dir, '/')) && slash != dir) {
			*slash = 0;
			if (map_gets(&known, dir))
				break;
			map_puts(&known, arena_strdup(o->a, dir), o);
			if (conda_is_prefix(o->root, dir))
				read_prefix(o, dir);
		}
	}
	map_release(&known);
}
