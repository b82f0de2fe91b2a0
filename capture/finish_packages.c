// SPDX-License-Identifier: Apache-2.0
/* Packages that the run used files of, and all that were installed. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/altered.h"
#include "capture/finish.h"
#include "host/owners.h"
#include "host/problems.h"
#include "host/python.h"
#include "store/cache_dir.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct packages {
	struct finish *f;
	struct owned_file *files;
	struct item **items; /* of the files */
	size_t count;
	struct owners *owners;
	struct problems problems;
};

/* --- what the run used -------------------------------------------------- */

/* Read or mapped, as it was found; what the run made is its own. */
static bool is_used(struct finish *f, const struct touched *t)
{
	return t->access & (ACCESS_R | ACCESS_X) && !(t->access & ACCESS_N) &&
	       t->first.exists && S_ISREG(t->first.mode) &&
	       record_first((struct touched *)t) == t;
}

/*
 * A snapshot of a model has links to files that are named by their digests:
 * the links that the run went by say whose they are.
 */
static void find_links(struct finish *f, struct map *links)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct touched *t = f->items[i].t;
		const char *slash;
		char *to;

		if (!(t->access & ACCESS_L) || !t->target ||
			*t->target == '/' || !strstr(t->path, "/snapshots/"))
			continue;
		slash = strrchr(t->path, '/');
		to = arena_printf(f->a, "%.*s/%s", (int)(slash - t->path),
			t->path, t->target);
		fs_plain(to);
		map_puts(links, to, (void *)t->path);
	}
}

/* Directories where Python looks for packages, and that have some. */
static void find_sites(struct finish *f, struct strlist *sites)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct touched *t = f->items[i].t;

		if (!(t->access & ACCESS_D))
			continue;
		for (size_t k = 0; k < t->listing.count; k++) {
			if (!python_is_info(t->listing.items[k]))
				continue;
			*ARENA_PUSH(f->a, sites->items, sites->count) =
				(char *)t->path;
			break;
		}
	}
}

static void find_owners(struct packages *p)
{
	struct finish *f = p->f;
	struct map links = MAP_INIT;
	struct strlist sites = {0};

	p->files = arena_array(f->a, f->count + 1, sizeof(*p->files));
	p->items = arena_array(f->a, f->count + 1, sizeof(*p->items));
	find_links(f, &links);
	for (size_t i = 0; i < f->count; i++) {
		const char *path = f->items[i].t->path;

		if (!is_used(f, f->items[i].t))
			continue;
		p->items[p->count] = &f->items[i];
		p->files[p->count++] = (struct owned_file){
			.path = path, .name = map_gets(&links, path)};
	}
	map_release(&links);
	find_sites(f, &sites);
	p->owners = owners_find(f->a, "",
		f->cap->in_sandbox ? NULL : cache_dir(f->a), p->files, p->count,
		&sites, &p->problems);
}

/* --- packages[] --------------------------------------------------------- */

/* Descriptions of distributions are read for all of them, whichever is
 * imported: by them alone no package is used. */
static void mark_used(struct packages *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->files[i].package && !python_is_metadata(p->files[i].path))
			p->files[i].package->id = (char *)"";
}

/* A source and what was made from it are one file of the package. */
static void count_uses(struct packages *p)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < p->count; i++) {
		struct owned_file *o = &p->files[i];

		if (o->package && o->package->id &&
			!map_puts(&seen, o->recorded, o))
			o->package->files_used++;
	}
	map_release(&seen);
}

static int by_purl(const void *x, const void *y)
{
	const struct m_package *a = *(struct m_package *const *)x;
	const struct m_package *b = *(struct m_package *const *)y;
	int r = strcmp(a->purl, b->purl);

	return r ? r : strcmp(a->location, b->location);
}

/* Each that is used, once; named by their places in the list. */
static struct m_package **list_used(struct packages *p, size_t *count)
{
	struct finish *f = p->f;
	struct m_package **list =
		arena_array(f->a, p->count + 1, sizeof(struct m_package *));
	struct map seen = MAP_INIT;

	*count = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct m_package *m = p->files[i].package;

		if (m && m->id &&
			!map_put(&seen, &p->files[i].package,
				sizeof(struct m_package *), m))
			list[(*count)++] = m;
	}
	map_release(&seen);
	qsort(list, *count, sizeof(struct m_package *), by_purl);
	for (size_t i = 0; i < *count; i++)
		list[i]->id = arena_printf(f->a, "p%zu", i + 1);
	return list;
}

static void check_files(struct packages *p)
{
	struct finish *f = p->f;
	struct altered *checks = arena_array(f->a, p->count + 1, sizeof(*checks));
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct digest *d = finish_digest(p->items[i]);

		if (p->files[i].package && p->files[i].package->id &&
			p->files[i].installed && d)
			checks[n++] = (struct altered){
				p->files[i].installed, d, i, false};
	}
	altered_find(f, p->items, checks, n);
	for (size_t i = 0; i < n; i++) {
		struct owned_file *o = &p->files[checks[i].file];

		if (checks[i].altered)
			*ARENA_PUSH(f->a, o->package->altered.items,
				o->package->altered.count) =
				(struct m_altered){(char *)o->path, o->installed,
					digest_string(f->a, checks[i].digest)};
	}
}

static void fill_packages(struct packages *p)
{
	struct manifest *m = p->f->cap->manifest;
	struct m_package **list;
	size_t n;

	mark_used(p);
	count_uses(p);
	list = list_used(p, &n);
	check_files(p);
	m->packages.items = arena_array(p->f->a, n, sizeof(*m->packages.items));
	m->packages.count = n;
	for (size_t i = 0; i < n; i++)
		m->packages.items[i] = *list[i];
	for (size_t i = 0; i < p->count; i++)
		if (p->files[i].package && p->files[i].package->id)
			map_puts(&p->f->package_of, p->files[i].path,
				p->files[i].package->id);
}

/* --- all that were installed -------------------------------------------- */

static void put_installed(struct packages *p)
{
	struct manifest *m = p->f->cap->manifest;
	struct strlist lines = {0};
	autostrbuf text = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct put_result put;

	owners_installed(p->owners, p->f->a, &lines);
	if (!lines.count)
		return;
	for (size_t i = 0; i < lines.count; i++) {
		strbuf_adds(&text, lines.items[i]);
		strbuf_addc(&text, '\n');
	}
	if (store_put_bytes(p->f->cap->batch, text.s, text.len, &put, &e) < 0 ||
		store_batch_commit(p->f->cap->batch, &e) < 0)
		record_gap(p->f->rec, "packages", NULL,
			"the list of installed packages is not stored: %s",
			e.msg);
	else
		m->installed = digest_string(p->f->a, &put.digest);
}

void finish_packages(struct finish *f)
{
	struct packages p = {.f = f, .problems = {.arena = f->a}};

	find_owners(&p);
	fill_packages(&p);
	put_installed(&p);
	for (size_t i = 0; i < p.problems.count; i++)
		record_gap(f->rec, "packages", p.problems.items[i].path, "%s",
			p.problems.items[i].detail);
	owners_close(p.owners);
}

void finish_library_packages(struct finish *f)
{
	struct manifest *m = f->cap->manifest;

	for (size_t i = 0; i < m->libraries.count; i++)
		m->libraries.items[i].package =
			map_gets(&f->package_of, m->libraries.items[i].path);
}
