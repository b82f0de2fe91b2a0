// SPDX-License-Identifier: Apache-2.0
/* Whose a file is, by all databases together. */
#include "host/owners_read.h"

#include "base/arena.h"
#include "base/sort.h"
#include "host/os_release.h"
#include "host/problems.h"
#include "host/python.h"

#include <string.h>

/* --- what the parts share --------------------------------------------- */

struct slot *owners_slot(struct owners *o, const char *path)
{
	struct slot *s = map_gets(&o->slots, path);

	if (s)
		return s;
	s = arena_alloc(o->a, sizeof(*s));
	s->path = path;
	map_puts(&o->slots, path, s);
	*ARENA_PUSH(o->a, o->list, o->count) = s;
	return s;
}

struct database *owners_database(
	struct owners *o, const struct database_ops *ops, void *of)
{
	struct database *d = arena_alloc(o->a, sizeof(*d));

	*d = (struct database){ops, of, false, o->databases};
	o->databases = d;
	return d;
}

struct owner *owners_package(
	struct owners *o, struct database *d, const void *package)
{
	struct owner *w = map_get(&o->by_package, &package, sizeof(package));

	if (w)
		return w;
	w = arena_alloc(o->a, sizeof(*w));
	w->database = d;
	w->package = package;
	w->m.files_used = 0;
	w->m.files_total = ABSENT;
	map_put(&o->by_package, arena_memdup(o->a, &package, sizeof(package)),
		sizeof(package), w);
	return w;
}

bool owners_outside(struct owners *o, const char *path)
{
	const struct slot *s = map_gets(&o->slots, path);

	return s &&
	       (s->claims[CLAIM_PREFIX].owner || s->claims[CLAIM_SYSTEM].owner);
}

void owners_line(struct owners *o, struct arena *a, struct strlist *out,
	const struct m_package *m)
{
	if (strchr(m->location, '\n'))
		problem_add(o->problems, m->location,
			"'%s' is not in the list of installed packages: a line "
			"break in its directory's name",
			m->name);
	else if (m->purl)
		*ARENA_PUSH(a, out->items, out->count) =
			arena_printf(a, "%s %s", m->purl, m->location);
}

/* --- finding ---------------------------------------------------------- */

/* A claim to the file itself, or to what it was made from. */
static struct claim *find_claim(struct owners *o, struct owned_file *f)
{
	struct slot *self = owners_slot(o, f->path), *from = self->source;

	for (int k = 0; k < CLAIM_KINDS; k++) {
		if (self->claims[k].owner) {
			f->recorded = f->path;
			f->installed = self->claims[k].installed;
			return &self->claims[k];
		}
		if (from && from->claims[k].owner) {
			f->recorded = from->path;
			return &from->claims[k];
		}
	}
	return NULL;
}

static void settle(struct owners *o, struct owned_file *f)
{
	struct claim *c = find_claim(o, f);

	if (c && c->owner->m.purl) {
		f->package = &c->owner->m;
		c->owner->used = true;
		c->owner->database->used = true;
		return;
	}
	f->package = owners_huggingface(o, f->name ? f->name : f->path);
	f->recorded = f->path;
	f->installed = NULL;
}

static void count_files(struct owners *o)
{
	const struct map_entry *e;
	size_t i = 0;

	while ((e = map_next(&o->by_package, &i))) {
		struct owner *w = e->value;

		if (w->used)
			w->m.files_total = w->database->ops->count(o, w);
	}
}

static void read_release(struct owners *o)
{
	const char *version = os_release(o->a, o->root, "VERSION_ID");

	o->vendor = os_release(o->a, o->root, "ID");
	if (o->vendor && version)
		o->release = arena_printf(o->a, "%s-%s", o->vendor, version);
}

struct owners *owners_find(struct arena *a, const char *root, const char *cache,
	struct owned_file *files, size_t count, const struct strlist *sites,
	struct problems *problems)
{
	struct owners *o = arena_alloc(a, sizeof(*o));
	struct python_sites *python;

	*o = (struct owners){.a = a, .root = root, .problems = problems};
	read_release(o);
	for (size_t i = 0; i < count; i++) {
		const char *source = python_source_of(a, files[i].path);
		struct slot *s = owners_slot(o, files[i].path);

		if (source)
			s->source = owners_slot(o, source);
	}
	python = owners_python_sites(o, files, count, sites);
	owners_conda(o);
	owners_dpkg(o, cache);
	owners_rpm(o);
	owners_python(o, python);
	for (size_t i = 0; i < count; i++)
		settle(o, &files[i]);
	count_files(o);
	return o;
}

void owners_close(struct owners *o)
{
	if (!o)
		return;
	for (struct database *d = o->databases; d; d = d->next)
		if (d->ops->close)
			d->ops->close(d->of);
	map_release(&o->slots);
	map_release(&o->by_package);
	map_release(&o->by_location);
}

/* --- what the packages have ------------------------------------------- */

void owners_files(struct owners *o, const struct m_package *p, struct arena *a,
	struct strlist *out)
{
	const struct owner *w = (const struct owner *)p;

	if (w->database)
		w->database->ops->files(o, w, a, out);
}

static const char *text_of(const void *item)
{
	return *(char *const *)item;
}

void owners_installed(struct owners *o, struct arena *a, struct strlist *out)
{
	size_t n = 0;

	for (struct database *d = o->databases; d; d = d->next)
		if (d->used)
			d->ops->installed(o, d->of, a, out);
	sort_by_text(out->items, out->count, sizeof(*out->items), text_of);
	for (size_t i = 0; i < out->count; i++)
		if (!n || strcmp(out->items[n - 1], out->items[i]) != 0)
			out->items[n++] = out->items[i];
	out->count = n;
}
