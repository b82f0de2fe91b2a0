/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over the contents that a run's record names. */
#include "cli/walk.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "manifests/table.h"
#include "store/runs.h"
#include "store/store.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define autoreader __attribute__((cleanup(reader_autofree))) struct table_reader

static void reader_autofree(struct table_reader **t)
{
	if (*t != NULL)
		table_reader_free(*t);
}

struct walk {
	struct store *store;
	content_fn *fn;
	void *arg;
};

static int walk_table(const struct walk *w, int fd, const char *name,
	bool output, struct err *e);

/* A table is an object: walk it when it is there and whole. */
static int walk_tree(const struct walk *w, const struct content *c, struct err *e)
{
	char name[DIGEST_TEXT];
	struct err why = ERR_INIT;
	autoclose int fd = -1;

	if (w->fn(w->arg, c, e) < 0)
		return -1;
	if (store_verify_object(w->store, c->digest, &why) != 0)
		return 0;
	fd = store_open_object(w->store, c->digest, e);
	if (fd < 0)
		return -1;
	digest_text(c->digest, name);
	return walk_table(w, fd, name, c->output, e);
}

static int walk_table(const struct walk *w, int fd, const char *name,
	bool output, struct err *e)
{
	autoreader *t = table_reader_new(fd, name);
	struct file_row row;
	int r;

	while ((r = table_next(t, &row, e)) > 0) {
		struct content c = {
			.path = row.path,
			.digest = &row.digest,
			.size = row.size,
			.stored = !row.not_stored,
			.output = output,
		};

		if (!row.has_digest)
			continue;
		if (row.kind != KIND_TREE)
			r = w->fn(w->arg, &c, e);
		else {
			/* The table itself is stored even where the contents
			 * of its rows are not. */
			c.stored = true;
			c.size = ABSENT;
			r = walk_tree(w, &c, e);
		}
		if (r < 0)
			return -1;
	}
	return r;
}

static int walk_output(
	const struct walk *w, const struct m_data *d, struct err *e)
{
	struct digest digest;
	struct content c = {
		.path = d->path,
		.digest = &digest,
		.size = d->bytes,
		.stored = d->stored,
		.output = true,
	};

	if (d->digest == NULL)
		return 0;
	if (digest_parse(d->digest, &digest) < 0)
		return err_set(e, "'%s' is no digest", d->digest);
	if (strcmp(d->kind, "tree") != 0)
		return w->fn(w->arg, &c, e);
	c.size = ABSENT;
	c.stored = true;
	return walk_tree(w, &c, e);
}

int walk_contents(struct store *s, const char *id, const struct manifest *m,
	content_fn *fn, void *arg, struct err *e)
{
	struct walk w = {.store = s, .fn = fn, .arg = arg};
	autoclose int fd = run_open_files(s, id, m, e);

	if (fd < 0 || walk_table(&w, fd, "files.yaml", false, e) < 0)
		return -1;
	for (size_t i = 0; i < m->outputs.count; i++)
		if (walk_output(&w, &m->outputs.items[i], e) < 0)
			return -1;
	return 0;
}

static void keep_row(
	struct arena *a, const struct file_row *row, struct file_row *out)
{
	*out = *row;
	out->path = arena_strdup(a, row->path);
	out->target = row->target ? arena_strdup(a, row->target) : NULL;
	out->link = row->link ? arena_strdup(a, row->link) : NULL;
	out->package = row->package ? arena_strdup(a, row->package) : NULL;
	out->listing.items =
		arena_array(a, row->listing.count + 1, sizeof(char *));
	for (size_t i = 0; i < row->listing.count; i++)
		out->listing.items[i] = arena_strdup(a, row->listing.items[i]);
}

static int find_in_tree(struct store *s, const struct digest *d,
	const char *path, struct arena *a, struct file_row *out, struct err *e);

static int find_in_table(struct store *s, int fd, const char *name,
	const char *path, struct arena *a, struct file_row *out, struct err *e)
{
	autoreader *t = table_reader_new(fd, name);
	struct file_row row;
	int r;

	while ((r = table_next(t, &row, e)) > 0) {
		if (strcmp(row.path, path) == 0) {
			keep_row(a, &row, out);
			return 1;
		}
		if (row.kind == KIND_TREE && row.has_digest &&
			fs_below(path, row.path))
			return find_in_tree(s, &row.digest, path, a, out, e);
	}
	return r;
}

static int find_in_tree(struct store *s, const struct digest *d,
	const char *path, struct arena *a, struct file_row *out, struct err *e)
{
	char name[DIGEST_TEXT];
	autoclose int fd = store_open_object(s, d, e);

	if (fd < 0)
		return -1;
	digest_text(d, name);
	return find_in_table(s, fd, name, path, a, out, e);
}

int walk_find_row(struct store *s, const char *id, const struct manifest *m,
	const char *path, struct arena *a, struct file_row *out, struct err *e)
{
	autoclose int fd = run_open_files(s, id, m, e);

	if (fd < 0)
		return -1;
	return find_in_table(s, fd, "files.yaml", path, a, out, e);
}

int walk_find_output(struct store *s, const struct manifest *m,
	const char *path, struct arena *a, struct file_row *out, struct err *e)
{
	for (size_t i = 0; i < m->outputs.count; i++) {
		const struct m_data *d = &m->outputs.items[i];
		struct digest digest;

		if (d->digest == NULL || digest_parse(d->digest, &digest) < 0)
			continue;
		if (strcmp(d->kind, "tree") == 0) {
			if (!fs_below(path, d->path))
				continue;
			return find_in_tree(s, &digest, path, a, out, e);
		}
		if (strcmp(d->path, path) != 0)
			continue;
		file_row_init(out);
		out->path = d->path;
		out->kind = KIND_FILE;
		out->has_digest = true;
		out->digest = digest;
		out->size = d->bytes;
		out->not_stored = !d->stored;
		return 1;
	}
	return 0;
}
