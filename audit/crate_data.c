// SPDX-License-Identifier: Apache-2.0
/* Inputs and outputs as entities of a crate, and the files that belong to it. */
#include "audit/crate.h"

#include "base/arena.h"
#include "base/fs.h"
#include "store/tree_files.h"

#include <string.h>

#define FILES "files"
#define BEFORE "before"

static char *name_in_crate(struct crate *c, const char *path)
{
	return arena_printf(c->x->arena, "%s%s", c->root, path);
}

static void want_file(
	struct crate *c, const char *path, const char *digest, const char *mode)
{
	*ARENA_PUSH(c->x->arena, c->files->items, c->files->count) =
		(struct export_file){name_in_crate(c, path), digest, mode};
}

static int want_row(
	void *ctx, const char *path, const struct file_row *row, struct err *e)
{
	struct crate *c = ctx;
	char digest[DIGEST_TEXT];

	(void)e;
	if (row->not_stored)
		return 0;
	digest_text(&row->digest, digest);
	want_file(c, arena_strdup(c->x->arena, path),
		arena_strdup(c->x->arena, digest), NULL);
	return 0;
}

static bool is_tree(const struct m_data *d)
{
	return !strcmp(d->kind, "tree");
}

/* A tree is one entity, however many files it has. */
static const char *data_id(struct crate *c, const struct m_data *d)
{
	const char *slash = is_tree(d) ? "/" : "";
	char *path = arena_printf(c->x->arena, "%s%s", d->path, slash);

	return d->stored && d->digest
		       ? crate_encode(c->x->arena, "", name_in_crate(c, path))
		       : crate_encode(c->x->arena, "file://", path);
}

static int add_data(struct crate *c, const struct m_data *d, struct err *e)
{
	const char *id = data_id(c, d);
	json_t *j;

	if (crate_is_known(c, id))
		return 0;
	j = crate_entity(c, id, is_tree(d) ? "Dataset" : "File");
	crate_put_text(c, j, "name", fs_base_name(d->path));
	crate_put_text(c, j, "alternateName", d->path);
	if (d->role)
		crate_put_text(c, j, "description", d->role);
	if (is_tree(d))
		crate_put_text(c, j, "description",
			arena_printf(c->x->arena, "%s: %lld files",
				d->role ? d->role : "data", (long long)d->files));
	else if (d->digest)
		crate_put_text(c, j, "sha256", d->digest + strlen("sha256:"));
	if (!is_tree(d) && d->bytes != ABSENT)
		json_put(j, "contentSize",
			json_made(json_sprintf("%lld", (long long)d->bytes)));
	json_add(c->parts, crate_ref(id));
	if (!d->stored || !d->digest)
		return 0;
	if (is_tree(d))
		return tree_files(c->x->store, d, want_row, c, e);
	want_file(c, d->path, d->digest, d->mode);
	return 0;
}

/* An input that the run wrote over is not what it left. */
static bool is_replaced(const struct crate *c, const struct m_data *input)
{
	const struct manifest *m = c->x->m;

	for (size_t i = 0; i < m->outputs.count; i++) {
		const struct m_data *o = &m->outputs.items[i];
		bool same = !strcmp(o->path, input->path) && o->digest &&
			    input->digest && !strcmp(o->digest, input->digest);

		if (!same && (fs_below(o->path, input->path) ||
				     fs_below(input->path, o->path)))
			return true;
	}
	return false;
}

int crate_add_all(struct crate *c, const struct m_data *items, size_t n,
	json_t *refs, struct err *e)
{
	bool inputs = items == c->x->m->inputs.items;

	for (size_t i = 0; i < n; i++) {
		c->root = inputs && is_replaced(c, &items[i]) ? BEFORE : FILES;
		if (add_data(c, &items[i], e) < 0)
			return -1;
		json_add(refs, crate_ref(data_id(c, &items[i])));
	}
	return 0;
}
