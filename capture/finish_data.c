// SPDX-License-Identifier: Apache-2.0
/* What a person asks of a run first: inputs, outputs, processes, gaps. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/classify.h"
#include "capture/finish.h"
#include "capture/require.h"
#include "host/accelerators.h"

#include <string.h>

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

/* The root's row, when it has become a tree. */
static const struct file_row *tree_row(struct finish *f, const char *root)
{
	for (size_t i = 0; i < f->rows.count; i++)
		if (f->rows.items[i].kind == KIND_TREE &&
			!strcmp(f->rows.items[i].path, root))
			return &f->rows.items[i];
	return NULL;
}

/* Is it below the root, with a row in the root's own table? A file that was
 * read and then changed, or was there and then written, has its row in the main
 * one: that is an input, or an output, of its own. */
static bool is_in_tree(const struct map *main_rows, const struct item *it,
	const char *root, bool results)
{
	const char *path = results ? it->t->now : it->t->path;

	return fs_below(path, root) &&
	       (results ? it->result != NULL : it->is_input) &&
	       !map_gets(main_rows, path);
}

/* Files, bytes, and the role of most of a root. */
static void add_root(struct finish *f, const char *root, bool results,
	const struct map *main_rows)
{
	struct manifest *m = f->cap->manifest;
	const struct file_row *row = tree_row(f, root);
	struct m_data *d;

	if (!row)
		return;
	d = results ? add_data(f->a, &m->outputs.items, &m->outputs.count,
			      "out", root)
		    : add_data(f->a, &m->inputs.items, &m->inputs.count, "in",
			      root);
	d->kind = (char *)"tree";
	d->files = d->bytes = 0;
	d->digest = digest_string(f->a, &row->digest);
	d->stored = true;
	for (size_t i = 0; i < f->count; i++) {
		struct item *it = &f->items[i];
		const struct content *c = results ? it->result : it->first;

		if (!is_in_tree(main_rows, it, root, results))
			continue;
		*(results ? &it->in_output_tree : &it->in_input_tree) = true;
		if (!c)
			continue;
		d->files++;
		d->bytes += (int64_t)c->expect.size;
		d->stored &= c->stored;
		if (!d->role)
			d->role = (char *)(results ? role_of_output(c->path)
						   : role_of_input(c->path));
	}
}

static void add_input(struct finish *f, const struct item *i)
{
	struct manifest *m = f->cap->manifest;
	struct touched *t = i->t;
	struct m_data *d;

	if (!i->is_input || i->in_input_tree)
		return;
	d = add_data(f->a, &m->inputs.items, &m->inputs.count, "in", t->path);
	d->role = (char *)finish_role(role_of_input(t->path), finish_open(f, i));
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

	if (!i->result || i->in_output_tree)
		return;
	d = add_data(f->a, &m->outputs.items, &m->outputs.count, "out", t->now);
	d->role = (char *)(is_stream(m, t->now)
				   ? "log"
				   : finish_role(role_of_output(t->now),
					     finish_open_result(f, i)));
	d->bytes = (int64_t)i->last.size;
	d->mode = arena_printf(f->a, "%04o", i->last.mode & 07777);
	if (i->result->outcome != CONTENT_UNREADABLE)
		d->digest = digest_string(f->a, &i->result->digest);
	d->stored = i->result->stored;
	if (t->writer)
		d->written_by = arena_printf(f->a, "p%u", t->writer);
}

static void name_roots(struct finish *f)
{
	struct map main_rows = MAP_INIT;
	bool any = f->input_roots.count + f->output_roots.count > 0;

	for (size_t i = 0; any && i < f->rows.count; i++)
		map_puts(&main_rows, f->rows.items[i].path, f);
	for (size_t i = 0; i < f->input_roots.count; i++)
		add_root(f, f->input_roots.items[i], false, &main_rows);
	for (size_t i = 0; i < f->output_roots.count; i++)
		add_root(f, f->output_roots.items[i], true, &main_rows);
	map_release(&main_rows);
}

static void name_data(struct finish *f)
{
	struct manifest *m = f->cap->manifest;
	const char *last = "";

	finish_sort_by_path(f);
	name_roots(f);
	for (size_t i = 0; i < f->count; i++)
		add_input(f, &f->items[i]);
	require_name_origins(
		&f->cap->opt->require, m->inputs.items, m->inputs.count, f->a);
	finish_sort_by_now(f);
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
	static const char *const notes[] = {
		"io-uring",
		"setuid",
		"configuration",
		"package-file",
		"library",
		/* Terminals, make and editors leave descriptors open in what
		 * they start; programs that read such a one are rare. */
		"inherited-descriptor",
	};

	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++)
		if (!strcmp(kind, notes[i]))
			return true;
	return false;
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
	accelerators_mark_used(&m->hardware, m->devices.items, m->devices.count);
}

void finish_data(struct finish *f)
{
	name_data(f);
	name_processes(f);
	name_gaps(f);
	name_peers(f);
}
