// SPDX-License-Identifier: Apache-2.0
/* The record's state and its changes, each of which goes to the journal. */
#include "capture/record.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "capture/events.h"
#include "store/journal.h"

#include <stdarg.h>
#include <stdio.h>
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
	map_release(&r->by_inode);
	map_release(&r->by_tgid);
	map_release(&r->once);
	arena_free(r->arena);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->preserved);
}

/*
 * A full disk must not disturb the command: what cannot be journalled stays in
 * memory and is still recorded, unless this process dies, too.
 */
static void append(struct record *r, uint32_t type,
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

static struct journal_part text(const char *s)
{
	return (struct journal_part){s ? s : "", s ? strlen(s) + 1 : 1};
}

static void append_bits(
	struct record *r, enum event_type type, uint32_t index, uint32_t bits)
{
	struct event_bits ev = {index, bits};
	struct journal_part part = {&ev, sizeof(ev)};

	append(r, type, &part, 1);
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

struct touched *record_find_inode(struct record *r, const struct state *st)
{
	struct inode_key k = {st->dev, st->ino};

	return st->exists ? map_get(&r->by_inode, &k, sizeof(k)) : NULL;
}

static void index_inode(
	struct record *r, struct touched *t, const struct state *st)
{
	struct inode_key k = {st->dev, st->ino};

	if (!st->exists || S_ISDIR(st->mode))
		return;
	map_put(&r->by_inode, arena_memdup(r->arena, &k, sizeof(k)), sizeof(k),
		t);
}

struct touched *record_touch(struct record *r, const char *path,
	unsigned access, const struct state *st, const char *target)
{
	struct touched *t = arena_alloc(r->arena, sizeof(*t));
	struct event_touch ev = {access, *st};
	struct journal_part parts[] = {
		{&ev, sizeof(ev)}, text(path), text(target)};

	t->index = (uint32_t)r->touched_count;
	t->path = t->now = arena_strdup(r->arena, path);
	t->access = access;
	t->first = *st;
	t->target = target && *target ? arena_strdup(r->arena, target) : NULL;
	*ARENA_PUSH(r->arena, r->touched, r->touched_count) = t;
	t->before = map_puts(&r->by_path, t->path, t);
	index_inode(r, t, st);
	append(r, EVENT_TOUCH, parts, 3);
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
	append_bits(r, EVENT_ACCESS, t->index, bits);
}

void record_written(struct record *r, struct touched *t, uint32_t writer)
{
	record_access(r, t, ACCESS_W);
	if (t->writer == writer)
		return;
	t->writer = writer;
	append_bits(r, EVENT_WRITTEN, t->index, writer);
}

void record_appended(struct record *r, struct touched *t, bool only)
{
	if (t->appended == only)
		return;
	t->appended = only;
	append_bits(r, EVENT_APPENDED, t->index, only);
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
	append(r, EVENT_LISTING, parts, 2);
	record_access(r, t, ACCESS_D);
}

void record_preserved(struct record *r, struct touched *t, const struct digest *d)
{
	struct event_digest ev = {t->index, *d};
	struct journal_part part = {&ev, sizeof(ev)};

	t->preserved = true;
	t->digest = *d;
	append(r, EVENT_PRESERVED, &part, 1);
}

void record_not_stored(struct record *r, struct touched *t)
{
	t->not_stored = true;
	append_bits(r, EVENT_NOT_STORED, t->index, 0);
}

/* `path` with its beginning `from` replaced by `to`. */
static const char *rebase(
	struct record *r, const char *path, const char *from, const char *to)
{
	return arena_printf(r->arena, "%s%s", to, path + strlen(from));
}

void record_moved(struct record *r, struct touched *t, const char *to)
{
	struct event_bits ev = {t->index, 0};
	struct journal_part parts[] = {{&ev, sizeof(ev)}, text(to)};
	const char *from = t->now;
	struct move *m;

	append(r, EVENT_MOVED, parts, 2);
	if (S_ISDIR(t->first.mode)) {
		m = ARENA_PUSH(r->arena, r->moves, r->move_count);
		*m = (struct move){from, arena_strdup(r->arena, to)};
		for (size_t i = 0; i < r->touched_count; i++) {
			struct touched *o = r->touched[i];

			if (o != t && !o->gone && fs_below(o->now, from))
				o->now = rebase(r, o->now, from, to);
		}
	}
	t->now = arena_strdup(r->arena, to);
}

void record_gone(struct record *r, struct touched *t)
{
	struct inode_key k = {t->first.dev, t->first.ino};

	if (t->gone)
		return;
	t->gone = true;
	/* The inode's number may be given to the next new file. */
	if (t->first.exists && t->first.nlink < 2 &&
		map_get(&r->by_inode, &k, sizeof(k)) == t)
		map_put(&r->by_inode, arena_memdup(r->arena, &k, sizeof(k)),
			sizeof(k), NULL);
	append_bits(r, EVENT_GONE, t->index, 0);
}

const char *record_origin(struct record *r, const char *path)
{
	/* Latest first: a directory may have been moved more than once. */
	for (size_t i = r->move_count; i > 0; i--) {
		const struct move *m = &r->moves[i - 1];

		if (fs_below(path, m->to))
			path = rebase(r, path, m->to, m->from);
	}
	return path;
}

static void copy_list(
	struct arena *a, struct strlist *out, const struct strlist *in)
{
	out->count = in->count;
	out->items = arena_array(a, in->count, sizeof(char *));
	for (size_t i = 0; i < in->count; i++)
		out->items[i] = arena_strdup(a, in->items[i]);
}

static void join_list(struct strbuf *out, const struct strlist *l)
{
	for (size_t i = 0; i < l->count; i++)
		strbuf_add(out, l->items[i], strlen(l->items[i]) + 1);
}

struct process *record_process(struct record *r, uint32_t parent, pid_t tgid,
	uint64_t born, const struct m_process *m)
{
	struct process *p = arena_alloc(r->arena, sizeof(*p));
	struct event_process ev = {parent, tgid, (uint32_t)m->argv.count,
		(uint32_t)m->env_added.count};
	autostrbuf all = STRBUF_INIT;
	struct journal_part parts[] = {{&ev, sizeof(ev)}, text(m->executable),
		text(m->cwd), {NULL, 0}};

	join_list(&all, &m->argv);
	join_list(&all, &m->env_added);
	parts[3] = (struct journal_part){all.s, all.len};
	append(r, EVENT_PROCESS, parts, 4);

	p->index = (uint32_t)r->process_count + 1;
	p->parent = parent;
	p->tgid = tgid;
	p->born = born;
	p->m.id = arena_printf(r->arena, "p%u", p->index);
	if (parent)
		p->m.parent = arena_printf(r->arena, "p%u", parent);
	p->m.executable = arena_strdup(r->arena, m->executable);
	p->m.cwd = arena_strdup(r->arena, m->cwd);
	p->m.exit_code = ABSENT;
	copy_list(r->arena, &p->m.argv, &m->argv);
	copy_list(r->arena, &p->m.env_added, &m->env_added);
	*ARENA_PUSH(r->arena, r->processes, r->process_count) = p;
	map_put(&r->by_tgid, arena_memdup(r->arena, &tgid, sizeof(tgid)),
		sizeof(tgid), p);
	return p;
}

struct process *record_find_process(struct record *r, pid_t tgid, uint64_t born)
{
	struct process *p = map_get(&r->by_tgid, &tgid, sizeof(tgid));

	return p && p->born == born ? p : NULL;
}

void record_exit(struct record *r, struct process *p, int code)
{
	p->m.exit_code = code;
	append_bits(r, EVENT_EXIT, p->index, (uint32_t)code);
}

void record_fork(struct record *r)
{
	r->forks++;
	append(r, EVENT_FORK, NULL, 0);
}

/* True the first time that these words come together. */
static bool first_time(struct record *r, const char *kind, const char *a,
	const char *b, const char *c)
{
	const char *key = arena_printf(r->arena, "%s\n%s\n%s\n%s", kind,
		a ? a : "", b ? b : "", c ? c : "");

	return !map_puts(&r->once, key, r);
}

void record_device(struct record *r, const struct m_device *d)
{
	struct event_device ev = {d->major, d->minor, d->accelerator};
	struct journal_part parts[] = {{&ev, sizeof(ev)}, text(d->path),
		text(d->type), text(d->access)};
	struct m_device *n;

	if (!first_time(r, "device", d->path, d->access, NULL))
		return;
	append(r, EVENT_DEVICE, parts, 4);
	n = ARENA_PUSH(r->arena, r->devices.items, r->devices.count);
	*n = *d;
	n->path = arena_strdup(r->arena, d->path);
	n->type = arena_strdup(r->arena, d->type);
	n->access = arena_strdup(r->arena, d->access);
}

void record_network(struct record *r, const struct m_network *n)
{
	struct journal_part parts[] = {text(n->family), text(n->protocol),
		text(n->direction), text(n->peer), text(n->role)};
	struct m_network *m;

	if (!first_time(r, n->family, n->direction, n->peer, n->protocol))
		return;
	append(r, EVENT_NETWORK, parts, 5);
	m = ARENA_PUSH(r->arena, r->network.items, r->network.count);
	m->family = arena_strdup(r->arena, n->family);
	m->protocol = arena_strdup(r->arena, n->protocol);
	m->direction = arena_strdup(r->arena, n->direction);
	m->peer = arena_strdup(r->arena, n->peer);
	m->role = n->role && *n->role ? arena_strdup(r->arena, n->role) : NULL;
}

void record_gap(struct record *r, const char *kind, const char *path,
	const char *fmt, ...)
{
	struct m_gap *g;
	char detail[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (!first_time(r, "gap", kind, path, path ? NULL : detail))
		return;
	g = ARENA_PUSH(r->arena, r->gaps.items, r->gaps.count);
	g->kind = arena_strdup(r->arena, kind);
	g->path = path && *path ? arena_strdup(r->arena, path) : NULL;
	g->detail = arena_strdup(r->arena, detail);
	append(r, EVENT_GAP,
		(struct journal_part[]){text(kind), text(path), text(detail)}, 3);
}

void record_end(struct record *r, const struct ending *end)
{
	struct event_end ev = {end->status, end->time, end->user_s, end->sys_s,
		end->max_rss_bytes};
	struct journal_part part = {&ev, sizeof(ev)};

	r->ended = true;
	r->ending = *end;
	append(r, EVENT_END, &part, 1);
}

void record_options(
	struct record *r, uint64_t keep, const struct strlist *by_reference)
{
	struct event_options ev = {keep, (uint32_t)by_reference->count};
	autostrbuf all = STRBUF_INIT;
	struct journal_part parts[2] = {{&ev, sizeof(ev)}};

	r->keep = keep;
	copy_list(r->arena, &r->by_reference, by_reference);
	join_list(&all, by_reference);
	parts[1] = (struct journal_part){all.s, all.len};
	append(r, EVENT_OPTIONS, parts, 2);
}

void record_redact(struct record *r, const struct strlist *patterns)
{
	struct event_bits ev = {0, (uint32_t)patterns->count};
	autostrbuf all = STRBUF_INIT;
	struct journal_part parts[2] = {{&ev, sizeof(ev)}};

	copy_list(r->arena, &r->redact, patterns);
	join_list(&all, patterns);
	parts[1] = (struct journal_part){all.s, all.len};
	append(r, EVENT_REDACT, parts, 2);
}
