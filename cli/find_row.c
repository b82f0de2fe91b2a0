/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a run's record, by its path. */
#include "cli/find_row.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "cli/cli.h"
#include "manifests/manifest.h"
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

static void keep_row(
	struct arena *a, const struct file_row *row, struct file_row *out)
{
	*out = *row;
	out->path = arena_strdup(a, row->path);
	out->target = row->target ? arena_strdup(a, row->target) : NULL;
	out->xattrs = row->xattrs ? arena_strdup(a, row->xattrs) : NULL;
	out->link = row->link ? arena_strdup(a, row->link) : NULL;
	out->package = row->package ? arena_strdup(a, row->package) : NULL;
	out->listing.items =
		arena_array(a, row->listing.count + 1, sizeof(char *));
	for (size_t i = 0; i < row->listing.count; i++)
		out->listing.items[i] = arena_strdup(a, row->listing.items[i]);
}

static int find_in_tree(struct store *s, const struct digest *d, const char *root,
	const char *path, struct arena *a, struct file_row *out, struct err *e);

/* Of a data root some files may have rows of their own, beside its table. */
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
		if (row.kind != KIND_TREE || !row.has_digest ||
			!fs_below(path, row.path))
			continue;
		r = find_in_tree(s, &row.digest, row.path, path, a, out, e);
		if (r != 0)
			return r;
	}
	return r;
}

/* Paths in its table begin with a slash at the root. */
static int find_in_tree(struct store *s, const struct digest *d, const char *root,
	const char *path, struct arena *a, struct file_row *out, struct err *e)
{
	const char *below = strcmp(root, "/") == 0 ? path : path + strlen(root);
	char name[DIGEST_TEXT];
	autoclose int fd = store_open_object(s, d, e);
	int r;

	if (fd < 0)
		return -1;
	digest_text(d, name);
	r = find_in_table(s, fd, name, below, a, out, e);
	if (r > 0)
		out->path = arena_strdup(a, path);
	return r;
}

/* As the run found it. */
static int find_input(struct store *s, const char *id, const struct manifest *m,
	const char *path, struct arena *a, struct file_row *out, struct err *e)
{
	autoclose int fd = run_open_files(s, id, m, e);

	if (fd < 0)
		return -1;
	return find_in_table(s, fd, "files.yaml", path, a, out, e);
}

/* As the run left it: digest, size and stored. */
static int find_output(struct store *s, const struct manifest *m,
	const char *path, struct arena *a, struct file_row *out, struct err *e)
{
	for (size_t i = 0; i < m->outputs.count; i++) {
		const struct m_data *d = &m->outputs.items[i];
		struct digest digest;

		if (d->digest == NULL || digest_parse(d->digest, &digest) < 0)
			continue;
		if (strcmp(d->kind, "tree") == 0) {
			int r = fs_below(path, d->path)
					? find_in_tree(s, &digest, d->path,
						  path, a, out, e)
					: 0;

			if (r != 0)
				return r;
			continue;
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

int find_row(struct store *s, const char *id, const char *path, bool input,
	struct arena *a, struct file_row *out, struct err *e)
{
	struct manifest m;
	int r = 0;

	if (run_read_manifest(s, id, a, &m, e) < 0)
		return -1;
	path = cli_path_in_run(a, &m, path);
	if (!input)
		r = find_output(s, &m, path, a, out, e);
	if (r == 0)
		r = find_input(s, id, &m, path, a, out, e);
	if (r == 0)
		return err_set(e, "run %.8s has no file '%s'", id, path);
	return r < 0 ? -1 : 0;
}
