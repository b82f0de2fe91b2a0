// SPDX-License-Identifier: Apache-2.0
/* Touched paths: their state and its changes, each of which is journaled. */
#include "capture/record.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "capture/events.h"
#include "capture/record_journal.h"

#include <string.h>
#include <sys/stat.h>

struct inode_key {
	uint64_t dev, ino;
};

void record_open(struct record *r, struct journal *j)
{
	memset(r, 0, sizeof(*r));
	r->arena = arena_new();
	r->journal = j;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->preserved, NULL);
}

void record_close(struct record *r)
{
	map_release(&r->by_path);
	map_release(&r->by_now);
	map_release(&r->by_inode);
	map_release(&r->by_tgid);
	map_release(&r->loads);
	map_release(&r->once);
	arena_free(r->arena);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->preserved);
}

void record_append(struct record *r, uint32_t type,
	const struct journal_part *parts, size_t n)
{
	struct err e = ERR_INIT;

	if (!r->journal || r->journal_failed)
		return;
	if (journal_append(r->journal, type, parts, n, &e) < 0) {
		r->journal_failed = true;
		log_warn("%s", e.msg);
	}
}

struct journal_part record_text(const char *s)
{
	return (struct journal_part){s ? s : "", s ? strlen(s) + 1 : 1};
}

void record_append_bits(
	struct record *r, uint32_t type, uint32_t index, uint32_t bits)
{
	struct event_bits ev = {index, bits};
	struct journal_part part = {&ev, sizeof(ev)};

	record_append(r, type, &part, 1);
}

int record_begin(
	struct record *r, const char *manifest, size_t len, struct err *e)
{
	struct journal_part part = {manifest, len};

	return journal_append(r->journal, EVENT_BEGIN, &part, 1, e);
}

struct touched *record_find(struct record *r, const char *path)
{
	return map_gets(&r->by_path, path);
}

/* Numbers of inodes are given again, but not with the same time of birth. */
static bool is_same(const struct touched *t, int64_t btime)
{
	return !t->first.btime || !btime || t->first.btime == btime;
}

struct touched *record_find_removed(struct record *r, const struct state *st)
{
	struct inode_key k = {st->dev, st->ino};
	struct touched *t =
		st->exists ? map_get(&r->by_inode, &k, sizeof(k)) : NULL;

	return t && !is_same(t, st->btime) ? record_twin_removed(t, st->btime)
					   : t;
}

struct touched *record_twin_removed(const struct touched *t, int64_t btime)
{
	struct touched *o = t->twin;

	while (o && !is_same(o, btime))
		o = o->twin;
	return o;
}

struct touched *record_twin(const struct touched *t)
{
	struct touched *o = t->twin;

	while (o && (o->removed || !is_same(o, t->first.btime)))
		o = o->twin;
	return o;
}

struct touched *record_find_inode(struct record *r, const struct state *st)
{
	struct touched *t = record_find_removed(r, st);

	while (t && t->removed)
		t = record_twin_removed(t, st->btime);
	return t;
}

static void index_inode(
	struct record *r, struct touched *t, const struct state *st)
{
	struct inode_key k = {st->dev, st->ino};

	if (!st->exists || S_ISDIR(st->mode))
		return;
	t->twin = map_put(&r->by_inode, arena_memdup(r->arena, &k, sizeof(k)),
		sizeof(k), t);
}

static struct touched *add(struct record *r, enum event_type type,
	const char *path, unsigned access, const struct state *st,
	const char *target)
{
	struct touched *t = arena_alloc(r->arena, sizeof(*t));
	struct event_touch ev = {access, *st};
	struct journal_part parts[] = {
		{&ev, sizeof(ev)}, record_text(path), record_text(target)};

	t->index = (uint32_t)r->touched_count;
	t->path = t->now = arena_strdup(r->arena, path);
	t->access = access;
	t->first = *st;
	t->target = target && *target ? arena_strdup(r->arena, target) : NULL;
	*ARENA_PUSH(r->arena, r->touched, r->touched_count) = t;
	index_inode(r, t, st);
	record_append(r, type, parts, 3);
	return t;
}

struct touched *record_touch(struct record *r, const char *path,
	unsigned access, const struct state *st, const char *target)
{
	struct touched *t = add(r, EVENT_TOUCH, path, access, st, target);

	t->before = map_puts(&r->by_path, t->path, t);
	return t;
}

struct touched *record_touch_earlier(struct record *r, const char *path,
	unsigned access, const struct state *st, const char *target)
{
	struct touched *known = record_find(r, path), *t;

	if (!known)
		return record_touch(r, path, access, st, target);
	t = add(r, EVENT_TOUCH_EARLIER, path, access, st, target);
	record_first(known)->before = t;
	return t;
}

struct touched *record_first(struct touched *t)
{
	while (t->before)
		t = t->before;
	return t;
}

void record_access(struct record *r, struct touched *t, unsigned bits)
{
	if ((t->access | bits) == t->access)
		return;
	t->access |= bits;
	record_append_bits(r, EVENT_ACCESS, t->index, bits);
}

void record_written(struct record *r, struct touched *t, uint32_t writer)
{
	record_access(r, t, ACCESS_W);
	if (t->writer == writer)
		return;
	t->writer = writer;
	record_append_bits(r, EVENT_WRITTEN, t->index, writer);
}

void record_appended(struct record *r, struct touched *t)
{
	if (t->appended)
		return;
	t->appended = true;
	record_append_bits(r, EVENT_APPENDED, t->index, true);
}

void record_listing(
	struct record *r, struct touched *t, const struct strlist *names)
{
	autostrbuf all = STRBUF_INIT;
	struct event_bits ev = {t->index, (uint32_t)names->count};
	struct journal_part parts[2] = {{&ev, sizeof(ev)}};

	t->listing.items = arena_array(r->arena, names->count, sizeof(char *));
	t->listing.count = names->count;
	for (size_t i = 0; i < names->count; i++) {
		t->listing.items[i] = arena_strdup(r->arena, names->items[i]);
		strbuf_add(&all, names->items[i], strlen(names->items[i]) + 1);
	}
	parts[1] = (struct journal_part){all.s, all.len};
	record_append(r, EVENT_LISTING, parts, 2);
	record_access(r, t, ACCESS_D);
}

void record_preserved(struct record *r, struct touched *t, const struct digest *d)
{
	struct event_digest ev = {t->index, *d};
	struct journal_part part = {&ev, sizeof(ev)};

	t->preserved = true;
	t->digest = *d;
	record_append(r, EVENT_PRESERVED, &part, 1);
}

void record_not_stored(struct record *r, struct touched *t)
{
	t->not_stored = true;
	record_append_bits(r, EVENT_NOT_STORED, t->index, 0);
}

void record_gone(struct record *r, struct touched *t, const struct state *now,
	bool emptied)
{
	struct touched *o;

	/* The inode's number may be given to the next new file. */
	if (now && now->exists && now->nlink < 2 && !emptied)
		for (o = record_find_removed(r, now); o;
			o = record_twin_removed(o, now->btime))
			o->removed = true;
	if (t->gone && (t->emptied || !emptied))
		return;
	t->gone = true;
	t->went = false;
	t->emptied |= emptied;
	if (now) {
		struct state *last = arena_alloc(r->arena, sizeof(*last));

		*last = *now;
		t->last = last;
	}
	record_append_bits(r, EVENT_GONE, t->index, emptied);
}

void record_back(struct record *r, struct touched *t)
{
	t->gone = t->emptied = t->removed = false;
	t->doubtful = true;
	record_append_bits(r, EVENT_BACK, t->index, 0);
}
