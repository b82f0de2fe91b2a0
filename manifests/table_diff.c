// SPDX-License-Identifier: Apache-2.0
/* Two file tables against each other, merged by path. */
#include "manifests/table_diff.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <stdlib.h>
#include <string.h>

/* A table that is being read: the main one, or that of a tree. */
struct stream {
	struct table_reader *reader;
	int fd;       /* of a tree's table, or -1 */
	char *prefix; /* where the tree lies; NULL: the main table */
	struct strbuf path;
	struct file_row row;
};

/* One side: its main table and the tables of trees that were passed. A tree at
 * "/a" has rows between those that follow "/a" ("/a-b" comes before "/a/b"), so
 * that several may be at work at once. */
struct side {
	struct stream **streams;
	size_t count;
	bool second;
	const struct table_diff_ops *ops;
};

static void stream_free(struct stream *s)
{
	if (s->prefix)
		table_reader_free(s->reader);
	fs_autoclose(&s->fd);
	strbuf_release(&s->path);
	free(s->prefix);
	free(s);
}

/* 1, at the end 0, damaged -1. */
static int stream_next(struct stream *s, struct err *e)
{
	int n = table_next(s->reader, &s->row, e);

	if (n > 0 && s->prefix) {
		strbuf_clear(&s->path);
		strbuf_adds(&s->path, s->prefix);
		strbuf_adds(&s->path, s->row.path);
		s->row.path = s->path.s;
	}
	return n;
}

/* Its first row is read; without one it is gone. */
static int side_add(struct side *d, struct stream *s, struct err *e)
{
	int n = stream_next(s, e);

	if (n <= 0) {
		stream_free(s);
		return n;
	}
	d->streams = xrealloc(d->streams, (d->count + 1) * sizeof(*d->streams));
	d->streams[d->count++] = s;
	return 0;
}

static int side_begin(struct side *d, struct table_reader *reader, struct err *e)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->reader = reader;
	s->fd = -1;
	return side_add(d, s, e);
}

static void side_release(struct side *d)
{
	while (d->count)
		stream_free(d->streams[--d->count]);
	free(d->streams);
}

/* The stream with the first path; NULL: all are at their end. */
static struct stream *side_first(const struct side *d)
{
	struct stream *first = NULL;

	for (size_t i = 0; i < d->count; i++)
		if (!first || strcmp(d->streams[i]->row.path, first->row.path) < 0)
			first = d->streams[i];
	return first;
}

static int side_advance(struct side *d, struct stream *s, struct err *e)
{
	int n = stream_next(s, e);

	if (n > 0)
		return 0;
	for (size_t i = 0; i < d->count; i++)
		if (d->streams[i] == s)
			d->streams[i--] = d->streams[--d->count];
	stream_free(s);
	return n;
}

/* The table of the tree that a stream stands at; *out NULL: it has none. */
static int open_tree(struct side *d, const struct stream *at,
	struct stream **out, struct err *e)
{
	const struct file_row *row = &at->row;
	int fd = d->ops->open_tree(d->ops->arg, d->second, row, e);

	*out = NULL;
	if (fd < 0)
		return fd == TABLE_NOT_THERE ? 0 : -1;
	*out = xcalloc(1, sizeof(**out));
	(*out)->fd = fd;
	(*out)->prefix = xstrdup(strcmp(row->path, "/") ? row->path : "");
	(*out)->reader = table_reader_new(fd, row->path);
	return 0;
}

static bool is_tree(const struct stream *s)
{
	return s && s->row.kind == KIND_TREE && s->row.has_digest;
}

static bool same_tree(const struct stream *a, const struct stream *b)
{
	return is_tree(a) && is_tree(b) &&
	       digest_equal(&a->row.digest, &b->row.digest);
}

struct pair {
	struct side sides[2];
	struct stream *at[2];    /* of the path that is next; NULL: not there */
	struct stream *trees[2]; /* opened there, or NULL */
};

/* True in *closed: the table of one of the trees is not to be had. */
static int open_trees(struct pair *p, bool *closed, struct err *e)
{
	*closed = false;
	if (same_tree(p->at[0], p->at[1]))
		return 0;
	for (int i = 0; i < 2; i++) {
		if (!is_tree(p->at[i]))
			continue;
		if (open_tree(&p->sides[i], p->at[i], &p->trees[i], e) < 0)
			return -1;
		*closed |= !p->trees[i];
	}
	/* Rows of one alone would all seem to be missing in the other. */
	for (int i = 0; i < 2 && *closed; i++) {
		if (p->trees[i])
			stream_free(p->trees[i]);
		p->trees[i] = NULL;
	}
	return 0;
}

static int report(struct pair *p, bool closed, struct err *e)
{
	const struct table_diff_ops *ops = p->sides[0].ops;
	struct table_difference d = {
		.first = p->at[0] ? &p->at[0]->row : NULL,
		.second = p->at[1] ? &p->at[1]->row : NULL,
	};

	d.path = (d.first ? d.first : d.second)->path;
	if (d.first && d.second) {
		d.what = table_rows_differ(d.first, d.second);
		if (closed)
			d.what |= DIFFERS_CONTENT;
		if (!d.what)
			return 0;
	}
	return ops->differs(ops->arg, &d, e);
}

static int step(struct pair *p, struct err *e)
{
	bool closed;

	if (open_trees(p, &closed, e) < 0 || report(p, closed, e) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		struct stream *tree = p->trees[i];

		p->trees[i] = NULL;
		if (tree && side_add(&p->sides[i], tree, e) < 0)
			return -1;
		if (p->at[i] && side_advance(&p->sides[i], p->at[i], e) < 0)
			return -1;
	}
	return 0;
}

/* The next path of both; false: there is none. */
static bool find_next(struct pair *p)
{
	int order;

	p->at[0] = side_first(&p->sides[0]);
	p->at[1] = side_first(&p->sides[1]);
	if (!p->at[0] || !p->at[1])
		return p->at[0] || p->at[1];
	order = strcmp(p->at[0]->row.path, p->at[1]->row.path);
	if (order)
		p->at[order < 0] = NULL;
	return true;
}

int table_diff(struct table_reader *first, struct table_reader *second,
	const struct table_diff_ops *ops, struct err *e)
{
	struct pair p = {.sides = {{.ops = ops}, {.ops = ops, .second = true}}};
	int r = 0;

	if (side_begin(&p.sides[0], first, e) < 0 ||
		side_begin(&p.sides[1], second, e) < 0)
		r = -1;
	while (r == 0 && find_next(&p))
		r = step(&p, e);
	for (int i = 0; i < 2; i++) {
		if (p.trees[i])
			stream_free(p.trees[i]);
		side_release(&p.sides[i]);
	}
	return r;
}

static bool same_text(const char *a, const char *b)
{
	return !a || !b ? a == b : !strcmp(a, b);
}

static bool same_list(const struct strlist *a, const struct strlist *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

/* A tree is a directory. */
static enum file_kind kind_of(const struct file_row *r)
{
	return r->kind == KIND_TREE ? KIND_DIRECTORY : r->kind;
}

static bool same_content(const struct file_row *a, const struct file_row *b)
{
	if (kind_of(a) != KIND_FILE || kind_of(b) != KIND_FILE)
		return true;
	if (a->has_digest && b->has_digest)
		return digest_equal(&a->digest, &b->digest);
	return a->size == b->size;
}

/* Of what is there in both. */
static unsigned states_differ(const struct file_row *a, const struct file_row *b)
{
	unsigned what = 0;

	if (kind_of(a) != kind_of(b))
		return DIFFERS_KIND;
	if (!same_content(a, b))
		what |= DIFFERS_CONTENT;
	if (!same_text(a->target, b->target))
		what |= DIFFERS_TARGET;
	if (a->major != b->major || a->minor != b->minor)
		what |= DIFFERS_DEVICE;
	if ((a->access & b->access & ACCESS_D) &&
		!same_list(&a->listing, &b->listing))
		what |= DIFFERS_LISTING;
	if (a->kind == KIND_ABSENT)
		return what;
	if (a->mode != b->mode || a->uid != b->uid || a->gid != b->gid ||
		!same_text(a->xattrs, b->xattrs))
		what |= DIFFERS_ATTRIBUTES;
	if (a->mtime_s != b->mtime_s || a->mtime_ns != b->mtime_ns)
		what |= DIFFERS_TIME;
	return what;
}

unsigned table_rows_differ(const struct file_row *a, const struct file_row *b)
{
	bool absent_a = a->access & ACCESS_N, absent_b = b->access & ACCESS_N;
	unsigned what = a->access != b->access ? DIFFERS_ACCESS : 0;

	/* What a run made in the place of nothing is its result, and no state
	 * to be compared with what another found. */
	if (absent_a != absent_b)
		return what | (absent_a ? DIFFERS_APPEARED : DIFFERS_VANISHED);
	return what | states_differ(a, b);
}
