// SPDX-License-Identifier: Apache-2.0
/*
 * From the record to a published run: settle every content, shape the rows,
 * name inputs and outputs, write both files.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/classify.h"
#include "capture/contents.h"
#include "capture/context.h"
#include "capture/rows.h"
#include "capture/secrets.h"
#include "manifests/manifest.h"
#include "store/digest_cache.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One touched path on its way to a row, an input, an output. */
struct item {
	struct touched *t;
	struct state last;	/* what the run left at t->now */
	struct content *first;	/* the first content, to be settled */
	struct content *result; /* what the run left */
};

struct finish {
	struct capture *cap;
	struct record *rec;
	struct item *items;
	size_t count;
	struct content *contents;
	size_t content_count;
	struct rows rows;
	struct arena *a;
};

static bool is_file(const struct state *st)
{
	return st->exists && S_ISREG(st->mode);
}

static bool by_reference(const struct capture *cap, const char *path,
	uint64_t size)
{
	const struct strlist *l = &cap->opt->by_reference;

	for (size_t i = 0; i < l->count; i++)
		if (fs_below(path, l->items[i]))
			return true;
	return size > cap->opt->keep;
}

static struct content *want(struct finish *f, const char *path,
	const struct state *st, uint64_t limit)
{
	struct content *c = &f->contents[f->content_count++];

	*c = (struct content){.path = path, .expect = *st, .limit = limit,
		.by_reference = by_reference(f->cap, path, st->size)};
	return c;
}

/* Was its content read, or could it have been? */
static bool first_matters(const struct touched *t)
{
	return is_file(&t->first) && !(t->access & ACCESS_N) &&
	       (t->access & (ACCESS_R | ACCESS_X) || t->appended ||
		       t->preserved);
}

static bool left_something(const struct item *i)
{
	return (i->t->access & ACCESS_W) && is_file(&i->last) &&
	       !(strcmp(i->t->now, i->t->path) == 0 && i->t->gone &&
		       !i->last.exists);
}

/* Anything but the times and owner of what was there before? */
static bool content_differs(const struct item *i)
{
	return strcmp(i->t->now, i->t->path) != 0 ||
	       !state_same_content(&i->t->first, &i->last);
}

/* The last state. A rename that failed left the file where it was. */
static void find_last(struct item *i)
{
	struct touched *t = i->t;

	state_of(AT_FDCWD, t->now, &i->last);
	if (t->now != t->path && !i->last.exists && !t->gone) {
		state_of(AT_FDCWD, t->path, &i->last);
		if (i->last.exists)
			t->now = t->path;
	}
}

static void plan_item(struct finish *f, struct item *i)
{
	struct touched *t = i->t;
	bool secret = secret_path(f->cap->home, t->path);

	if (!(t->access & (ACCESS_R | ACCESS_X | ACCESS_W)))
		return;
	find_last(i);
	if (secret) {
		record_not_stored(f->rec, t);
		return;
	}
	if (first_matters(t) && !t->preserved && !t->not_stored && !t->gone)
		i->first = want(f, t->now, &t->first,
			t->appended ? t->first.size : UINT64_MAX);
	if (left_something(i) && content_differs(i))
		i->result = want(f, t->now, &i->last, UINT64_MAX);
}

static void collect(struct finish *f)
{
	struct record *rec = f->rec;

	rows_add_implied(rec);
	f->count = rec->touched_count;
	f->items = arena_array(f->a, f->count, sizeof(*f->items));
	f->contents = arena_array(f->a, 2 * f->count, sizeof(*f->contents));
	for (size_t i = 0; i < f->count; i++) {
		f->items[i].t = rec->touched[i];
		plan_item(f, &f->items[i]);
	}
}

static void gap_of(struct finish *f, const struct content *c, const char *path)
{
	switch (c->outcome) {
	case CONTENT_OK:
		return;
	case CONTENT_CHANGED:
		record_gap(f->rec, "changed", path,
			"was changed by somebody else between the run's "
			"reading it and its end: the digest is of the changed "
			"content");
		return;
	case CONTENT_UNREADABLE:
		record_gap(f->rec, "unreadable", path, "%s",
			strerror(c->error));
		return;
	case CONTENT_NO_ROOM:
		record_gap(f->rec, "no-room", path,
			"the store is full: kept by digest only");
		return;
	}
}

static void row_content(struct finish *f, const struct item *i,
	struct file_row *r)
{
	const struct touched *t = i->t;
	const struct content *c = i->first;

	if ((t->access & ACCESS_N) && i->result)
		c = i->result;
	if (c) {
		r->has_digest = c->outcome != CONTENT_UNREADABLE;
		r->digest = c->digest;
		r->not_stored = !c->stored;
	} else if (t->preserved) {
		r->has_digest = true;
		r->digest = t->digest;
	} else if (t->not_stored) {
		r->not_stored = true;
	}
}

static void make_row(struct finish *f, const struct item *i)
{
	struct touched *t = i->t;
	struct file_row *r = &f->rows.items[f->rows.count++];
	bool made = (t->access & ACCESS_N) && (t->access & ACCESS_W);

	file_row_init(r);
	r->path = (char *)t->path;
	r->access = row_access(t, i->result != NULL);
	/* Made by the run and moved away since: nothing is left here. */
	if (!made)
		row_from_state(r, &t->first);
	else if (!strcmp(t->now, t->path))
		row_from_state(r, &i->last);
	else
		r->kind = KIND_ABSENT;
	if (r->kind == KIND_SYMLINK)
		r->target = t->target ? (char *)t->target
				      : fs_readlink(f->a, AT_FDCWD, t->path);
	if (t->access & ACCESS_D)
		r->listing = t->listing;
	if (r->kind == KIND_FILE)
		row_content(f, i, r);
}

/* What lies where the run has moved it has a row there, too. */
static void make_moved_row(struct finish *f, const struct item *i)
{
	struct touched *t = i->t;
	struct file_row *r;

	if (!strcmp(t->now, t->path) || !i->last.exists ||
		record_find(f->rec, t->now))
		return;
	r = &f->rows.items[f->rows.count++];
	file_row_init(r);
	r->path = (char *)t->now;
	r->access = ACCESS_N | ACCESS_W;
	row_from_state(r, &i->last);
	if (i->result) {
		r->has_digest = i->result->outcome != CONTENT_UNREADABLE;
		r->digest = i->result->digest;
		r->not_stored = !i->result->stored;
	}
}

/* Hard links of one file: all but the first in byte order name the first. */
static void name_links(struct finish *f)
{
	struct map paths = MAP_INIT, inodes = MAP_INIT;

	for (size_t i = 0; i < f->count; i++)
		map_puts(&paths, f->items[i].t->path, f->items[i].t);
	for (size_t i = 0; i < f->rows.count; i++) {
		struct file_row *r = &f->rows.items[i];
		struct touched *t = map_gets(&paths, r->path);
		const char *first;
		uint64_t *key;

		if (!t || r->kind != KIND_FILE || t->first.nlink < 2 ||
			(t->access & ACCESS_N))
			continue;
		key = arena_array(f->a, 2, sizeof(*key));
		key[0] = t->first.dev;
		key[1] = t->first.ino;
		first = map_get(&inodes, key, 2 * sizeof(*key));
		if (first)
			r->link = (char *)first;
		else
			map_put(&inodes, key, 2 * sizeof(*key), r->path);
	}
	map_release(&paths);
	map_release(&inodes);
}

/* Two rows for one path: a moved file's new place and another's old one. */
static void drop_doubles(struct rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (!n || strcmp(rows->items[n - 1].path, rows->items[i].path))
			rows->items[n++] = rows->items[i];
	rows->count = n;
}

static void make_rows(struct finish *f)
{
	f->rows.items = arena_array(f->a, 2 * f->count + 1,
		sizeof(*f->rows.items));
	for (size_t i = 0; i < f->count; i++) {
		struct item *it = &f->items[i];

		if (it->first)
			gap_of(f, it->first, it->t->path);
		if (it->result)
			gap_of(f, it->result, it->t->now);
		make_row(f, it);
		make_moved_row(f, it);
	}
	rows_sort(&f->rows);
	drop_doubles(&f->rows);
	name_links(f);
}

static struct m_data *add_data(struct arena *a, struct m_data **items,
	size_t *count, const char *prefix, const char *path)
{
	struct m_data *d = ARENA_PUSH(a, *items, *count);

	d->id = arena_printf(a, "%s%zu", prefix, *count);
	d->path = (char *)path;
	d->kind = (char *)"file";
	d->files = 1;
	return d;
}

static void add_input(struct finish *f, const struct item *i)
{
	struct manifest *m = f->cap->manifest;
	struct touched *t = i->t;
	struct m_data *d;

	if (!(t->access & (ACCESS_R | ACCESS_X)) || (t->access & ACCESS_N) ||
		!is_file(&t->first) || is_environment_path(t->path))
		return;
	d = add_data(f->a, &m->inputs.items, &m->inputs.count, "in", t->path);
	d->role = (char *)role_of_input(t->path);
	d->bytes = (int64_t)t->first.size;
	if (i->first && i->first->outcome != CONTENT_UNREADABLE) {
		d->digest = digest_string(f->a, &i->first->digest);
		d->stored = i->first->stored;
	} else if (t->preserved) {
		d->digest = digest_string(f->a, &t->digest);
		d->stored = true;
	}
}

/* Where the caller sent the command's output: a log, whatever its name. */
static bool is_stream(const struct manifest *m, const char *path)
{
	const struct m_stream *s[] = {&m->command.stdout_, &m->command.stderr_};

	return (s[0]->path && !strcmp(s[0]->path, path)) ||
	       (s[1]->path && !strcmp(s[1]->path, path));
}

static void add_output(struct finish *f, const struct item *i)
{
	struct manifest *m = f->cap->manifest;
	struct touched *t = i->t;
	struct m_data *d;

	if (!i->result)
		return;
	d = add_data(f->a, &m->outputs.items, &m->outputs.count, "out",
		t->now);
	d->role = (char *)(is_stream(m, t->now) ? "log"
						: role_of_output(t->now));
	d->bytes = (int64_t)i->last.size;
	d->mode = arena_printf(f->a, "%04o", i->last.mode & 07777);
	if (i->result->outcome != CONTENT_UNREADABLE)
		d->digest = digest_string(f->a, &i->result->digest);
	d->stored = i->result->stored;
	if (t->writer)
		d->written_by = arena_printf(f->a, "p%u", t->writer);
}

static int by_now(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->t->now,
		((const struct item *)b)->t->now);
}

static int by_first_path(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->t->path,
		((const struct item *)b)->t->path);
}

static void name_data(struct finish *f)
{
	const char *last = "";

	if (!f->count)
		return;
	qsort(f->items, f->count, sizeof(*f->items), by_first_path);
	for (size_t i = 0; i < f->count; i++)
		add_input(f, &f->items[i]);
	qsort(f->items, f->count, sizeof(*f->items), by_now);
	for (size_t i = 0; i < f->count; i++) {
		if (f->items[i].result && strcmp(last, f->items[i].t->now))
			add_output(f, &f->items[i]);
		if (f->items[i].result)
			last = f->items[i].t->now;
	}
}

static void name_processes(struct finish *f)
{
	struct manifest *m = f->cap->manifest;

	m->processes.count = (int64_t)(f->rec->process_count + f->rec->forks);
	for (size_t i = 0; i < f->rec->process_count; i++)
		*ARENA_PUSH(f->a, m->processes.items.items,
			m->processes.items.count) = f->rec->processes[i]->m;
}

/* Said for the reader, although nothing of the record is lost by them. */
static bool is_note(const char *kind)
{
	return !strcmp(kind, "io-uring") || !strcmp(kind, "setuid");
}

static void name_gaps(struct finish *f)
{
	struct m_completeness *c = &f->cap->manifest->completeness;

	for (size_t i = 0; i < f->rec->gaps.count; i++) {
		struct m_gap *g = &f->rec->gaps.items[i];

		if (is_note(g->kind))
			*ARENA_PUSH(f->a, c->notes.items, c->notes.count) = *g;
		else
			*ARENA_PUSH(f->a, c->gaps.items, c->gaps.count) = *g;
	}
	c->aggregate = (char *)(c->gaps.count ? "incomplete" : "complete");
}

static void name_peers(struct finish *f)
{
	struct manifest *m = f->cap->manifest;

	m->devices.items = f->rec->devices.items;
	m->devices.count = f->rec->devices.count;
	m->network.items = f->rec->network.items;
	m->network.count = f->rec->network.count;
}

static int write_table(struct finish *f, struct err *e)
{
	struct m_files *files = &f->cap->manifest->files;
	autoclose int fd = openat(f->cap->run.fd, RUN_FILES_TMP,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct table_writer *w;
	struct digest digest;

	if (fd < 0)
		return err_sys(e, "cannot create '%s'", RUN_FILES_TMP);
	w = table_writer_new(fd);
	for (size_t i = 0; i < f->rows.count; i++)
		if (table_write(w, &f->rows.items[i], e) < 0) {
			table_writer_free(w);
			return -1;
		}
	if (table_writer_finish(w, &digest, &files->entries, e) < 0)
		return -1;
	files->path = (char *)"files.yaml";
	files->digest = digest_string(f->a, &digest);
	return 0;
}

static int settle_contents(struct finish *f, struct err *e)
{
	struct digest_cache *cache = digest_cache_open(NULL, NULL);
	int r = contents_settle(f->cap->batch, cache, f->contents,
		f->content_count, e);

	digest_cache_close(cache);
	if (r == 0)
		return 0;
	/* What was not made durable is not there. The run is published all
	 * the same: digests tell what was read. */
	for (size_t i = 0; i < f->content_count; i++)
		if (f->contents[i].stored) {
			f->contents[i].stored = false;
			f->contents[i].outcome = CONTENT_NO_ROOM;
		}
	return 0;
}

int finish_run(struct capture *cap, struct err *e)
{
	struct finish f = {.cap = cap, .rec = &cap->rec,
		.a = cap->rec.arena};
	autostrbuf yaml = STRBUF_INIT;

	collect(&f);
	if (settle_contents(&f, e) < 0)
		return -1;
	make_rows(&f);
	if (write_table(&f, e) < 0)
		return -1;
	name_data(&f);
	name_processes(&f);
	name_gaps(&f);
	name_peers(&f);
	if (manifest_write_yaml(cap->manifest, &yaml, e) < 0)
		return -1;
	return run_publish(cap->store, &cap->run, yaml.s, yaml.len, e);
}
