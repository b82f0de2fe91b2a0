// SPDX-License-Identifier: Apache-2.0
/*
 * Files of the environment that belong to no package and differ: what /etc
 * says, what somebody copied to /usr/local.
 */
#include "audit/diff_parts.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/map.h"
#include "manifests/table.h"
#include "manifests/table_diff.h"
#include "store/runs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More are counted. */
#define FILES_LISTED 200

struct files {
	struct diff *d;
	struct map said; /* inputs, outputs and libraries: parts of their own */
	size_t found;
};

static void known_data(struct files *f, const struct m_data *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		map_puts(&f->said, items[i].path, items[i].path);
}

static void know(struct files *f, const struct manifest *m)
{
	known_data(f, m->inputs.items, m->inputs.count);
	known_data(f, m->outputs.items, m->outputs.count);
	for (size_t i = 0; i < m->libraries.count; i++)
		map_puts(&f->said, m->libraries.items[i].path,
			m->libraries.items[i].path);
}

/* A file that the run found and used, of no package. */
static bool was_used(const struct file_row *r)
{
	return r && r->kind == KIND_FILE && !r->package &&
	       (r->access & (ACCESS_R | ACCESS_X)) && !(r->access & ACCESS_N);
}

/* What programs make of their own sources, or of their names. */
static bool is_made(const char *path)
{
	return strstr(path, "/__pycache__/") || fs_has_suffix(path, ".pyc") ||
	       !strcmp(path, "/etc/ld.so.cache");
}

static const char *digest_of(struct diff *d, const struct file_row *r)
{
	char text[DIGEST_TEXT];

	if (!was_used(r))
		return NULL;
	if (!r->has_digest)
		return "not recorded";
	digest_text(&r->digest, text);
	return arena_printf(d->arena, "%.15s", text);
}

static int one_path(void *arg, const struct table_difference *k, struct err *e)
{
	struct files *f = arg;

	(void)e;
	if ((!was_used(k->first) && !was_used(k->second)) ||
		(was_used(k->first) && was_used(k->second) &&
			!(k->what & DIFFERS_CONTENT)) ||
		map_gets(&f->said, k->path) || is_made(k->path))
		return 0;
	/* The other run has it from a package: that one is named. */
	if ((k->first && k->first->package) || (k->second && k->second->package))
		return 0;
	if (f->found++ < FILES_LISTED)
		diff_add(f->d, DIFF_FILES, arena_strdup(f->d->arena, k->path),
			digest_of(f->d, k->first), digest_of(f->d, k->second));
	return 0;
}

static int compare_tables(struct files *f, struct err *e)
{
	struct diff *d = f->d;
	const struct table_diff_ops ops = {one_path, diff_no_tree, f};
	autoclose int a = run_open_files(d->store, d->a.id, &d->a.m, e);
	autoclose int b =
		a < 0 ? -1 : run_open_files(d->store, d->b.id, &d->b.m, e);
	struct table_reader *x, *y;
	int r;

	if (b < 0)
		return -1;
	x = table_reader_new(
		a, arena_printf(d->arena, "%.8s/files.yaml", d->a.id));
	y = table_reader_new(
		b, arena_printf(d->arena, "%.8s/files.yaml", d->b.id));
	r = table_diff(x, y, &ops, e);
	table_reader_free(x);
	table_reader_free(y);
	return r;
}

int diff_files(struct diff *d, struct err *e)
{
	struct files f = {.d = d, .said = MAP_INIT};
	int r;

	know(&f, &d->a.m);
	know(&f, &d->b.m);
	r = compare_tables(&f, e);
	map_release(&f.said);
	if (f.found > FILES_LISTED)
		diff_note(d, "%zu more files of the environment differ",
			f.found - FILES_LISTED);
	return r;
}
