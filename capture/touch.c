// SPDX-License-Identifier: Apache-2.0
/*
 * First touch wins: what a call is about to do to a path, put into the record,
 * with the old content preserved where the call could destroy it.
 */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The kernel's own trees: a replay has its own, nothing is recorded. */
static bool is_kernels(const char *path)
{
	return fs_below(path, "/proc") || fs_below(path, "/sys");
}

static bool is_accelerator(const char *path)
{
	return !strncmp(path, "/dev/nvidia", 11) ||
	       !strncmp(path, "/dev/dri/", 9) || !strcmp(path, "/dev/kfd") ||
	       !strncmp(path, "/dev/accel/", 11) || !strcmp(path, "/dev/dxg");
}

static void touch_device(
	struct capture *cap, const struct place *p, const struct touch *t)
{
	struct m_device d = {
		.path = (char *)p->path,
		.type = (char *)(S_ISCHR(p->st.mode) ? "char" : "block"),
		.major = p->st.major,
		.minor = p->st.minor,
		.access = (char *)(t->intent == INTENT_READ ? "r"
				   : t->reads               ? "rw"
							    : "w"),
		.accelerator = is_accelerator(p->path),
	};

	if (t->intent == INTENT_READ || t->intent == INTENT_WRITE ||
		t->intent == INTENT_APPEND || t->intent == INTENT_TRUNCATE)
		record_device(&cap->rec, &d);
}

/* Below /dev only what is in /dev/shm is a file like others. */
static bool is_recorded(
	struct capture *cap, const struct place *p, const struct touch *t)
{
	if (p->served)
		record_gap(&cap->rec, "served-files", p->served,
			"is served by a process of the run, which could not "
			"answer for waiting itself: what was used of it is "
			"not recorded");
	if (!p->path || is_kernels(p->path))
		return false;
	if (p->st.exists && (S_ISCHR(p->st.mode) || S_ISBLK(p->st.mode)) && t)
		touch_device(cap, p, t);
	return !fs_below(p->path, "/dev") ||
	       (fs_below(p->path, "/dev/shm") && strcmp(p->path, "/dev/shm"));
}

static void touch_steps(struct capture *cap, const struct place *p)
{
	for (size_t i = 0; i < p->step_count; i++) {
		const struct step *s = &p->steps[i];
		unsigned bits = s->target ? ACCESS_L : 0;
		const char *path = record_origin(&cap->rec, s->path);
		struct touched *t = record_find(&cap->rec, path);

		if (fs_below(s->path, "/dev") || is_kernels(s->path))
			continue;
		if (!t)
			record_touch(&cap->rec, path, bits, &s->st, s->target);
		else if (!(t->access & ACCESS_N))
			record_access(&cap->rec, t, bits);
	}
}

/* The row of a place; new ones get `bits`. NULL: made by the run itself, so
 * that only writing to it is of interest. */
static struct touched *row_of(
	struct capture *cap, const struct place *p, unsigned bits, bool *fresh)
{
	struct record *r = &cap->rec;
	struct touched *t = record_find_inode(r, &p->st);
	const char *path;

	*fresh = false;
	/* Moved by the run: the row is where it was at first. */
	if (t && !strcmp(t->now, p->path) && !t->gone)
		return t;
	path = r->move_count ? record_origin(r, p->path) : p->path;
	t = record_find(r, path);
	if (t)
		return t;
	*fresh = true;
	t = record_touch(r, path, p->st.exists ? bits : bits | ACCESS_N, &p->st,
		p->target);
	if (strcmp(path, p->path) != 0)
		record_moved(r, t, p->path);
	return t;
}

/* Is what is there now something that the run put there? */
static bool is_runs_own(const struct touched *t, const struct place *p)
{
	return t->gone || strcmp(t->now, p->path) != 0 ||
	       ((t->access & ACCESS_N) && (t->access & ACCESS_W));
}

struct touched *touch_place(
	struct capture *cap, const struct place *p, unsigned bits)
{
	struct touched *t;
	bool fresh;

	touch_steps(cap, p);
	if (!is_recorded(cap, p, NULL))
		return NULL;
	t = row_of(cap, p, bits, &fresh);
	if (is_runs_own(t, p))
		return t;
	if (!p->st.exists)
		bits = 0;
	else if ((t->access & ACCESS_N) && (bits & (ACCESS_R | ACCESS_X)))
		record_gap(&cap->rec, "appeared", p->path,
			"was absent when the run first looked, and was read "
			"later although the run did not make it");
	record_access(&cap->rec, t, bits);
	/* What lies in another mount namespace goes away with it. */
	if (p->foreign && (bits & (ACCESS_R | ACCESS_X))) {
		if (state_same_file(&t->first, &p->st))
			preserve(cap, t, p->access);
		else
			record_gap(&cap->rec, "mount-namespace", p->path,
				"is another file in a mount namespace that the "
				"run made: that one is not recorded");
	}
	return t;
}

/* The entries in the kernel's order, as they were before the run. */
static void list(struct capture *cap, struct touched *t, const char *access,
	struct arena *scratch)
{
	struct strlist names = {0};
	struct dirent *ent;
	DIR *d;

	if (t->access & ACCESS_D || !t->first.exists)
		return;
	d = opendir(access);
	if (!d)
		return; /* the task cannot either */
	while ((ent = readdir(d))) {
		struct touched *o;

		if (!strcmp(ent->d_name, ".") || !strcmp(ent->d_name, ".."))
			continue;
		o = record_find(
			&cap->rec, fs_join(scratch, t->path, ent->d_name));
		if (!o || !(record_first(o)->access & ACCESS_N))
			*ARENA_PUSH(scratch, names.items, names.count) =
				arena_strdup(scratch, ent->d_name);
	}
	closedir(d);
	record_listing(&cap->rec, t, &names);
}

static bool holds_input(const struct touched *t)
{
	return t->access & (ACCESS_R | ACCESS_X);
}

/*
 * The content is about to change under every name that it has: hard links, and
 * the same file seen through another mount.
 */
static void content_changes(struct capture *cap, struct touched *t,
	const struct place *p, const struct touch *touch)
{
	struct record *r = &cap->rec;

	for (size_t i = 0; i < r->touched_count; i++) {
		struct touched *o = r->touched[i];

		if (o == t || o->gone || !state_same_file(&o->first, &p->st))
			continue;
		if (touch->intent == INTENT_APPEND)
			record_appended(r, o, !(o->access & ACCESS_W));
		else if (holds_input(o))
			preserve(cap, o, p->access);
		record_access(r, o, ACCESS_W);
	}
}

static void about_to_write(struct capture *cap, struct touched *t,
	const struct place *p, const struct touch *touch)
{
	bool other_names =
		p->st.nlink > 1 || record_find_inode(&cap->rec, &p->st) != t;

	switch (touch->intent) {
	case INTENT_APPEND:
		if (!(t->access & ACCESS_W))
			record_appended(&cap->rec, t, true);
		break;
	case INTENT_TRUNCATE:
	case INTENT_TIMES: /* or it would look changed at the end */
		if (holds_input(t))
			preserve(cap, t, p->access);
		break;
	case INTENT_REMOVE:
	case INTENT_REPLACE:
		if (holds_input(t))
			preserve(cap, t, p->access);
		record_gone(&cap->rec, t);
		return;
	case INTENT_WRITE:
		preserve(cap, t, p->access);
		record_access(&cap->rec, t, touch->reads ? ACCESS_R : 0);
		break;
	default:
		return;
	}
	if (other_names && S_ISREG(p->st.mode))
		content_changes(cap, t, p, touch);
	if (touch->intent == INTENT_TRUNCATE)
		record_gone(&cap->rec, t);
}

static bool changes_content(enum intent i)
{
	return i == INTENT_WRITE || i == INTENT_APPEND || i == INTENT_TRUNCATE;
}

static bool is_writing(enum intent i)
{
	return i != INTENT_LOOK && i != INTENT_READ && i != INTENT_EXEC;
}

/* What was here has been moved away: this will be another file. */
static struct touched *touch_anew(struct capture *cap,
	const struct touched *before, const struct place *p)
{
	struct record *r = &cap->rec;
	struct touched *t = record_touch(r, before->path, ACCESS_N, &p->st, NULL);

	if (strcmp(t->path, p->path) != 0)
		record_moved(r, t, p->path);
	return t;
}

static void apply_writing(struct capture *cap, pid_t tid, struct touched *t,
	const struct place *p, const struct touch *touch)
{
	bool makes = touch->creates || touch->intent == INTENT_CREATE ||
		     touch->intent == INTENT_REPLACE;

	if (!p->st.exists && !makes)
		return;
	/* mkdir, symlink, link on what is there: EEXIST, only looked at. */
	if (p->st.exists && touch->intent == INTENT_CREATE)
		return;
	if (p->st.exists && S_ISDIR(p->st.mode) && changes_content(touch->intent))
		return; /* EISDIR */
	if (!p->st.exists && strcmp(t->now, p->path) != 0)
		t = touch_anew(cap, t, p);
	if (p->st.exists && !is_runs_own(t, p))
		about_to_write(cap, t, p, touch);
	else if (p->st.exists && touch->intent == INTENT_REMOVE)
		record_gone(&cap->rec, t);
	else if (S_ISREG(p->st.mode) && p->st.nlink > 1 &&
		 changes_content(touch->intent))
		content_changes(cap, t, p, touch); /* a link the run made */
	record_written(&cap->rec, t, process_of(cap, tid));
	if (!p->st.exists || touch->intent == INTENT_REMOVE)
		seen_forget(&cap->seen);
	/* Names of directories and links on later ways may mean others now. */
	if (!S_ISREG(p->st.mode) && (touch->intent == INTENT_REMOVE ||
					    touch->intent == INTENT_REPLACE))
		resolver_forget(cap->resolver);
}

static unsigned bits_of(const struct touch *t, const struct place *p)
{
	if (!p->st.exists)
		return ACCESS_N;
	if (p->beyond)
		return ACCESS_S;
	if (t->intent == INTENT_READ && !S_ISDIR(p->st.mode) &&
		!S_ISLNK(p->st.mode))
		return ACCESS_R;
	return t->intent == INTENT_EXEC ? ACCESS_X : ACCESS_S;
}

static void apply_at(struct capture *cap, pid_t tid, const struct touch *touch,
	const struct place *p, struct arena *scratch)
{
	struct touched *t;

	touch_steps(cap, p);
	if (!is_recorded(cap, p, touch))
		return;
	t = touch_place(cap, p, bits_of(touch, p));
	if (!t || p->beyond)
		return;
	if (touch->intent == INTENT_READ && p->st.exists &&
		S_ISDIR(p->st.mode) && !is_runs_own(t, p))
		list(cap, t, p->access, scratch);
	if (is_writing(touch->intent) || (touch->creates && !p->st.exists))
		apply_writing(cap, tid, t, p, touch);
}

void touch_apply(struct capture *cap, pid_t tid, const struct touch *t,
	struct arena *scratch)
{
	struct place p;

	if (resolve(cap->resolver, tid, t, scratch, &p) < 0)
		return;
	apply_at(cap, tid, t, &p, scratch);
}

static void parent_of(const struct place *p, struct arena *a, struct state *st)
{
	char *dir = arena_strdup(a, p->access);
	char *slash = strrchr(dir, '/');

	slash[slash == dir] = 0;
	state_of(AT_FDCWD, dir, st);
}

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
		S_ISDIR(a->st.mode) != S_ISDIR(b->st.mode))
		return true;
	/* EXDEV: mv then copies. Directories tell, where the files of an
	 * overlay may have device numbers of their own. */
	parent_of(a, scratch, &from);
	parent_of(b, scratch, &into);
	return from.dev != into.dev;
}

/* Both names at once: which one moves decides what becomes of the other. */
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
	if (!ta || !tb || rename_fails(&a, &b, to, scratch))
		return;
	record_written(r, ta, process_of(cap, tid));
	seen_forget(&cap->seen);
	if (ta == tb) {
		record_moved(r, ta, b.path); /* back where it was at first */
	} else if (to->exchange) {
		record_written(r, tb, process_of(cap, tid));
		record_moved(r, ta, "/.exchange");
		record_moved(r, tb, a.path);
		record_moved(r, ta, b.path);
	} else {
		apply_writing(cap, tid, tb, &b, to);
		record_moved(r, ta, b.path);
	}
	if (!S_ISREG(a.st.mode))
		resolver_forget(cap->resolver);
}
