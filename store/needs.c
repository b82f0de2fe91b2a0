// SPDX-License-Identifier: Apache-2.0
/* The walk over everything that a run needs. */
#include "store/needs.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "manifests/model.h"
#include "manifests/table.h"
#include "store/internal.h"
#include "store/runs.h"

#include <stdio.h>
#include <string.h>

struct walk {
	struct store *store;
	const struct needs_walk *w;
	struct arena *arena;
	struct map tables; /* digests of tables that have been walked */
};

static int walk_table(struct walk *k, int fd, const char *name, bool top,
	bool stored, struct err *e);

static int open_table(struct walk *k, const struct digest *d)
{
	autoclose int fd = k->w->open_object
				   ? k->w->open_object(k->w->ctx, d, NULL)
				   : store_open_object(k->store, d, NULL);

	return fd < 0 || digest_verify_fd(fd, d, NULL) < 0 ? -1 : steal_fd(&fd);
}

static int visit_tree(struct walk *k, const char *path, const struct digest *d,
	bool stored, struct err *e)
{
	autoclose int fd = open_table(k, d);
	struct need n = {*d, stored || fd >= 0, stored && fd < 0, path};
	char name[DIGEST_TEXT];
	void *key;
	int r = k->w->visit(k->w->ctx, &n, e);

	if (r || fd < 0)
		return r;
	/* A tree is named by files.yaml and by the manifest. Rows of a tree
	 * by reference must not hide those of one that is stored. */
	key = arena_alloc(k->arena, sizeof(*d) + 1);
	memcpy(key, d, sizeof(*d));
	((char *)key)[sizeof(*d)] = stored;
	if (map_put(&k->tables, key, sizeof(*d) + 1, key))
		return 0;
	digest_text(d, name);
	return walk_table(k, fd, name, false, stored, e);
}

static int walk_table(struct walk *k, int fd, const char *name, bool top,
	bool stored, struct err *e)
{
	struct table_reader *t = table_reader_new(fd, name);
	struct file_row row;
	int r;

	while ((r = table_next(t, &row, e)) == 1) {
		bool here = stored && !row.not_stored;
		struct need n = {row.digest, here, false, row.path};

		if (!row.has_digest)
			continue;
		if (row.kind != KIND_TREE)
			r = k->w->visit(k->w->ctx, &n, e);
		else if (top)
			r = visit_tree(k, row.path, &row.digest, here, e);
		else
			r = err_set(e, "%s: a tree within a tree: '%s'", name,
				row.path);
		if (r)
			break;
	}
	table_reader_free(t);
	return r;
}

static int visit_data(struct walk *k, const struct m_data *d, struct err *e)
{
	struct need n = {.stored = d->stored, .path = d->path};

	if (!d->digest)
		return 0;
	if (digest_parse(d->digest, &n.digest) < 0)
		return err_set(e, "'%s' is not a digest", d->digest);
	if (d->kind && strcmp(d->kind, "tree") == 0)
		return visit_tree(k, d->path, &n.digest, d->stored, e);
	return k->w->visit(k->w->ctx, &n, e);
}

/* What no path of the run had: the patch that makes of a commit what was read,
 * the list of installed packages. */
static int visit_extra(
	struct walk *k, const char *digest, const char *path, struct err *e)
{
	struct need n = {.stored = true, .path = path};

	if (!digest)
		return 0;
	if (digest_parse(digest, &n.digest) < 0)
		return err_set(e, "'%s' is not a digest", digest);
	return k->w->visit(k->w->ctx, &n, e);
}

int needs_walk(struct store *s, const struct manifest *m, int files_fd,
	const char *name, const struct needs_walk *w, struct err *e)
{
	struct walk k = {s, w, arena_new(), MAP_INIT};
	int r = walk_table(&k, files_fd, name, true, true, e);

	for (size_t i = 0; r == 0 && i < m->inputs.count; i++)
		r = visit_data(&k, &m->inputs.items[i], e);
	for (size_t i = 0; r == 0 && i < m->outputs.count; i++)
		r = visit_data(&k, &m->outputs.items[i], e);
	for (size_t i = 0; r == 0 && i < m->code.count; i++)
		r = visit_extra(
			&k, m->code.items[i].patch, m->code.items[i].root, e);
	if (r == 0)
		r = visit_extra(&k, m->installed, "installed", e);
	map_release(&k.tables);
	arena_free(k.arena);
	return r;
}

int needs_of_run(struct store *s, const char *id, const struct needs_walk *w,
	struct err *e)
{
	autoarena *a = arena_new();
	autoclose int fd = -1;
	struct manifest m;

	if (run_read_manifest(s, id, a, &m, e) < 0)
		return -1;
	fd = run_open_files(s, id, &m, e);
	if (fd < 0)
		return -1;
	return needs_walk(s, &m, fd,
		arena_printf(a, "%s/runs/%s/" RUN_FILES, store_dir(s), id), w, e);
}
