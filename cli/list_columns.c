// SPDX-License-Identifier: Apache-2.0
/* Columns of the list that nobody asked for: what tells the runs apart. */
#include "cli/list.h"

#include "base/arena.h"
#include "base/map.h"
#include "cli/cli.h"
#include "manifests/scalar.h"
#include "store/index.h"
#include <stdlib.h>
#include <string.h>

/* Characters of a value in a column that nobody asked for. */
#define LIST_CELL_MAX 20

size_t list_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* The first `most` characters, the last three of them dots if there are more. */
static char *shorten(struct arena *a, const char *s, size_t most)
{
	const char *end = s;

	if (list_width(s) <= most)
		return arena_strdup(a, s);
	for (size_t n = 0; *end; end++)
		if (((unsigned char)*end & 0xc0) != 0x80 && n++ == most - 3)
			break;
	return arena_printf(a, "%.*s...", (int)(end - s), s);
}

int list_cell(struct arena *a, const struct listed *r,
	const struct list_column *c, const char **out, struct err *e)
{
	const char *value;

	if (c->kind == LIST_PARAMETER)
		value = query_parameter(&r->q, c->name);
	else if (c->kind == LIST_METRIC)
		value = query_metric(&r->q, c->name);
	else if (query_value(&r->q, a, c->name, &value, e) < 0)
		return -1;
	*out = !value || !*value ? "-" : cli_printable(a, value);
	if (c->most)
		*out = shorten(a, *out, c->most);
	return 0;
}

/* A name of a parameter or a metric, over all runs. */
struct fact {
	enum list_kind kind;
	const char *name;
	const char *value; /* of the first run that has it */
	const struct listed *last;
	bool differs;
	size_t runs, place;
};

struct facts {
	struct arena *a;
	struct map by_name[2]; /* of parameters, of metrics */
	struct fact *items;
	size_t count;
	struct map ends; /* last components: how many names have it */
};

static const char *last_component(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot[1] ? dot + 1 : name;
}

static void add_fact(struct facts *f, const struct listed *r,
	enum list_kind kind, const char *name, const char *value)
{
	struct map *by_name = &f->by_name[kind == LIST_METRIC];
	uintptr_t at = (uintptr_t)map_gets(by_name, name), ends;
	struct fact *fact;

	if (!at) {
		fact = ARENA_PUSH(f->a, f->items, f->count);
		at = f->count;
		map_puts(by_name, name, (void *)at);
		*fact = (struct fact){
			.kind = kind, .name = name, .value = value, .place = at};
		name = last_component(name);
		ends = (uintptr_t)map_gets(&f->ends, name);
		map_puts(&f->ends, name, (void *)(ends + 1));
	}
	fact = &f->items[at - 1];
	/* The first value of a name counts: see query_value(). */
	if (fact->last == r)
		return;
	fact->last = r;
	fact->runs++;
	if (!value != !fact->value || (value && strcmp(value, fact->value) != 0))
		fact->differs = true;
}

static void find_facts(struct facts *f, const struct list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct listed *item = &l->items[i];
		const struct index_run *r = item->q.run;

		for (size_t j = 0; j < r->parameters.count; j++)
			add_fact(f, item, LIST_PARAMETER,
				r->parameters.items[j].name,
				r->parameters.items[j].value);
		for (size_t j = 0; j < r->metrics.count; j++)
			add_fact(f, item, LIST_METRIC, r->metrics.items[j].name,
				r->metrics.items[j].value);
	}
}

/* What has different values comes before what some runs do not have, and then
 * what more runs have. */
static int by_runs(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;

	if (x->differs != y->differs)
		return x->differs ? -1 : 1;
	if (x->runs != y->runs)
		return x->runs < y->runs ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

int list_measure(const struct list *l, struct list_column *c, struct err *e)
{
	c->width = list_width(c->head);
	for (size_t i = 0; i < l->count; i++) {
		const char *cell;
		size_t width;

		if (list_cell(l->arena, &l->items[i], c, &cell, e) < 0)
			return -1;
		width = list_width(cell);
		if (c->width < width)
			c->width = width;
	}
	return 0;
}

static int add_column(const struct list *l, struct facts *f,
	const struct fact *t, struct list_column *c, struct err *e)
{
	const char *end = last_component(t->name);
	bool unique = (uintptr_t)map_gets(&f->ends, end) == 1;

	c->kind = t->kind;
	c->name = t->name;
	c->head = cli_printable(f->a, unique ? end : t->name);
	c->most = LIST_CELL_MAX;
	return list_measure(l, c, e);
}

/* Those of one kind, and how many of them are shown. */
struct choice {
	struct list_column *columns;
	size_t count, next;
};

static int choose(const struct list *l, struct facts *f, enum list_kind kind,
	struct choice *c, struct err *e)
{
	for (size_t i = 0; i < f->count; i++) {
		struct fact *t = &f->items[i];

		if (t->kind != kind || (!t->differs && t->runs == l->count))
			continue;
		if (add_column(l, f, t, ARENA_PUSH(f->a, c->columns, c->count),
			    e) < 0)
			return -1;
	}
	return 0;
}

/* By turns, so that neither kind pushes the other out. */
static void fit(struct choice c[2], size_t room)
{
	size_t used = 0;

	for (bool took = true; took;) {
		took = false;
		for (int k = 0; k < 2; k++) {
			size_t width = c[k].next < c[k].count
					       ? c[k].columns[c[k].next].width + 2
					       : 0;

			if (!width || (room && used + width > room))
				continue;
			used += width;
			c[k].next++;
			took = true;
		}
	}
}

int list_differing(const struct list *l, size_t room, struct list_column **out,
	size_t *count, size_t *more, struct err *e)
{
	struct facts f = {.a = l->arena};
	struct choice c[2] = {0};
	int r;

	*out = NULL;
	*count = *more = 0;
	find_facts(&f, l);
	if (f.count)
		qsort(f.items, f.count, sizeof(*f.items), by_runs);
	r = choose(l, &f, LIST_PARAMETER, &c[0], e) < 0 ||
			    choose(l, &f, LIST_METRIC, &c[1], e) < 0
		    ? -1
		    : 0;
	map_release(&f.by_name[0]);
	map_release(&f.by_name[1]);
	map_release(&f.ends);
	fit(c, room);
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < c[k].next; i++)
			*ARENA_PUSH(l->arena, *out, *count) = c[k].columns[i];
		*more += c[k].count - c[k].next;
	}
	return r;
}
