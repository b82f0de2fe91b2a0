// SPDX-License-Identifier: Apache-2.0
/* Digests of inputs and outputs, as sha256sum(1) prints them. */
#include "audit/export.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "store/tree_files.h"

#include <string.h>

struct sums {
	const struct export_run *x;
	struct strbuf *out;
	struct map done; /* paths of outputs: what lies there now */
};

static int add_file(
	void *ctx, const char *path, const struct file_row *row, struct err *e)
{
	struct sums *s = ctx;

	(void)e;
	digest_sum_line(s->out, &row->digest, path);
	return 0;
}

static int add(struct sums *s, const struct m_data *d, struct err *e)
{
	struct digest digest;

	if (!d->digest || digest_parse(d->digest, &digest) < 0 ||
		map_puts(&s->done, d->path, s))
		return 0;
	if (!strcmp(d->kind, "tree"))
		return tree_files(s->x->store, d, add_file, s, e);
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
