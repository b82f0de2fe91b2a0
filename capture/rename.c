// SPDX-License-Identifier: Apache-2.0
/* Two names at once: which one moves decides what becomes of the other. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"
#include "capture/touch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Is it plain before the call that it will fail, or do nothing (rename(2))? */
static bool rename_fails(const struct place *a, const struct place *b,
	const struct touch *to, struct arena *scratch)
{
	struct state from, into;

	if (a->beyond || b->beyond || !a->st.exists ||
		state_same_file(&a->st, &b->st) ||
		(to->exchange && !b->st.exists) ||
		(to->noreplace && b->st.exists))
		return true;
	if (b->st.exists && !to->exchange &&
		(S_ISDIR(a->st.mode) != S_ISDIR(b->st.mode) ||
			(S_ISDIR(b->st.mode) && !state_is_empty(b->access))))
		return true;
	/* Into itself. */
	if (fs_below(b->path, a->path) ||
		(to->exchange && fs_below(a->path, b->path)))
		return true;
	/* EXDEV: mv then copies. Directories tell, where the files of an
	 * overlay may have device numbers of their own. */
	state_of_parent(scratch, a->access, &from);
	state_of_parent(scratch, b->access, &into);
	return from.dev != into.dev;
}

/* A directory that another mount shows elsewhere moves there, too, and takes
 * along what is recorded by that name. */
static void aliases_move(
	struct capture *cap, const struct touched *t, const struct place *p)
{
	struct record *r = &cap->rec;

	for (size_t i = 0; S_ISDIR(p->st.mode) && i < r->touched_count; i++) {
		const struct touched *o = r->touched[i];

		if (o != t && state_same_file(&o->first, &p->st))
			touch_hide(cap, o->now);
	}
}

void touch_rename(struct capture *cap, pid_t tid, const struct touch *from,
	const struct touch *to, struct arena *scratch)
{
	struct record *r = &cap->rec;
	struct place a, b;
	struct touched *ta, *tb;

	if (resolve(cap->resolver, tid, from, scratch, &a) < 0 ||
		resolve(cap->resolver, tid, to, scratch, &b) < 0)
		return;
	ta = touch_place(cap, &a, ACCESS_S);
	tb = touch_place(cap, &b, ACCESS_S);
	if (!ta || !tb)
		return;
	/* What is in a directory keeps it from being replaced. */
	if (a.st.exists && !to->exchange)
		touch_list(cap, tb, &b);
	if (rename_fails(&a, &b, to, scratch)) {
		/* Nothing happens when both are one file. That they are one
		 * has to be so in a replay, too, when it does the same. */
		if (ta != tb && state_same_file(&a.st, &b.st)) {
			record_access(r, ta, ACCESS_W);
			record_access(r, tb, ACCESS_W);
		}
		return;
	}
	record_written(r, ta, process_of(cap, tid));
	seen_forget(&cap->seen);
	touch_last_name(cap, ta, &a);
	aliases_move(cap, ta, &a);
	if (to->exchange) {
		touch_last_name(cap, tb, &b);
		record_written(r, tb, process_of(cap, tid));
		record_exchanged(r, ta, &a.st, tb, &b.st);
	} else {
		if (ta != tb) /* else it is back where it was at first */
			touch_writing(cap, tid, tb, &b, to);
		record_moved(r, ta, b.path, &a.st);
	}
	if (!S_ISREG(a.st.mode) || (b.st.exists && !S_ISREG(b.st.mode)))
		resolver_forget(cap->resolver);
}
