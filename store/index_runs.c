// SPDX-License-Identifier: Apache-2.0
/* Runs out of the index, with what they were set to and what they measured. */
#include "store/index_internal.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

struct question {
	struct arena *a;
	const char *id; /* NULL: all */
	struct index_run *runs;
	size_t count;
};

/* To find the run of a fact: sorted by key. */
struct by_key {
	int64_t key;
	size_t at;
};

static int compare_keys(const void *a, const void *b)
{
	const struct by_key *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static void take_argv(
	struct arena *a, sqlite3_stmt *st, int i, struct strlist *out)
{
	const char *p = sqlite3_column_blob(st, i);
	size_t left = (size_t)sqlite3_column_bytes(st, i), len;

	for (; p && left; p += len + 1, left -= len + 1) {
		len = strnlen(p, left - 1);
		*ARENA_PUSH(a, out->items, out->count) = arena_memdup(a, p, len);
	}
}

static void take_run(struct arena *a, sqlite3_stmt *st, struct index_run *r)
{
	const char *id = (const char *)sqlite3_column_text(st, 1);

	if (id && strlen(id) == RUN_ID_LEN)
		memcpy(r->id, id, sizeof(r->id));
	r->name = index_text(a, st, 2);
	r->group = index_text(a, st, 3);
	r->status = index_some_text(a, st, 4);
	r->exit_code = index_int(st, 5);
	r->signal = index_text(a, st, 6);
	r->started = index_some_text(a, st, 7);
	r->ended = index_text(a, st, 8);
	r->wall_s = index_double(st, 9);
	take_argv(a, st, 10, &r->argv);
}

static void take_fact(
	struct arena *a, sqlite3_stmt *st, struct index_run *r, char **source)
{
	const char *from = (const char *)sqlite3_column_text(st, 4);
	char *name = index_text(a, st, 2), *value = index_text(a, st, 3);

	if (!name)
		return;
	/* One file sets many. */
	if (from && (!*source || strcmp(from, *source) != 0))
		*source = arena_strdup(a, from);
	switch (sqlite3_column_int(st, 1)) {
	case FACT_TAG:
		*ARENA_PUSH(a, r->tags.items, r->tags.count) =
			(struct kv){name, value};
		break;
	case FACT_PARAMETER:
		*ARENA_PUSH(a, r->parameters.items, r->parameters.count) =
			(struct m_parameter){name, value, from ? *source : NULL};
		break;
	case FACT_METRIC:
		*ARENA_PUSH(a, r->metrics.items, r->metrics.count) =
			(struct m_metric){name, value, from ? *source : NULL};
		break;
	}
}

/* Both sides come in the order of keys. */
static int take_facts(struct index *ix, struct question *q, sqlite3_stmt *st,
	const struct by_key *keys, struct err *e)
{
	char *source = NULL;
	size_t i = 0;
	int r;

	while ((r = index_step(ix, st, e)) == 1) {
		int64_t run = sqlite3_column_int64(st, 0);

		while (i < q->count && keys[i].key < run)
			i++;
		if (i < q->count && keys[i].key == run)
			take_fact(q->a, st, &q->runs[keys[i].at], &source);
	}
	return r;
}

static int ask(struct index *ix, void *question, struct err *e)
{
	struct question *q = question;
	sqlite3_stmt *st = index_stmt(ix, q->id ? SQL_RUN : SQL_RUNS, e);
	struct by_key *keys = NULL;
	size_t n = 0;
	int r;

	q->runs = NULL;
	q->count = 0;
	if (!st)
		return -1;
	index_bind_text(st, 1, q->id);
	while ((r = index_step(ix, st, e)) == 1) {
		*ARENA_PUSH(q->a, keys, n) =
			(struct by_key){sqlite3_column_int64(st, 0), q->count};
		take_run(q->a, st, ARENA_PUSH(q->a, q->runs, q->count));
	}
	if (r < 0 || n == 0)
		return r;
	qsort(keys, n, sizeof(*keys), compare_keys);
	st = index_stmt(ix, q->id ? SQL_FACTS_OF : SQL_FACTS, e);
	if (!st)
		return -1;
	if (q->id)
		index_bind_int(st, 1, keys->key);
	return take_facts(ix, q, st, keys, e);
}

int index_runs(struct index *ix, struct arena *a, struct index_run **out,
	size_t *count, struct err *e)
{
	struct question q = {.a = a};

	if (index_ask(ix, ask, &q, e) < 0)
		return -1;
	*out = q.runs;
	*count = q.count;
	return 0;
}

int index_run(struct index *ix, struct arena *a, const char *id,
	struct index_run *out, struct err *e)
{
	struct question q = {.a = a, .id = id};

	if (index_ask(ix, ask, &q, e) < 0)
		return -1;
	if (q.count)
		*out = *q.runs;
	return q.count ? 1 : 0;
}
