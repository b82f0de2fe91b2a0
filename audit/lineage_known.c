// SPDX-License-Identifier: Apache-2.0
/* Who read and wrote which content, kept. */
#include "audit/lineage_known.h"

#include "base/arena.h"
#include "base/strbuf.h"

#include <string.h>

static void learn_readers(struct lineage_known *k, struct arena *a)
{
	for (size_t i = 0; i < k->reader_count; i++) {
		struct index_content *r = &k->readers[i];

		map_puts(&k->read_at, arena_printf(a, "%s %s", r->run, r->path),
			r);
	}
}

static void learn_writers(struct lineage_known *k)
{
	for (size_t i = 0; i < k->writer_count; i++) {
		struct index_content *w = &k->writers[i];
		const char *first = map_gets(&k->first_written, w->path);

		if (!first || strcmp(w->started, first) < 0)
			map_puts(&k->first_written, w->path, w->started);
	}
}

const struct lineage_known *lineage_know(
	struct lineage_contents *c, const struct digest *d, struct err *e)
{
	struct lineage_known *k = map_get(&c->known, d, sizeof(*d));

	if (k)
		return k;
	k = arena_alloc(c->arena, sizeof(*k));
	if (index_find_content(c->index, c->arena, d, INDEX_READ, &k->readers,
		    &k->reader_count, e) < 0 ||
		index_find_content(c->index, c->arena, d, INDEX_WROTE,
			&k->writers, &k->writer_count, e) < 0)
		return NULL;
	learn_readers(k, c->arena);
	learn_writers(k);
	map_put(&c->known, arena_memdup(c->arena, d, sizeof(*d)), sizeof(*d), k);
	return k;
}

bool lineage_has_read(
	const struct lineage_known *k, const char *run, const char *path)
{
	autostrbuf key = STRBUF_INIT;

	strbuf_addf(&key, "%s %s", run, path);
	return map_gets(&k->read_at, key.s) != NULL;
}

bool lineage_was_written(
	const struct lineage_known *k, const char *path, const char *before)
{
	const char *first = map_gets(&k->first_written, path);

	return first && strcmp(first, before) < 0;
}

struct index_content lineage_keep_content(
	struct arena *a, const struct index_content *c)
{
	struct index_content out = *c;

	out.started = arena_strdup(a, c->started);
	out.id = arena_strdup(a, c->id);
	out.path = arena_strdup(a, c->path);
	out.role = arena_strdup(a, c->role);
	out.root = arena_strdup(a, c->root);
	return out;
}

void lineage_contents_release(struct lineage_contents *c)
{
	const struct map_entry *entry;

	for (size_t i = 0; (entry = map_next(&c->known, &i));) {
		struct lineage_known *k = entry->value;

		map_release(&k->read_at);
		map_release(&k->first_written);
	}
	map_release(&c->known);
}
