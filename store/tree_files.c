// SPDX-License-Identifier: Apache-2.0
/* The table of a tree, file by file. */
#include "store/tree_files.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "store/store.h"

#include <string.h>

int tree_open(struct store *s, const struct m_data *tree, struct err *e)
{
	autoclose int fd = -1;
	struct digest digest;

	if (!tree->digest || digest_parse(tree->digest, &digest) < 0)
		return err_set(e, "'%s' has no digest", tree->path);
	fd = store_open_object(s, &digest, e);
	if (fd < 0 || store_verify_object(s, &digest, e) != 0)
		return err_wrap(e, "the table of '%s'", tree->path);
	return steal_fd(&fd);
}

static int each_row(const struct m_data *tree, struct table_reader *rows,
	tree_file_fn each, void *ctx, struct err *e)
{
	const char *root = strcmp(tree->path, "/") ? tree->path : "";
	autostrbuf path = STRBUF_INIT;
	struct file_row row;
	int r;

	while ((r = table_next(rows, &row, e)) > 0) {
		if (row.kind != KIND_FILE || !row.has_digest)
			continue;
		strbuf_clear(&path);
		strbuf_addf(&path, "%s%s", root, row.path);
		r = each(ctx, path.s, &row, e);
		if (r)
			return r;
	}
	return r;
}

int tree_files(struct store *s, const struct m_data *tree, tree_file_fn each,
	void *ctx, struct err *e)
{
	autoclose int fd = tree_open(s, tree, e);
	struct table_reader *rows;
	int r;

	if (fd < 0)
		return -1;
	rows = table_reader_new(fd, tree->path);
	r = each_row(tree, rows, each, ctx, e);
	table_reader_free(rows);
	return r;
}
