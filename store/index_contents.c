// SPDX-License-Identifier: Apache-2.0
/* Who read and wrote which contents, out of the index. */
#include "store/index_internal.h"

#include "base/arena.h"

#include <string.h>

static void take_content(
	struct arena *a, sqlite3_stmt *st, struct index_content *c)
{
	const char *id = (const char *)sqlite3_column_text(st, 0);
	const char *below = (const char *)sqlite3_column_text(st, 10);

	if (id && strlen(id) == RUN_ID_LEN)
		memcpy(c->run, id, sizeof(c->run));
	c->started = index_some_text(a, st, 1);
	c->way = sqlite3_column_int(st, 2);
	c->id = index_text(a, st, 3);
	c->path = index_some_text(a, st, 4);
	c->role = index_text(a, st, 5);
	c->tree = index_int(st, 6) != ABSENT;
	c->has_digest = index_digest(st, 7, &c->digest);
	c->bytes = index_int(st, 8);
	c->files = index_int(st, 9);
	if (!below)
		return;
	c->root = c->path;
	c->path = arena_printf(a, "%s%s", c->root, below);
	c->tree = false;
	c->bytes = index_int(st, 11);
	c->files = 1;
}

struct question {
	struct arena *a;
	const char *id;
	const struct digest *digest;
	unsigned ways;
	struct index_content *items;
	size_t count;
};

static int take_contents(
	struct index *ix, struct question *q, sqlite3_stmt *st, struct err *e)
{
	int r;

	while ((r = index_step(ix, st, e)) == 1)
		take_content(q->a, st, ARENA_PUSH(q->a, q->items, q->count));
	return r;
}

static int ask(struct index *ix, void *question, struct err *e)
{
	struct question *q = question;
	sqlite3_stmt *st = index_stmt(
		ix, q->digest ? SQL_FIND_CONTENT : SQL_CONTENTS_OF, e);

	q->items = NULL;
	q->count = 0;
	if (!st)
		return -1;
	if (q->digest)
		index_bind_digest(st, 1, q->digest);
	else
		index_bind_text(st, 1, q->id);
	index_bind_int(st, 2, q->ways);
	return take_contents(ix, q, st, e);
}

int index_find_content(struct index *ix, struct arena *a, const struct digest *d,
	unsigned ways, struct index_content **out, size_t *count, struct err *e)
{
	struct question q = {.a = a, .digest = d, .ways = ways};
	int r = index_ask(ix, ask, &q, e);

	/* The digest that was asked for is the file's, not its tree's. */
	for (size_t i = 0; r == 0 && i < q.count; i++)
		if (q.items[i].root)
			q.items[i].digest = *d;
	*out = q.items;
	*count = r < 0 ? 0 : q.count;
	return r;
}

int index_contents(struct index *ix, struct arena *a, const char *id,
	unsigned ways, struct index_content **out, size_t *count, struct err *e)
{
	struct question q = {.a = a, .id = id, .ways = ways};
	int r = index_ask(ix, ask, &q, e);

	*out = q.items;
	*count = r < 0 ? 0 : q.count;
	return r;
}

struct links {
	struct arena *a;
	const char *id;
	enum index_way way;
	struct index_link *items;
	size_t count;
};

static int content_of(struct index *ix, struct arena *a, int64_t key,
	struct index_content *out, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_CONTENT, e);
	int r;

	if (!st)
		return -1;
	index_bind_int(st, 1, key);
	r = index_step(ix, st, e);
	if (r == 1)
		take_content(a, st, out);
	sqlite3_reset(st);
	return r < 0 ? -1 : 0;
}

static int ask_links(struct index *ix, void *question, struct err *e)
{
	struct links *q = question;
	struct digest empty;
	sqlite3_stmt *st = index_stmt(ix, SQL_LINKS, e);
	int r;

	q->items = NULL;
	q->count = 0;
	if (!st)
		return -1;
	index_bind_text(st, 1, q->id);
	index_bind_int(st, 2, q->way);
	digest_bytes("", 0, &empty);
	index_bind_digest(st, 3, &empty);
	while ((r = index_step(ix, st, e)) == 1) {
		struct index_link *l = ARENA_PUSH(q->a, q->items, q->count);

		l->contents = sqlite3_column_int64(st, 2);
		if (content_of(ix, q->a, sqlite3_column_int64(st, 0), &l->here,
			    e) < 0 ||
			content_of(ix, q->a, sqlite3_column_int64(st, 1),
				&l->there, e) < 0) {
			sqlite3_reset(st);
			return -1;
		}
	}
	return r;
}

int index_links(struct index *ix, struct arena *a, const char *id,
	enum index_way way, struct index_link **out, size_t *count, struct err *e)
{
	struct links q = {.a = a, .id = id, .way = way};
	int r = index_ask(ix, ask_links, &q, e);

	*out = q.items;
	*count = r < 0 ? 0 : q.count;
	return r;
}
