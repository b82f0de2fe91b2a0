// SPDX-License-Identifier: Apache-2.0
/* Inputs and outputs of a run, and files of its trees, into the index. */
#include "store/index_internal.h"

#include "base/fs.h"
#include "manifests/table.h"

#include <string.h>

static int add_tree_file(struct index *ix, int64_t tree,
	const struct file_row *row, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_ADD_TREE_FILE, e);

	if (!st)
		return -1;
	index_bind_int(st, 1, tree);
	index_bind_text(st, 2, row->path);
	index_bind_digest(st, 3, &row->digest);
	index_bind_int(st, 4, row->size);
	return index_step(ix, st, e);
}

/* How many files are known, or -1. A table that cannot be read to its end is
 * trouble for `verify` to name; what comes before it is right. */
static int64_t add_tree_files(
	struct index *ix, int64_t tree, const struct digest *d, struct err *e)
{
	autoclose int fd = store_open_object(ix->store, d, NULL);
	struct table_reader *t;
	struct file_row row;
	int64_t n = 0;

	/* The store does not have it, or it is damaged. */
	if (fd < 0 || digest_verify_fd(fd, d, NULL) < 0)
		return 0;
	t = table_reader_new(fd, "table");
	while (n >= 0 && table_next(t, &row, NULL) == 1) {
		if (row.kind != KIND_FILE || !row.has_digest)
			continue;
		n = add_tree_file(ix, tree, &row, e) < 0 ? -1 : n + 1;
	}
	table_reader_free(t);
	return n;
}

/* Its key; also when its table is not there, or too long, as yet. */
static int64_t add_tree(struct index *ix, const struct m_data *d,
	const struct digest *digest, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_FIND_TREE, e);
	int64_t key, n;
	bool known;
	int r;

	if (!st)
		return -1;
	index_bind_digest(st, 1, digest);
	r = index_step(ix, st, e);
	key = r == 1 ? sqlite3_column_int64(st, 0) : 0;
	known = r == 1 && sqlite3_column_type(st, 1) != SQLITE_NULL;
	sqlite3_reset(st);
	if (r == 0) {
		st = index_stmt(ix, SQL_ADD_TREE, e);
		if (!st)
			return -1;
		index_bind_digest(st, 1, digest);
		r = index_step(ix, st, e);
		key = sqlite3_last_insert_rowid(ix->db);
	}
	if (r < 0 || known || d->files > INDEX_TREE_FILES)
		return r < 0 ? -1 : key;
	n = add_tree_files(ix, key, digest, e);
	if (n <= 0)
		return n < 0 ? -1 : key;
	st = index_stmt(ix, SQL_SET_TREE, e);
	if (!st)
		return -1;
	index_bind_int(st, 1, key);
	index_bind_int(st, 2, n);
	return index_step(ix, st, e) < 0 ? -1 : key;
}

static int add_content(struct index *ix, const struct m_data *d, int64_t run,
	enum index_way way, struct err *e)
{
	bool is_tree = d->kind && strcmp(d->kind, "tree") == 0;
	struct digest digest;
	bool known = d->digest && digest_parse(d->digest, &digest) == 0;
	sqlite3_stmt *st;
	int64_t tree = is_tree ? 0 : ABSENT;

	if (is_tree && known && (tree = add_tree(ix, d, &digest, e)) < 0)
		return -1;
	st = index_stmt(ix, SQL_ADD_CONTENT, e);
	if (!st)
		return -1;
	index_bind_int(st, 1, run);
	index_bind_int(st, 2, way);
	index_bind_text(st, 3, d->id);
	index_bind_text(st, 4, d->path);
	index_bind_text(st, 5, d->role);
	index_bind_int(st, 6, tree);
	if (known)
		index_bind_digest(st, 7, &digest);
	index_bind_int(st, 8, d->bytes);
	index_bind_int(st, 9, d->files);
	return index_step(ix, st, e);
}

int index_add_contents(
	struct index *ix, const struct manifest *m, int64_t run, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->inputs.count; i++)
		r = add_content(ix, &m->inputs.items[i], run, INDEX_READ, e);
	for (size_t i = 0; r == 0 && i < m->outputs.count; i++)
		r = add_content(ix, &m->outputs.items[i], run, INDEX_WROTE, e);
	return r;
}
