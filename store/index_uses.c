// SPDX-License-Identifier: Apache-2.0
/* Libraries and packages out of the index, each once, with their runs. */
#include "store/index_internal.h"

#include "base/arena.h"

#include <stdlib.h>

/* A package, for the libraries of it. */
struct package_row {
	int64_t key;
	struct m_package p;
};

struct question {
	struct arena *a;
	struct arena *scratch; /* of one asking */
	index_library_fn wants_library;
	index_package_fn wants_package;
	void *ctx;
	struct package_row *packages; /* all, by key */
	size_t package_count;
	/* Runs, the latest first, and in the order of their keys. */
	char **ids;
	struct rank *ranks;
	size_t run_count;
	struct index_library *libraries;
	struct index_package *wanted;
	size_t count;
};

struct rank {
	int64_t key;
	size_t rank;
};

static int by_key(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static int by_rank(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int read_runs(struct index *ix, struct question *q, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_LATEST, e);
	size_t n = 0, m = 0;
	int r = st ? 0 : -1;

	q->ids = NULL;
	q->ranks = NULL;
	while (r == 0 && (r = index_step(ix, st, e)) == 1) {
		r = 0;
		*ARENA_PUSH(q->scratch, q->ranks, n) =
			(struct rank){sqlite3_column_int64(st, 0), m};
		*ARENA_PUSH(q->a, q->ids, m) = index_some_text(q->a, st, 1);
	}
	q->run_count = n;
	if (n)
		qsort(q->ranks, n, sizeof(*q->ranks), by_key);
	return r;
}

/* The ids of the runs that used it. */
static int read_uses(struct index *ix, struct question *q, enum index_sql sql,
	int64_t key, struct strlist *out, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, sql, e);
	size_t *ranks = NULL, n = 0;
	int r;

	if (!st)
		return -1;
	index_bind_int(st, 1, key);
	while ((r = index_step(ix, st, e)) == 1) {
		struct rank want = {sqlite3_column_int64(st, 0), 0}, *is;

		is = bsearch(&want, q->ranks, q->run_count, sizeof(want), by_key);
		if (is)
			*ARENA_PUSH(q->scratch, ranks, n) = is->rank;
	}
	if (n)
		qsort(ranks, n, sizeof(*ranks), by_rank);
	out->items = arena_array(q->a, n, sizeof(*out->items));
	for (out->count = 0; out->count < n; out->count++)
		out->items[out->count] = q->ids[ranks[out->count]];
	return r;
}

/* Of the statement's row; valid until its next step. */
static char *text(sqlite3_stmt *st, int i)
{
	return (char *)(uintptr_t)sqlite3_column_text(st, i);
}

static char *copy(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

static struct m_package package_at(sqlite3_stmt *st)
{
	return (struct m_package){
		.purl = text(st, 1),
		.type = text(st, 2),
		.name = text(st, 3),
		.version = text(st, 4),
		.source = text(st, 5),
		.location = text(st, 6),
		.files_used = ABSENT,
		.files_total = ABSENT,
	};
}

static struct m_package copy_package(struct arena *a, const struct m_package *p)
{
	struct m_package q = *p;

	q.purl = copy(a, p->purl);
	q.type = copy(a, p->type);
	q.name = copy(a, p->name);
	q.version = copy(a, p->version);
	q.source = copy(a, p->source);
	q.location = copy(a, p->location);
	return q;
}

static struct m_library library_at(sqlite3_stmt *st)
{
	return (struct m_library){
		.path = text(st, 2),
		.digest = text(st, 3),
		.soname = text(st, 4),
		.build_id = text(st, 5),
		.component = text(st, 6),
		.version = text(st, 7),
		.loaded_by = text(st, 8),
	};
}

static struct m_library copy_library(struct arena *a, const struct m_library *l)
{
	struct m_library k = *l;

	k.path = copy(a, l->path);
	k.digest = copy(a, l->digest);
	k.soname = copy(a, l->soname);
	k.build_id = copy(a, l->build_id);
	k.component = copy(a, l->component);
	k.version = copy(a, l->version);
	k.loaded_by = copy(a, l->loaded_by);
	return k;
}

static int ask_packages(struct index *ix, void *question, struct err *e)
{
	struct question *q = question;
	sqlite3_stmt *st;
	int r = read_runs(ix, q, e);

	q->wanted = NULL;
	q->count = 0;
	st = r < 0 ? NULL : index_stmt(ix, SQL_PACKAGES, e);
	if (!st)
		return -1;
	while ((r = index_step(ix, st, e)) == 1) {
		struct m_package p = package_at(st);
		struct index_package *out;

		if (q->wants_package && !q->wants_package(q->ctx, &p))
			continue;
		out = ARENA_PUSH(q->a, q->wanted, q->count);
		out->package = copy_package(q->a, &p);
		if (read_uses(ix, q, SQL_RUNS_OF_PACKAGE,
			    sqlite3_column_int64(st, 0), &out->runs, e) < 0) {
			sqlite3_reset(st);
			return -1;
		}
	}
	return r;
}

static int read_packages(struct index *ix, struct question *q, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_PACKAGES, e);
	int r = st ? 0 : -1;

	q->packages = NULL;
	q->package_count = 0;
	while (r == 0 && (r = index_step(ix, st, e)) == 1) {
		struct m_package p = package_at(st);
		struct package_row *row =
			ARENA_PUSH(q->scratch, q->packages, q->package_count);

		r = 0;
		row->key = sqlite3_column_int64(st, 0);
		row->p = copy_package(q->scratch, &p);
	}
	return r;
}

/* They were read in the order of their keys. */
static const struct m_package *find_package(const struct question *q, int64_t key)
{
	size_t low = 0, high = q->package_count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (q->packages[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low < q->package_count && q->packages[low].key == key
		       ? &q->packages[low].p
		       : NULL;
}

static void add_library(struct question *q, const struct m_library *l,
	const struct m_package *p, struct index_library *out)
{
	struct m_package *mine;

	out->library = copy_library(q->a, l);
	if (!p)
		return;
	mine = arena_alloc(q->a, sizeof(*mine));
	*mine = copy_package(q->a, p);
	out->package = mine;
}

static int ask_libraries(struct index *ix, void *question, struct err *e)
{
	struct question *q = question;
	sqlite3_stmt *st;
	int r = read_runs(ix, q, e) < 0 || read_packages(ix, q, e) < 0 ? -1 : 0;

	q->libraries = NULL;
	q->count = 0;
	st = r < 0 ? NULL : index_stmt(ix, SQL_LIBRARIES, e);
	if (!st)
		return -1;
	while ((r = index_step(ix, st, e)) == 1) {
		struct m_library l = library_at(st);
		const struct m_package *p =
			find_package(q, sqlite3_column_int64(st, 1));
		struct index_library *out;

		if (q->wants_library && !q->wants_library(q->ctx, &l, p))
			continue;
		out = ARENA_PUSH(q->a, q->libraries, q->count);
		add_library(q, &l, p, out);
		if (read_uses(ix, q, SQL_RUNS_OF_LIBRARY,
			    sqlite3_column_int64(st, 0), &out->runs, e) < 0) {
			sqlite3_reset(st);
			return -1;
		}
	}
	return r;
}

int index_libraries(struct index *ix, struct arena *a, index_library_fn wanted,
	void *ctx, struct index_library **out, size_t *count, struct err *e)
{
	autoarena *scratch = arena_new();
	struct question q = {
		.a = a, .scratch = scratch, .wants_library = wanted, .ctx = ctx};

	if (index_ask(ix, ask_libraries, &q, e) < 0)
		return -1;
	*out = q.libraries;
	*count = q.count;
	return 0;
}

int index_packages(struct index *ix, struct arena *a, index_package_fn wanted,
	void *ctx, struct index_package **out, size_t *count, struct err *e)
{
	autoarena *scratch = arena_new();
	struct question q = {
		.a = a, .scratch = scratch, .wants_package = wanted, .ctx = ctx};

	if (index_ask(ix, ask_packages, &q, e) < 0)
		return -1;
	*out = q.wanted;
	*count = q.count;
	return 0;
}
