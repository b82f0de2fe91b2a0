// SPDX-License-Identifier: Apache-2.0
/*
 * Files of a run's table that --uses asks for by content or path: scripts,
 * modules of Python and data, which are in no list of libraries. The tables are
 * read one after the other: a second or so for a thousand runs.
 */
#include "cli/list.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fs.h"
#include "manifests/table.h"
#include "store/runs.h"
#include "store/store.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int read_table(struct store *s, int fd, const char *name,
	const char *root, const struct list_files *f, struct err *e);

/* Only a path that lies in a tree is worth reading its table. */
static int read_tree(struct store *s, const struct file_row *row,
	const struct list_files *f, struct err *e)
{
	char name[DIGEST_TEXT];
	bool below = false;
	autoclose int fd = -1;

	for (size_t i = 0; i < f->path_count; i++)
		below |= fs_below(f->paths[i], row->path);
	if (!below || !row->has_digest)
		return 0;
	fd = store_open_object(s, &row->digest, NULL);
	/* Its table is not here: a tree that was kept by reference. */
	if (fd < 0)
		return 0;
	digest_text(&row->digest, name);
	return read_table(s, fd, name, row->path, f, e);
}

static int read_table(struct store *s, int fd, const char *name,
	const char *root, const struct list_files *f, struct err *e)
{
	struct table_reader *t = table_reader_new(fd, name);
	struct file_row row;
	int r;

	while ((r = table_next(t, &row, e)) == 1) {
		autoarena *a = NULL;
		char digest[DIGEST_TEXT];
		const char *path = row.path;

		if (row.kind == KIND_TREE && read_tree(s, &row, f, e) < 0) {
			r = -1;
			break;
		}
		/* What was only looked at, or made, was not used. */
		if (!(row.access & (ACCESS_R | ACCESS_X | ACCESS_M)) &&
			row.kind != KIND_TREE)
			continue;
		if (row.has_digest)
			digest_text(&row.digest, digest);
		if (*root) {
			a = arena_new();
			path = arena_printf(a, "%s%s", root, row.path);
		}
		f->found(f->ctx, path, row.has_digest ? digest : NULL);
	}
	table_reader_free(t);
	return r;
}

int list_files(struct store *s, const char *id, const struct list_files *f,
	struct err *e)
{
	autoclose int fd = -1;
	struct run_dir r;

	if (run_open(s, id, &r, e) < 0)
		return -1;
	fd = openat(r.fd, RUN_FILES, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	run_dir_release(&r);
	if (fd < 0)
		return err_sys(e, "cannot read '%s/runs/%s/" RUN_FILES "'",
			store_dir(s), id);
	return read_table(s, fd, RUN_FILES, "", f, e);
}
