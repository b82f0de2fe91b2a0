// SPDX-License-Identifier: Apache-2.0
/*
 * Which row of the record a place belongs to. Names and contents go different
 * ways: a file keeps its row when the run moves it, has several rows when it
 * has several names, and what the run makes under an old name is another file.
 * Only the entries of calls are seen: one that fails leaves all as it was, and
 * that shows when the place is looked at the next time.
 */
#include "capture/identity.h"
#include "base/arena.h"
#include "capture/context.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

bool is_runs_own(const struct touched *t, const struct place *p)
{
	return t->gone || strcmp(t->now, p->path) != 0 ||
	       ((t->access & ACCESS_N) && (t->access & ACCESS_W));
}

/*
 * The call that should have removed or emptied it has failed, or is another
 * task's that has not run yet: it is as it was. (What happens in a directory
 * changes it, too.)
 */
static bool look_again(struct record *r, struct touched *t, const struct place *p)
{
	if (!t->gone)
		return true;
	t->went |= !p->st.exists;
	if (t->went || !t->last || !state_same_file(t->last, &p->st) ||
		(!S_ISDIR(p->st.mode) && (!state_same_content(t->last, &p->st) ||
						 t->last->ctime != p->st.ctime)))
		return false;
	record_back(r, t);
	return true;
}

/* A place may be reached by several mounts: by inode alone it is not named. */
static struct touched *by_inode(struct record *r, const struct place *p)
{
	struct touched *t = record_find_removed(r, &p->st);

	while (t && (strcmp(t->now, p->path) != 0 ||
			    (!look_again(r, t, p) && !t->emptied)))
		t = record_twin_removed(t, p->st.btime);
	return t;
}

static struct touched *now_at(struct touched *t, const char *path)
{
	while (t && strcmp(t->now, path) != 0)
		t = t->before;
	return t;
}

/*
 * Was it to be moved to `p`, and that has failed? Then its old name still leads
 * to it. (A first write through an overlay makes another file of it, but does
 * not bring it back.)
 */
static bool undone(struct record *r, struct touched *t, const struct place *p)
{
	const struct state *as = t->as.exists ? &t->as : &t->first;
	struct state st;

	if ((t->gone && !t->emptied) || !t->was || state_same_file(as, &p->st))
		return false;
	state_of(AT_FDCWD, t->was, &st);
	if (!state_same_file(as, &st))
		return false;
	record_unmoved(r, t);
	return true;
}

/* Was it to be moved, and is it still, or again, at `p`? */
static struct touched *not_moved(struct touched *t, const struct place *p)
{
	while (t && ((t->access & ACCESS_N) || t->gone ||
			    !state_same_file(&t->first, &p->st)))
		t = t->before;
	return t;
}

/*
 * The file may be known by another name already, and may have been changed
 * under it: what it was for the run is what it was then.
 */
static const struct touched *changed_twin(struct record *r, const struct place *p)
{
	const struct touched *t = record_find_inode(r, &p->st);
	struct state now;

	while (t && !t->preserved && !t->appended && !t->emptied && !t->not_stored)
		t = record_twin(t);
	/* Some overlays make a file of its own of the name that is written. */
	if (t && (!t->gone || t->emptied) &&
		state_of(AT_FDCWD, t->now, &now) == 0 &&
		!state_same_file(&now, &p->st))
		return NULL;
	return t;
}

static struct touched *add(struct record *r, const char *path,
	const struct place *p, unsigned bits, bool earlier)
{
	const struct touched *twin = changed_twin(r, p);
	const struct touched *other = record_find_inode(r, &p->st);
	struct state first = twin ? twin->first : p->st;
	struct touched *t;

	/* The run may have removed names of it since. */
	if (other && other->first.nlink > first.nlink)
		first.nlink = other->first.nlink;

	/* Read or executed is said when it is clear that it is no output. */
	bits = p->st.exists ? bits & ~(unsigned)(ACCESS_R | ACCESS_X)
			    : bits | ACCESS_N;
	t = earlier ? record_touch_earlier(r, path, bits, &first, p->target)
		    : record_touch(r, path, bits, &first, p->target);
	if (strcmp(path, p->path) != 0)
		record_moved(r, t, p->path, NULL);
	if (!twin)
		return t;
	if (twin->preserved)
		record_preserved(r, t, &twin->digest);
	else if (twin->emptied)
		record_gone(r, t, NULL, true);
	else if (twin->not_stored)
		record_not_stored(r, t);
	else
		record_appended(r, t);
	return t;
}

struct touched *row_known(struct capture *cap, const struct place *p)
{
	struct record *r = &cap->rec;
	struct touched *t = by_inode(r, p);

	if (!t)
		t = record_find_moved(r, p->path);
	return t ? t : now_at(record_find(r, record_origin(r, p->path)), p->path);
}

struct touched *row_of(struct capture *cap, const struct place *p, unsigned bits)
{
	struct record *r = &cap->rec;
	struct touched *t = by_inode(r, p), *here;
	const char *path;

	if (t)
		return t;
	path = r->move_count ? record_origin(r, p->path) : p->path;
	t = record_find(r, path);
	here = record_find_moved(r, p->path);
	if (!t && !here)
		return add(r, path, p, bits, false);
	if (!here)
		here = now_at(t, p->path);
	if (here && undone(r, here, p))
		return row_of(cap, p, bits);
	if (here) {
		look_again(r, here, p);
		return here;
	}
	here = not_moved(t, p);
	if (here) {
		record_moved(r, here, p->path, &p->st);
		return here;
	}
	/* It came with a directory; what has its old name now is younger. */
	if (p->st.exists && strcmp(path, p->path) != 0)
		return add(r, path, p, bits, true);
	return t;
}

struct touched *row_anew(struct capture *cap, const struct touched *before,
	const struct place *p)
{
	struct record *r = &cap->rec;
	struct touched *t = record_touch(r, before->path, ACCESS_N, &p->st, NULL);

	if (strcmp(t->path, p->path) != 0)
		record_moved(r, t, p->path, NULL);
	return t;
}

/* Where there is no time of birth, numbers of inodes may be another's. */
static bool is_same_inode(const struct state *a, const struct state *b)
{
	return state_same_content(a, b) || (a->btime && a->btime == b->btime);
}

struct touched *row_without_name(struct capture *cap, const struct place *p)
{
	struct touched *t = record_find_removed(&cap->rec, &p->st);

	while (t && (!t->gone || t->emptied || !t->last ||
			    !is_same_inode(t->last, &p->st)))
		t = record_twin_removed(t, p->st.btime);
	return t;
}
