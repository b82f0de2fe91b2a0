// SPDX-License-Identifier: Apache-2.0
/* What else a record holds: processes, devices, peers, gaps, the end. */
#include "base/arena.h"
#include "base/strbuf.h"
#include "capture/events.h"
#include "capture/record.h"
#include "capture/record_journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	struct journal_part parts[] = {{&ev, sizeof(ev)},
		record_text(m->executable), record_text(m->cwd), {NULL, 0}};

	join_list(&all, &m->argv);
	join_list(&all, &m->env_added);
	parts[3] = (struct journal_part){all.s, all.len};
	record_append(r, EVENT_PROCESS, parts, 4);

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
	record_append_bits(r, EVENT_EXIT, p->index, (uint32_t)code);
}

void record_fork(struct record *r)
{
	r->forks++;
	record_append(r, EVENT_FORK, NULL, 0);
}

void record_unfork(struct record *r)
{
	r->forks--;
	record_append(r, EVENT_UNFORK, NULL, 0);
}

void record_loaded(struct record *r, uint32_t process, const struct touched *t,
	unsigned how)
{
	struct loaded l = {process, t->index, how};
	struct event_loaded ev = {process, t->index, how};
	struct journal_part part = {&ev, sizeof(ev)};

	if (!process || process > r->process_count ||
		map_get(&r->loads, &l, sizeof(l)))
		return;
	map_put(&r->loads, arena_memdup(r->arena, &l, sizeof(l)), sizeof(l), r);
	*ARENA_PUSH(r->arena, r->loaded, r->loaded_count) = l;
	record_append(r, EVENT_LOADED, &part, 1);
}

/* True the first time that these words come together. */
static bool first_time(struct record *r, const char *kind, const char *a,
	const char *b, const char *c)
{
	autostrbuf key = STRBUF_INIT;

	/* The same may come a million times: only what is new takes memory
	 * until the end. */
	strbuf_addf(&key, "%s\n%s\n%s\n%s", kind, a ? a : "", b ? b : "",
		c ? c : "");
	if (map_get(&r->once, key.s, key.len))
		return false;
	map_put(&r->once, arena_memdup(r->arena, key.s, key.len), key.len, r);
	return true;
}

void record_device(struct record *r, const struct m_device *d)
{
	struct event_device ev = {d->major, d->minor, d->accelerator};
	struct journal_part parts[] = {{&ev, sizeof(ev)}, record_text(d->path),
		record_text(d->type), record_text(d->access)};
	struct m_device *n;

	if (!first_time(r, "device", d->path, d->access, NULL))
		return;
	record_append(r, EVENT_DEVICE, parts, 4);
	n = ARENA_PUSH(r->arena, r->devices.items, r->devices.count);
	*n = *d;
	n->path = arena_strdup(r->arena, d->path);
	n->type = arena_strdup(r->arena, d->type);
	n->access = arena_strdup(r->arena, d->access);
}

void record_network(struct record *r, const struct m_network *n)
{
	struct journal_part parts[] = {record_text(n->family),
		record_text(n->protocol), record_text(n->direction),
		record_text(n->peer), record_text(n->role)};
	struct m_network *m;

	if (!first_time(r, n->family, n->direction, n->peer, n->protocol))
		return;
	record_append(r, EVENT_NETWORK, parts, 5);
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
	record_append(r, EVENT_GAP,
		(struct journal_part[]){record_text(kind), record_text(path),
			record_text(detail)},
		3);
}

void record_end(struct record *r, const struct ending *end)
{
	struct event_end ev = {end->status, end->time, end->user_s, end->sys_s,
		end->max_rss_bytes};
	struct journal_part part = {&ev, sizeof(ev)};

	r->ended = true;
	r->ending = *end;
	record_append(r, EVENT_END, &part, 1);
}

void record_options(struct record *r, uint64_t keep, bool whole,
	const struct strlist *by_reference)
{
	struct event_options ev = {keep, (uint32_t)by_reference->count, whole};
	autostrbuf all = STRBUF_INIT;
	struct journal_part parts[2] = {{&ev, sizeof(ev)}};

	r->keep = keep;
	r->whole = whole;
	copy_list(r->arena, &r->by_reference, by_reference);
	join_list(&all, by_reference);
	parts[1] = (struct journal_part){all.s, all.len};
	record_append(r, EVENT_OPTIONS, parts, 2);
}

void record_redact(struct record *r, const struct strlist *patterns)
{
	struct event_bits ev = {0, (uint32_t)patterns->count};
	autostrbuf all = STRBUF_INIT;
	struct journal_part parts[2] = {{&ev, sizeof(ev)}};

	copy_list(r->arena, &r->redact, patterns);
	join_list(&all, patterns);
	parts[1] = (struct journal_part){all.s, all.len};
	record_append(r, EVENT_REDACT, parts, 2);
}
