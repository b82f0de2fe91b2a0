// SPDX-License-Identifier: Apache-2.0
/* Digests of inputs and outputs, as sha256sum(1) prints them. */
#include "audit/export.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "manifests/table.h"
#include "store/store.h"

#include <string.h>

struct sums {
	const struct export_run *x;
	struct strbuf *out;
	struct map done; /* paths of outputs: what lies there now */
};

static int add_rows(struct sums *s, const struct m_data *d,
	struct table_reader *rows, struct err *e)
{
	autostrbuf path = STRBUF_INIT;
	struct file_row row;
	int r;

	while ((r = table_next(rows, &row, e)) > 0) {
		if (row.kind != KIND_FILE || !row.has_digest)
			continue;
		strbuf_clear(&path);
		strbuf_addf(&path, "%s%s", strcmp(d->path, "/") ? d->path : "",
			row.path);
		digest_sum_line(s->out, &row.digest, path.s);
	}
	return r;
}

static int add_tree(struct sums *s, const struct m_data *d,
	const struct digest *digest, struct err *e)
{
	/* Half a table would be half of the sums. */
	autoclose int fd = store_verify_object(s->x->store, digest, e) == 0
				   ? store_open_object(s->x->store, digest, e)
				   : -1;
	struct table_reader *rows;
	int r;

	if (fd < 0)
		return err_wrap(e, "the table of '%s'", d->path);
	rows = table_reader_new(fd, d->path);
	r = add_rows(s, d, rows, e);
	table_reader_free(rows);
	return r;
}

static int add(struct sums *s, const struct m_data *d, struct err *e)
{
	struct digest digest;

	if (!d->digest || digest_parse(d->digest, &digest) < 0 ||
		map_puts(&s->done, d->path, s))
		return 0;
	if (!strcmp(d->kind, "tree"))
		return add_tree(s, d, &digest, e);
	digest_sum_line(s->out, &digest, d->path);
	return 0;
}

int export_sums(const struct export_run *x, struct strbuf *out, struct err *e)
{
	struct sums s = {x, out, MAP_INIT};
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->m->outputs.count; i++)
		r = add(&s, &x->m->outputs.items[i], e);
	for (size_t i = 0; r == 0 && i < x->m->inputs.count; i++)
		r = add(&s, &x->m->inputs.items[i], e);
	map_release(&s.done);
	return r;
}
