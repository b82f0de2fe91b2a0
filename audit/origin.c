// SPDX-License-Identifier: Apache-2.0
/* Contents and the runs that wrote or read them, by walking all runs. */
#include "audit/origin.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/map.h"
#include "manifests/table.h"
#include "store/store.h"
#include <string.h>

/* What a run has as one of its inputs or outputs, or in a tree of them; NULL:
 * nothing. */
static const char *path_in_tree(struct store *s, struct arena *a,
	const struct m_data *d, const struct digest *wanted)
{
	struct digest table;
	struct table_reader *t;
	struct file_row row;
	const char *path = NULL;
	autoclose int fd = -1;

	if (digest_parse(d->digest, &table) == 0)
		fd = store_open_object(s, &table, NULL);
	if (fd < 0)
		return NULL;
	t = table_reader_new(fd, d->digest);
	while (path == NULL && table_next(t, &row, NULL) > 0)
		if (row.has_digest && digest_equal(&row.digest, wanted))
			path = fs_join(a, d->path, row.path + 1);
	table_reader_free(t);
	return path;
}

static const char *path_among(struct store *s, struct arena *a,
	const struct m_data *items, size_t count, const struct digest *wanted)
{
	for (size_t i = 0; i < count; i++) {
		const struct m_data *d = &items[i];
		const char *path = NULL;
		struct digest is;

		if (d->digest == NULL || digest_parse(d->digest, &is) < 0)
			continue;
		if (digest_equal(&is, wanted))
			path = d->path;
		else if (strcmp(d->kind, "tree") == 0)
			path = path_in_tree(s, a, d, wanted);
		if (path != NULL)
			return path;
	}
	return NULL;
}

static void add(struct arena *a, struct origin **items, size_t *count,
	const struct run_entry *r, const char *path)
{
	struct origin *o;

	if (path == NULL)
		return;
	o = ARENA_PUSH(a, *items, *count);
	memcpy(o->run, r->id, sizeof(o->run));
	o->name = r->name;
	o->started = r->started;
	o->path = arena_strdup(a, path);
}

int origins_find(struct store *s, struct arena *a, const struct digest *d,
	struct origins *out, struct err *e)
{
	autoarena *scratch = arena_new();
	struct run_entry *runs;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (runs_list(s, a, false, &runs, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct err why = ERR_INIT;
		struct manifest m;

		arena_clear(scratch);
		if (run_read_manifest(s, runs[i].id, scratch, &m, &why) < 0) {
			log_warn("%s", why.msg);
			continue;
		}
		add(a, &out->writers, &out->writer_count, &runs[i],
			path_among(s, scratch, m.outputs.items, m.outputs.count,
				d));
		add(a, &out->readers, &out->reader_count, &runs[i],
			path_among(s, scratch, m.inputs.items, m.inputs.count, d));
	}
	return 0;
}

/* The inputs of a run by their digests, and what was found for each. */
struct wanted {
	struct map by_digest; /* -> struct origin_input */
	struct origin_input *items;
};

static void want(struct wanted *w, const struct manifest *m, struct arena *a)
{
	w->items = arena_array(a, m->inputs.count + 1, sizeof(*w->items));
	for (size_t i = 0; i < m->inputs.count; i++) {
		const struct m_data *d = &m->inputs.items[i];

		w->items[i].input = d;
		if (d->digest != NULL && d->bytes != 0)
			map_puts(&w->by_digest, d->digest, &w->items[i]);
	}
}

/* Outputs of one run, which are inputs of the other. */
static void take_outputs(struct wanted *w, struct arena *a,
	const struct manifest *m, const struct run_entry *r)
{
	for (size_t i = 0; i < m->outputs.count; i++) {
		const struct m_data *d = &m->outputs.items[i];
		struct origin_input *in =
			d->digest ? map_gets(&w->by_digest, d->digest) : NULL;
		struct origin *list = NULL;
		size_t count = 0;

		if (in == NULL)
			continue;
		if (in->writer.path != NULL) {
			in->others++;
			continue;
		}
		add(a, &list, &count, r, d->path);
		in->writer = list[0];
	}
}

int origins_of_inputs(struct store *s, struct arena *a, const struct manifest *m,
	struct origin_input **out, size_t *count, struct err *e)
{
	autoarena *scratch = arena_new();
	struct wanted w = {MAP_INIT, NULL};
	struct run_entry *runs;
	size_t n;

	*out = NULL;
	*count = 0;
	if (runs_list(s, a, false, &runs, &n, e) < 0)
		return -1;
	want(&w, m, a);
	for (size_t i = 0; i < n; i++) {
		struct manifest other;

		if (strcmp(runs[i].id, m->run.id) == 0 || m->run.started == NULL ||
			strcmp(runs[i].started, m->run.started) >= 0)
			continue;
		arena_clear(scratch);
		if (run_read_manifest(s, runs[i].id, scratch, &other, NULL) == 0)
			take_outputs(&w, a, &other, &runs[i]);
	}
	map_release(&w.by_digest);
	for (size_t i = 0; i < m->inputs.count; i++)
		if (w.items[i].writer.path != NULL)
			*ARENA_PUSH(a, *out, *count) = w.items[i];
	return 0;
}
