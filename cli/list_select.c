// SPDX-License-Identifier: Apache-2.0
/* Which runs `reprise list` shows, and in which order. */
#include "cli/list.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "cli/cli.h"
#include "store/index.h"
#include "store/runs.h"
#include "store/store.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The name that it was captured under comes first. */
static void add_name(struct arena *a, struct query_run *q, char *name)
{
	char **last = ARENA_PUSH(a, q->names.items, q->names.count);

	*last = name;
	if (q->run->name && strcmp(q->run->name, name) == 0) {
		*last = q->names.items[0];
		q->names.items[0] = name;
	}
}

/* Every name that a run has now, by the run's id. */
static void take_names(struct list *l)
{
	struct map by_id = MAP_INIT;
	struct name_entry *names;
	size_t n;

	names_list(l->store, l->arena, &names, &n);
	for (size_t i = 0; i < l->count; i++)
		map_puts(&by_id, l->items[i].q.run->id, &l->items[i].q);
	for (size_t i = 0; i < n; i++) {
		struct query_run *q =
			names[i].path ? NULL : map_gets(&by_id, names[i].id);

		if (q)
			add_name(l->arena, q, names[i].name);
	}
	map_release(&by_id);
}

static void take_unpublished(struct list *l, const char *id)
{
	struct index_run *r = arena_alloc(l->arena, sizeof(*r));
	struct run_entry entry;
	struct listed *item;

	/* Killed, and it could not be frozen: said when opening. */
	if (run_read_entry(l->store, l->arena, id, &entry, NULL) < 0 ||
		(entry.dead && !entry.pending))
		return;
	memcpy(r->id, entry.id, sizeof(r->id));
	/* It may have been published just now. */
	r->status = entry.status
			    ? entry.status
			    : (char *)(entry.pending ? "pending" : "running");
	r->exit_code = ABSENT;
	r->wall_s = NAN;
	item = ARENA_PUSH(l->arena, l->items, l->count);
	item->state = r->status;
	item->q.run = r;
	item->q.command = "";
}

int list_take(struct list *l, struct err *e)
{
	const struct strlist *unpublished = index_unpublished(l->index);
	struct index_run *runs;
	size_t n;

	if (index_runs(l->index, l->arena, &runs, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct listed *item = ARENA_PUSH(l->arena, l->items, l->count);

		item->q.run = &runs[i];
		item->q.command = cli_command_text(l->arena, &runs[i].argv);
	}
	for (size_t i = 0; i < unpublished->count; i++)
		take_unpublished(l, unpublished->items[i]);
	take_names(l);
	return 0;
}

static bool has_tags(const struct listed *r, const struct kvlist *wanted)
{
	const struct kvlist *tags = &r->q.run->tags;

	for (size_t i = 0; i < wanted->count; i++) {
		const struct kv *w = &wanted->items[i];
		bool found = false;

		for (size_t j = 0; j < tags->count && !found; j++)
			found = strcmp(tags->items[j].key, w->key) == 0 &&
				(!w->value || (tags->items[j].value &&
						      strcmp(tags->items[j].value,
							      w->value) == 0));
		if (!found)
			return false;
	}
	return true;
}

void list_tagged(struct list *l, const struct kvlist *wanted)
{
	for (size_t i = 0; i < l->count; i++)
		l->items[i].hidden |= !has_tags(&l->items[i], wanted);
}

static int no_such_name(const char *name, struct err *e)
{
	return err_set(
		e, "no run has a parameter, metric, tag or field '%s'", name);
}

int list_check_name(const struct list *l, const char *name, struct err *e)
{
	const char *value;

	for (size_t i = 0; i < l->count; i++) {
		int r = query_value(&l->items[i].q, l->arena, name, &value, e);

		if (r)
			return r < 0 ? -1 : 0;
	}
	return l->count ? no_such_name(name, e) : 0;
}

int list_where(struct list *l, const char *text, struct err *e)
{
	bool known = l->count == 0;
	struct query_where w;

	if (query_parse(&w, l->arena, text, e) < 0)
		return -1;
	for (size_t i = 0; i < l->count; i++) {
		int r = query_matches(&l->items[i].q, &w, l->arena, &known, e);

		if (r < 0)
			return -1;
		l->items[i].hidden |= r == 0;
	}
	return known ? 0 : no_such_name(w.name, e);
}

void list_compact(struct list *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++)
		if (!l->items[i].hidden)
			l->items[kept++] = l->items[i];
	l->count = kept;
}

struct sorted {
	struct listed item;
	const char *value;
	size_t place; /* that it had before */
	bool down;
};

static int in_order(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int order = query_order(x->value, y->value);

	/* What has no value comes last either way. */
	if (x->down && x->value && y->value)
		order = -order;
	return order ? order : (x->place > y->place) - (x->place < y->place);
}

int list_sort(struct list *l, const char *name, struct err *e)
{
	bool down = *name == '-';
	struct sorted *items = arena_array(l->arena, l->count, sizeof(*items));

	name += down;
	for (size_t i = 0; i < l->count; i++) {
		items[i] = (struct sorted){l->items[i], NULL, i, down};
		if (query_value(&l->items[i].q, l->arena, name, &items[i].value,
			    e) < 0)
			return -1;
	}
	if (l->count)
		qsort(items, l->count, sizeof(*items), in_order);
	for (size_t i = 0; i < l->count; i++)
		l->items[i] = items[i].item;
	return 0;
}
