// SPDX-License-Identifier: Apache-2.0
/*
 * The ELF files that the run executed or mapped executable: what each says of
 * itself, which processes had it, and why.
 */
#include "base/arena.h"
#include "base/fs.h"
#include "base/sort.h"
#include "capture/finish.h"
#include "capture/loads.h"
#include "host/component.h"
#include "store/store.h"

#include <fcntl.h>
#include <string.h>

/* One content at one path. */
struct library {
	struct m_library m;
	struct elf_file elf;
	struct load_file file;
	enum load load;
	/* While a process is looked at: its index, and the place among its. */
	size_t last, place;
};

struct libraries {
	struct finish *f;
	/* By index of the row: its item, and the library, as it was found and
	 * as the run has made it; `none` when that is no ELF file. */
	struct item **items;
	struct library **of_row;
	struct library none;
	struct library **all;
	size_t count;
	struct map by_content; /* "PATH\ndigest" -> struct library or `none` */
	struct map by_path;    /* -> struct library: the first there */
	const char *preload_file; /* its text, or NULL */
};

/* --- contents --------------------------------------------------------- */

/* Where it is, its digest, and its content; NULL and -1 when there is none. */
struct source {
	const char *path;
	const struct digest *digest;
	int fd;
};

/* Where it lies, as it was: in memory are these pages, not the store's. */
static int open_place(const char *path, const struct state *as)
{
	autoclose int fd =
		fs_open(path, O_RDONLY | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	struct state st;

	if (fd < 0 || state_of(fd, NULL, &st) < 0 || !state_same_content(&st, as))
		return -1;
	return steal_fd(&fd);
}

/* What the run has made, or changed before it was loaded. */
static void open_made(struct libraries *l, const struct item *i, struct source *s)
{
	const struct content *c = i->result ? i->result : i->first;

	s->path = i->t->now;
	if (!c || c->outcome == CONTENT_UNREADABLE ||
		(!i->result && i->t->access & ACCESS_W))
		return;
	s->digest = &c->digest;
	s->fd = open_place(s->path, &c->expect);
	if (s->fd < 0)
		s->fd = store_open_object(l->f->cap->store, s->digest, NULL);
}

static void open_source(struct libraries *l, const struct item *i, unsigned how,
	struct source *s)
{
	*s = (struct source){.path = i->t->path, .fd = -1};
	if (how & LOAD_CHANGED) {
		open_made(l, i, s);
		return;
	}
	s->digest = finish_digest(i);
	s->fd = s->digest ? open_place(s->path, &i->t->first) : -1;
	if (s->fd < 0)
		s->fd = finish_open(l->f, i);
}

/* --- one file --------------------------------------------------------- */

static void note_unread(
	struct libraries *l, const struct item *i, const struct source *s)
{
	if (i->first && i->first->outcome == CONTENT_UNREADABLE)
		return; /* that is a gap of its own */
	if (i->t->access & ACCESS_N)
		record_gap(l->f->rec, "library", s->path,
			"was made by the run, loaded, and removed or changed "
			"again: what it needs is not known");
	else
		record_gap(l->f->rec, "unread-library", s->path,
			"is neither stored nor there as it was loaded: what "
			"it needs is not known");
}

static void fill(struct libraries *l, struct library *lib)
{
	struct m_library *m = &lib->m;
	const struct elf_file *elf = &lib->elf;

	if (elf->damage)
		record_gap(l->f->rec, "library", m->path,
			"is a damaged ELF file: %s", elf->damage);
	m->soname = elf->soname;
	m->build_id = elf->build_id;
	m->needed = elf->needed;
	m->runpath = elf->search;
	m->requires = elf->requires;
	m->isa_level = elf->isa_level;
	m->note_package = elf->note_package;
	m->note_dlopen = elf->note_dlopen;
	component_of(l->f->a, m->soname, m->path, &m->component, &m->version);
}

/* &l->none when it is no ELF file. */
static struct library *make(
	struct libraries *l, const struct item *i, const struct source *s)
{
	struct library *lib = arena_alloc(l->f->a, sizeof(*lib));

	if (s->fd < 0)
		note_unread(l, i, s);
	else if (elf_read(s->fd, l->f->a, &lib->elf) < 0)
		return &l->none;
	lib->m.path = (char *)s->path;
	if (s->digest)
		lib->m.digest = digest_string(l->f->a, s->digest);
	lib->load = LOADED_DLOPEN;
	lib->file = (struct load_file){.path = s->path, .elf = &lib->elf};
	fill(l, lib);
	*ARENA_PUSH(l->f->a, l->all, l->count) = lib;
	if (!map_gets(&l->by_path, s->path))
		map_puts(&l->by_path, s->path, lib);
	return lib;
}

/* The run may have made and removed the same many times. */
static struct library *of_content(
	struct libraries *l, const struct item *i, const struct source *s)
{
	char hex[DIGEST_HEX + 1] = "";
	struct library *lib;
	char *key;

	if (s->digest)
		digest_hex(s->digest, hex);
	key = arena_printf(l->f->a, "%s\n%s", s->path, hex);
	lib = map_gets(&l->by_content, key);
	if (!lib) {
		lib = make(l, i, s);
		map_puts(&l->by_content, key, lib);
	}
	return lib;
}

/* NULL: it is no ELF file. */
static struct library *library_of(struct libraries *l, const struct loaded *of)
{
	bool changed = of->how & LOAD_CHANGED;
	struct library **known = &l->of_row[2 * of->row + changed];
	const struct item *i = l->items[of->row];
	struct source s;

	if (!*known && i) {
		open_source(l, i, of->how, &s);
		*known = of_content(l, i, &s);
		fs_autoclose(&s.fd);
	}
	return *known == &l->none ? NULL : *known;
}

/* --- names ------------------------------------------------------------ */

/* A library may be needed by the name of a link that leads to it. */
static void find_aliases(struct libraries *l)
{
	const struct record *r = l->f->rec;

	for (size_t i = 0; i < r->touched_count; i++) {
		const struct touched *t = r->touched[i];
		struct library *lib;

		if (!t->target || !strstr(t->path, ".so"))
			continue;
		lib = map_gets(&l->by_path, finish_follow(l->f, t->path));
		if (!lib)
			continue;
		*ARENA_PUSH(l->f->a, lib->file.aliases.items,
			lib->file.aliases.count) = strrchr(t->path, '/') + 1;
	}
}

/* --- processes -------------------------------------------------------- */

/* What one process loaded, each library once. */
struct process_loads {
	struct load_item *items;
	struct library **libraries;
	size_t count;
};

static void add_load(
	struct libraries *l, struct process_loads *p, const struct loaded *of)
{
	struct library *lib = library_of(l, of);

	if (!lib)
		return;
	if (lib->last == of->process) {
		p->items[lib->place].how |= of->how;
		return;
	}
	lib->last = of->process;
	lib->place = p->count;
	p->libraries[p->count] = lib;
	p->items[p->count++] =
		(struct load_item){.file = &lib->file, .how = of->how};
}

static void settle(struct libraries *l, const struct process *p,
	struct process_loads *loads)
{
	struct strlist preloads = {0};

	finish_preloads(l->f, p, l->preload_file, &preloads);
	loads_of(loads->items, loads->count, &preloads);
	for (size_t i = 0; i < loads->count; i++) {
		struct library *lib = loads->libraries[i];

		if (loads->items[i].load < lib->load)
			lib->load = loads->items[i].load;
		*ARENA_PUSH(l->f->a, lib->m.processes.items,
			lib->m.processes.count) = p->m.id;
	}
}

/* All that is loaded, by process, in the order of loading. */
static struct loaded *by_process(struct finish *f)
{
	const struct record *r = f->rec;
	size_t *first = arena_array(f->a, r->process_count + 2, sizeof(*first));
	struct loaded *out = arena_array(f->a, r->loaded_count, sizeof(*out));

	for (size_t i = 0; i < r->loaded_count; i++)
		first[r->loaded[i].process + 1]++;
	for (size_t i = 1; i < r->process_count + 2; i++)
		first[i] += first[i - 1];
	for (size_t i = 0; i < r->loaded_count; i++)
		out[first[r->loaded[i].process]++] = r->loaded[i];
	return out;
}

static void settle_all(struct libraries *l, const struct loaded *loaded)
{
	const struct record *r = l->f->rec;
	struct process_loads p = {0};

	p.items = arena_array(l->f->a, r->loaded_count, sizeof(*p.items));
	p.libraries = arena_array(l->f->a, r->loaded_count, sizeof(*p.libraries));
	for (size_t i = 0; i < r->loaded_count;) {
		uint32_t process = loaded[i].process;

		for (p.count = 0;
			i < r->loaded_count && loaded[i].process == process; i++)
			add_load(l, &p, &loaded[i]);
		settle(l, r->processes[process - 1], &p);
	}
}

/* --- all -------------------------------------------------------------- */

static const char *path_of(const void *library)
{
	return (*(struct library *const *)library)->m.path;
}

static void write_all(struct libraries *l)
{
	struct manifest *m = l->f->cap->manifest;

	sort_by_text(l->all, l->count, sizeof(*l->all), path_of);
	for (size_t i = 0; i < l->count; i++) {
		l->all[i]->m.loaded_by = (char *)load_word(l->all[i]->load);
		*ARENA_PUSH(l->f->a, m->libraries.items, m->libraries.count) =
			l->all[i]->m;
	}
}

void finish_libraries(struct finish *f)
{
	const struct record *r = f->rec;
	struct libraries l = {.f = f};
	struct loaded *loaded;

	l.items = arena_array(f->a, r->touched_count, sizeof(*l.items));
	l.of_row = arena_array(f->a, 2 * r->touched_count, sizeof(*l.of_row));
	for (size_t i = 0; i < f->count; i++)
		l.items[f->items[i].t->index] = &f->items[i];
	/* Their files first: links may lead to any of them. */
	for (size_t i = 0; i < r->loaded_count; i++)
		library_of(&l, &r->loaded[i]);
	find_aliases(&l);
	l.preload_file = finish_preload_file(f, l.items);
	loaded = by_process(f);
	settle_all(&l, loaded);
	write_all(&l);
	map_release(&l.by_content);
	map_release(&l.by_path);
}
