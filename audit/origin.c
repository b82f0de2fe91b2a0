// SPDX-License-Identifier: Apache-2.0
/* Contents and the runs that wrote or read them, by the index. */
#include "audit/origin.h"

#include "base/arena.h"
#include "store/index.h"
#include <string.h>

static int fill(struct index *ix, struct arena *a,
	const struct index_content *c, struct origin *out, struct err *e)
{
	struct index_run run = {.name = NULL};

	if (index_run(ix, a, c->run, &run, e) < 0)
		return -1;
	memcpy(out->run, c->run, sizeof(out->run));
	out->name = run.name;
	out->started = c->started;
	out->path = c->path;
	return 0;
}

/* A run comes once: it may have the content at several paths. */
static int add(struct index *ix, struct arena *a, const struct index_content *c,
	struct origin **items, size_t *count, struct err *e)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp((*items)[i].run, c->run) == 0)
			return 0;
	return fill(ix, a, c, ARENA_PUSH(a, *items, *count), e);
}

int origins_find(struct index *ix, struct arena *a, const struct digest *d,
	struct origins *out, struct err *e)
{
	struct index_content *found;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (index_find_content(
		    ix, a, d, INDEX_READ | INDEX_WROTE, &found, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct index_content *c = &found[i];
		int r = c->way == INDEX_WROTE ? add(ix, a, c, &out->writers,
							&out->writer_count, e)
					      : add(ix, a, c, &out->readers,
							&out->reader_count, e);

		if (r < 0)
			return -1;
	}
	return 0;
}

struct inputs {
	struct index *ix;
	struct arena *a;
	struct origin_input *items;
	size_t count;
};

static int take(struct inputs *in, const struct index_link *l, struct err *e)
{
	struct origin_input *o;

	for (size_t i = 0; i < in->count; i++) {
		o = &in->items[i];
		if (strcmp(o->id, l->here.id) != 0)
			continue;
		if (strcmp(o->writer.run, l->there.run) == 0)
			return 0;
		if (l->here.tree)
			continue;
		/* Of several, the latest. */
		o->others++;
		if (strcmp(o->writer.started, l->there.started) >= 0)
			return 0;
		return fill(in->ix, in->a, &l->there, &o->writer, e);
	}
	o = ARENA_PUSH(in->a, in->items, in->count);
	o->id = l->here.id;
	o->path = l->here.path;
	return fill(in->ix, in->a, &l->there, &o->writer, e);
}

int origins_of_inputs(struct index *ix, struct arena *a, const struct manifest *m,
	struct origin_input **out, size_t *count, struct err *e)
{
	struct inputs in = {ix, a, NULL, 0};
	struct index_link *links;
	size_t n;

	*out = NULL;
	*count = 0;
	if (index_links(ix, a, m->run.id, INDEX_READ, &links, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct index_content *there = &links[i].there;

		if (strcmp(there->run, m->run.id) == 0 || !there->started ||
			!m->run.started ||
			strcmp(there->started, m->run.started) >= 0)
			continue;
		if (take(&in, &links[i], e) < 0)
			return -1;
	}
	*out = in.items;
	*count = in.count;
	return 0;
}
