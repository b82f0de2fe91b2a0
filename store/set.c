// SPDX-License-Identifier: Apache-2.0
/* The files of a set, from the record of its run. */
#include "store/set.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/sort.h"
#include "base/strbuf.h"
#include "manifests/manifest.h"
#include "store/store.h"
#include "store/tree_files.h"

#include <errno.h>
#include <string.h>

struct reading {
	struct store *store;
	struct arena *a;
	struct file_set *out;
};

/* The path from the root of the set; NULL when it is not below it. */
static const char *below(const struct file_set *set, const char *path)
{
	size_t n = strlen(set->root);

	if (!fs_below(path, set->root))
		return NULL;
	if (!path[n])
		return "";
	return path + n + (path[n] == '/');
}

static struct set_file *add(struct reading *r, const char *path, int64_t bytes)
{
	struct set_file *f = ARENA_PUSH(r->a, r->out->items, r->out->count);

	f->path = arena_strdup(r->a, path);
	f->bytes = bytes;
	return f;
}

static void add_file(struct reading *r, const struct m_data *d)
{
	const char *path = below(r->out, d->path);
	struct set_file *f = path ? add(r, path, d->bytes) : NULL;

	if (f && d->digest)
		f->has_digest = digest_parse(d->digest, &f->digest) == 0;
}

static int add_row(
	void *ctx, const char *path, const struct file_row *row, struct err *e)
{
	struct reading *r = ctx;
	struct set_file *f;

	(void)e;
	path = below(r->out, path);
	if (!path)
		return 0;
	f = add(r, path, row->size);
	f->has_digest = true;
	f->digest = row->digest;
	return 0;
}

static int add_tree(struct reading *r, const struct m_data *d, struct err *e)
{
	if (!fs_below(d->path, r->out->root) && !fs_below(r->out->root, d->path))
		return 0;
	return tree_files(r->store, d, add_row, r, e);
}

static int add_data(struct reading *r, const struct m_data *items, size_t count,
	struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i].kind, "tree") != 0)
			add_file(r, &items[i]);
		else if (add_tree(r, &items[i], e) < 0)
			return -1;
	return 0;
}

static const char *path_of(const void *item)
{
	return ((const struct set_file *)item)->path;
}

int set_of_run(struct store *s, const struct manifest *m, const char *path,
	struct arena *a, struct file_set *out, struct err *e)
{
	struct reading r = {s, a, out};

	*out = (struct file_set){.root = arena_strdup(a, path), .left = true};
	memcpy(out->run, m->run.id, RUN_ID_LEN);
	if (add_data(&r, m->outputs.items, m->outputs.count, e) < 0)
		return -1;
	out->left = out->count > 0;
	if (!out->left && add_data(&r, m->inputs.items, m->inputs.count, e) < 0)
		return -1;
	sort_by_text(out->items, out->count, sizeof(*out->items), path_of);
	return out->count > 0;
}

int set_find(struct store *s, const char *name, struct arena *a,
	struct file_set *out, struct err *e)
{
	char id[RUN_ID_LEN + 1], *path;
	struct manifest m;
	int r = name_find(s, name, a, id, &path, e);

	if (r < 0)
		return -1;
	if (r == 0) {
		err_set(e, "nothing is named '%s' in the store '%s'", name,
			store_dir(s));
		if (e)
			e->code = ENOENT;
		return -1;
	}
	if (!path)
		return err_set(
			e, "'%s' names run %.8s, not files of it", name, id);
	if (run_read_manifest(s, id, a, &m, e) < 0)
		return -1;
	r = set_of_run(s, &m, path, a, out, e);
	if (r == 0)
		return err_set(e,
			"'%s' is damaged: run %.8s has no files at '%s'", name,
			id, path);
	return r < 0 ? -1 : 0;
}

void set_digest(const struct file_set *set, struct digest *out)
{
	struct hasher *h = hasher_new();
	autostrbuf line = STRBUF_INIT;

	for (size_t i = 0; i < set->count; i++) {
		strbuf_clear(&line);
		digest_sum_line(&line, &set->items[i].digest, set->items[i].path);
		hasher_add(h, line.s, line.len);
	}
	hasher_final(h, out);
	hasher_free(h);
}
