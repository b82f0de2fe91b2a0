// SPDX-License-Identifier: Apache-2.0
/* Where the run has moved what is recorded, and where a path comes from. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/events.h"
#include "capture/record.h"
#include "capture/record_journal.h"

#include <string.h>
#include <sys/stat.h>

struct touched *record_find_moved(struct record *r, const char *path)
{
	struct touched *t = map_gets(&r->by_now, path);

	return t && !strcmp(t->now, path) && (!t->gone || t->emptied) ? t : NULL;
}

/* `path` with its beginning `from` replaced by `to`. */
static const char *rebase(
	struct record *r, const char *path, const char *from, const char *to)
{
	return arena_printf(r->arena, "%s%s", to, path + strlen(from));
}

static void move_to(struct record *r, struct touched *t, const char *to)
{
	t->now = to;
	map_puts(&r->by_now, to, t);
}

static void add_move(
	struct record *r, const char *from, const char *to, bool exchange)
{
	struct move *m = ARENA_PUSH(r->arena, r->moves, r->move_count);

	*m = (struct move){arena_strdup(r->arena, from),
		arena_strdup(r->arena, to), exchange};
}

/* Nobody asks for a name that is removed; what is emptied is still there. */
static bool has_name(const struct touched *t)
{
	return !t->gone || t->emptied;
}

/* A directory takes along what is below it. */
static void move_below(struct record *r, const struct touched *t,
	const char *from, const char *to)
{
	add_move(r, from, to, false);
	for (size_t i = 0; i < r->touched_count; i++) {
		struct touched *o = r->touched[i];

		/* What was looked for in vain in the directory there. */
		if (!o->first.exists && !(o->access & ACCESS_W) &&
			strcmp(o->now, to) != 0 && fs_below(o->now, to))
			o->gone = true;
		if (o == t || !has_name(o) || !fs_below(o->now, from))
			continue;
		o->was = o->now;
		move_to(r, o, rebase(r, o->now, from, to));
	}
}

void record_moved(struct record *r, struct touched *t, const char *to,
	const struct state *as)
{
	bool directory = as && S_ISDIR(as->mode);
	struct event_bits ev = {t->index, directory};
	struct journal_part parts[] = {{&ev, sizeof(ev)}, record_text(to)};

	record_append(r, EVENT_MOVED, parts, 2);
	if (directory)
		move_below(r, t, t->now, to);
	if (as)
		t->as = *as;
	t->was = t->now;
	move_to(r, t, arena_strdup(r->arena, to));
}

static void swap_below(struct record *r, const char *a, const char *b)
{
	add_move(r, a, b, true);
	for (size_t i = 0; i < r->touched_count; i++) {
		struct touched *o = r->touched[i];
		const char *now = o->now;

		if (!has_name(o) || (!fs_below(now, a) && !fs_below(now, b)))
			continue;
		move_to(r, o,
			fs_below(now, a) ? rebase(r, now, a, b)
					 : rebase(r, now, b, a));
		o->was = now;
	}
}

void record_exchanged(struct record *r, struct touched *a,
	const struct state *a_as, struct touched *b, const struct state *b_as)
{
	bool directory =
		(a_as && S_ISDIR(a_as->mode)) || (b_as && S_ISDIR(b_as->mode));
	struct event_bits ev[] = {{a->index, directory}, {b->index, 0}};
	struct journal_part part = {ev, sizeof(ev)};
	const char *at_a = a->now, *at_b = b->now;

	record_append(r, EVENT_EXCHANGED, &part, 1);
	if (directory)
		swap_below(r, at_a, at_b);
	if (a_as)
		a->as = *a_as;
	if (b_as)
		b->as = *b_as;
	a->was = at_a;
	move_to(r, a, at_b);
	b->was = at_b;
	move_to(r, b, at_a);
}

/* Is `o` where the move has taken it, and nothing that was there before? */
static bool was_taken(const struct touched *o, const char *from, const char *to)
{
	return o->was && fs_below(o->was, from) && fs_below(o->now, to) &&
	       !strcmp(o->now + strlen(to), o->was + strlen(from));
}

static bool is_move(const struct move *m, const char *from, const char *to)
{
	return (!strcmp(m->from, from) && !strcmp(m->to, to)) ||
	       (m->exchange && !strcmp(m->from, to) && !strcmp(m->to, from));
}

void record_unmoved(struct record *r, struct touched *t)
{
	const char *from = t->was, *to = t->now;
	size_t k = r->move_count;
	bool exchange;

	if (!from)
		return;
	record_append_bits(r, EVENT_UNMOVED, t->index, 0);
	while (k && !is_move(&r->moves[k - 1], from, to))
		k--;
	exchange = k && r->moves[k - 1].exchange;
	for (size_t i = 0; k && i < r->touched_count; i++) {
		struct touched *o = r->touched[i];

		if (o == t || (!was_taken(o, from, to) &&
				      !(exchange && was_taken(o, to, from))))
			continue;
		move_to(r, o, o->was);
		o->was = NULL;
	}
	if (k) {
		memmove(&r->moves[k - 1], &r->moves[k],
			(r->move_count - k) * sizeof(*r->moves));
		r->move_count--;
	}
	move_to(r, t, from);
	t->was = NULL;
}

/* Where a path was before a move, or (forward) is after it. */
static const char *follow(
	struct record *r, const char *path, const struct move *m, bool forward)
{
	const char *from = forward ? m->from : m->to;
	const char *to = forward ? m->to : m->from;

	if (fs_below(path, from))
		return rebase(r, path, from, to);
	return m->exchange && fs_below(path, to) ? rebase(r, path, to, from)
						 : path;
}

const char *record_origin(struct record *r, const char *path)
{
	/* Latest first: a directory may have been moved more than once. */
	for (size_t i = r->move_count; i > 0; i--)
		path = follow(r, path, &r->moves[i - 1], false);
	return path;
}

const char *record_destination(struct record *r, const char *path)
{
	for (size_t i = 0; i < r->move_count; i++)
		path = follow(r, path, &r->moves[i], true);
	return path;
}
