// SPDX-License-Identifier: Apache-2.0
/*
 * First touch wins: what a call is about to do to a path, put into the record,
 * with the old content preserved where the call could destroy it.
 */
#include "capture/touch.h"
#include "base/arena.h"
#include "base/fs.h"
#include "capture/ahead.h"
#include "capture/context.h"
#include "capture/identity.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's own trees: a replay has its own, nothing is recorded. */
static bool is_kernels(const char *path)
{
	return fs_below(path, "/proc") || fs_below(path, "/sys");
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
	if (t)
		touch_special(cap, p, t);
	return !fs_below(p->path, "/dev") ||
	       (fs_below(p->path, "/dev/shm") && strcmp(p->path, "/dev/shm"));
}

static void touch_steps(struct capture *cap, const struct place *p)
{
	for (size_t i = 0; i < p->step_count; i++) {
		const struct step *s = &p->steps[i];
		const struct place at = {
			.path = s->path, .st = s->st, .target = s->target};
		unsigned bits = s->target ? ACCESS_L : 0;
		struct touched *t;

		if (fs_below(s->path, "/dev") || is_kernels(s->path))
			continue;
		t = row_of(cap, &at, bits);
		if (!(t->access & ACCESS_N))
			record_access(&cap->rec, t, bits);
	}
}

/*
 * Is it to be kept now? A call that may yet run will destroy it, what comes
 * with another mount namespace goes with it, and times that the run has set do
 * not tell at the end whether it is still the same.
 */
static bool urgent(const struct capture *cap, const struct touched *t,
	const struct place *p)
{
	if (p->foreign)
		return true;
	if (t->doubtful && t->first.size <= cap->rec.keep)
		return true;
	return (t->access & ACCESS_W) && !t->appended &&
	       !state_same_content(&t->first, &p->st);
}

static void reads(struct capture *cap, struct touched *t, const struct place *p,
	unsigned bits)
{
	const char *now = "is another file in a mount namespace that the run "
			  "made: that one is not recorded";

	record_access(&cap->rec, t, bits);
	if (state_same_file(&t->first, &p->st)) {
		if (urgent(cap, t, p))
			preserve(cap, t, p);
	} else if (p->foreign) {
		record_gap(&cap->rec, "mount-namespace", p->path, "%s", now);
	} else if (!(t->access & (ACCESS_W | ACCESS_N))) {
		/* Not when the run wrote to it: some overlays then give it
		 * another number. */
		record_gap(&cap->rec, "changed", p->path,
			"was replaced by another file while the run used it: "
			"that one is not recorded");
	}
}

/* A name that the run has made, of a file that was there before. */
static void reads_twins(struct capture *cap, const struct touched *t,
	const struct place *p, unsigned bits)
{
	struct touched *o = record_find_inode(&cap->rec, &p->st);

	for (; o && (bits & (ACCESS_R | ACCESS_X)); o = record_twin(o)) {
		if (o == t || o->emptied ||
			(!(o->access & ACCESS_W) &&
				!state_same_content(&o->first, &p->st)))
			continue;
		record_access(&cap->rec, o, bits & (ACCESS_R | ACCESS_X));
		/* Its own name may be gone, and this one may go. */
		if (o->gone || urgent(cap, o, p))
			preserve(cap, o, p);
	}
}

/* Opened or run by its descriptor, after its name has gone. */
static struct touched *touch_nameless(
	struct capture *cap, const struct place *p, unsigned bits)
{
	struct touched *t = p->st.exists && S_ISREG(p->st.mode)
				    ? row_without_name(cap, p)
				    : NULL;

	bits &= ACCESS_R | ACCESS_X;
	if (!t || !bits)
		return t;
	record_access(&cap->rec, t, bits);
	preserve(cap, t, p);
	return t;
}

/* A file that the run has not changed, read for the first time. */
static bool is_new_input(const struct touched *t, unsigned bits, bool fresh)
{
	unsigned before = fresh ? t->access & ACCESS_N : t->access;

	return (bits & (ACCESS_R | ACCESS_X)) &&
	       !(before & (ACCESS_R | ACCESS_X | ACCESS_W | ACCESS_N)) &&
	       S_ISREG(t->first.mode) && t->now == t->path;
}

struct touched *touch_place(
	struct capture *cap, const struct place *p, unsigned bits)
{
	struct touched *t;
	size_t known;

	touch_steps(cap, p);
	if (!p->path && !p->served)
		return touch_nameless(cap, p, bits);
	if (!is_recorded(cap, p, NULL))
		return NULL;
	known = cap->rec.touched_count;
	t = row_of(cap, p, bits);
	if (is_runs_own(t, p)) {
		reads_twins(cap, t, p, bits);
		return t;
	}
	if (!p->st.exists)
		return t;
	if ((t->access & ACCESS_N) && (bits & (ACCESS_R | ACCESS_X)))
		record_gap(&cap->rec, "appeared", p->path,
			"was absent when the run first looked, and was read "
			"later although the run did not make it");
	if (is_new_input(t, bits, cap->rec.touched_count > known))
		ahead_offer(cap->ahead, t->path, &t->first);
	if (bits & (ACCESS_R | ACCESS_X))
		reads(cap, t, p, bits);
	else
		record_access(&cap->rec, t, bits);
	return t;
}

/* The entries in the kernel's order, as they were before the run. */
void touch_list(struct capture *cap, struct touched *t, const struct place *p)
{
	autoarena *scratch = arena_new();
	struct strlist names = {0};
	struct dirent *ent;
	DIR *d;

	if (t->access & ACCESS_D || !t->first.exists || !S_ISDIR(p->st.mode) ||
		is_runs_own(t, p))
		return;
	d = fs_opendir(p->access);
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

/* What a replay has by its name only does not open for anybody. */
static bool is_closed(const struct place *p)
{
	autoclose int fd = -1;

	if (!S_ISREG(p->st.mode))
		return false;
	fd = fs_open(p->access, O_RDONLY | O_NONBLOCK);
	return fd < 0;
}

/* Who may not read it may not have it read: the task has no more rights. */
static bool may_read(const struct capture *cap, const struct place *p)
{
	/* Into a sandbox we look with more rights, but for our real ids. */
	int flags = cap->in_sandbox ? 0 : AT_EACCESS;

	if (cap->in_sandbox && is_closed(p))
		return false;
	return (p->st.mode & 0444) == 0444 || geteuid() == 0 || p->foreign ||
	       faccessat(AT_FDCWD, p->access, R_OK, flags) == 0;
}

static bool holds_input(const struct touched *t)
{
	return t->access & (ACCESS_R | ACCESS_X);
}

/*
 * The content is about to change under every name that it has: hard links, and
 * the same file seen through another mount.
 */
static void content_changes(struct capture *cap, const struct touched *t,
	const struct place *p, enum intent intent)
{
	struct record *r = &cap->rec;
	struct touched *o = record_find_inode(r, &p->st);

	for (; o; o = record_twin(o)) {
		if (o == t)
			continue;
		if (intent == INTENT_APPEND && !cap->no_appending)
			record_appended(r, o);
		else if (intent == INTENT_WRITE || intent == INTENT_APPEND ||
			 holds_input(o))
			preserve(cap, o, p);
		else if (intent == INTENT_TRUNCATE)
			record_gone(r, o, &p->st, true);
		record_access(r, o, ACCESS_W);
	}
}

void touch_last_name(
	struct capture *cap, const struct touched *t, const struct place *p)
{
	struct touched *o =
		p->st.nlink > 1 ? NULL : record_find_inode(&cap->rec, &p->st);

	for (; o; o = record_twin(o))
		if (o != t && holds_input(o))
			preserve(cap, o, p);
}

static void about_to_write(struct capture *cap, struct touched *t,
	const struct place *p, const struct touch *touch)
{
	switch (touch->intent) {
	case INTENT_APPEND:
		if (cap->no_appending)
			preserve(cap, t, p);
		record_appended(&cap->rec, t);
		break;
	case INTENT_TRUNCATE:
	case INTENT_TIMES: /* or it would look changed at the end */
		if (holds_input(t))
			preserve(cap, t, p);
		break;
	case INTENT_REMOVE:
	case INTENT_REPLACE:
		if (holds_input(t))
			preserve(cap, t, p);
		return;
	case INTENT_ATTRIBUTES: /* or it might not be readable at the end */
		if (holds_input(t) && geteuid() != 0)
			preserve(cap, t, p);
		return;
	case INTENT_WRITE:
		if (touch->reads && !may_read(cap, p))
			return; /* EACCES */
		preserve(cap, t, p);
		record_access(&cap->rec, t, touch->reads ? ACCESS_R : 0);
		break;
	default:
		return;
	}
	if (touch->intent == INTENT_TRUNCATE)
		record_gone(&cap->rec, t, &p->st, true);
}

static bool changes_content(enum intent i)
{
	return i == INTENT_WRITE || i == INTENT_APPEND || i == INTENT_TRUNCATE;
}

static bool is_writing(enum intent i)
{
	return i != INTENT_LOOK && i != INTENT_READ && i != INTENT_EXEC;
}

/* Names of directories and links on later ways may mean others now. */
static void names_change(
	struct capture *cap, const struct place *p, const struct touch *touch)
{
	bool removed = touch->intent == INTENT_REMOVE ||
		       touch->intent == INTENT_REPLACE;

	if (!p->st.exists || touch->intent == INTENT_REMOVE)
		seen_forget(&cap->seen);
	if (!S_ISREG(p->st.mode) && removed)
		resolver_forget(cap->resolver);
}

void touch_writing(struct capture *cap, pid_t tid, struct touched *t,
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
	if (touch->intent == INTENT_REMOVE &&
		touch->directory != S_ISDIR(p->st.mode))
		return; /* EISDIR, ENOTDIR */
	/* Whether it goes depends on what is in it. */
	if (touch->intent == INTENT_REMOVE && touch->directory) {
		touch_list(cap, t, p);
		if (!state_is_empty(p->access))
			return; /* ENOTEMPTY */
	}
	if (p->foreign && (changes_content(touch->intent) || touch->creates ||
				  touch->intent == INTENT_REPLACE))
		touch_elsewhere(cap, p);
	if (!p->st.exists && (strcmp(t->now, p->path) != 0 || t->gone))
		t = row_anew(cap, t, p);
	if (p->st.exists && !is_runs_own(t, p))
		about_to_write(cap, t, p, touch);
	else if (touch->intent == INTENT_WRITE && touch->reads)
		reads_twins(cap, t, p, ACCESS_R);
	if (S_ISREG(p->st.mode) && (changes_content(touch->intent) ||
					   touch->intent == INTENT_TIMES))
		content_changes(cap, t, p, touch->intent);
	if (p->st.exists && (touch->intent == INTENT_REMOVE ||
				    touch->intent == INTENT_REPLACE)) {
		touch_last_name(cap, t, p);
		record_gone(&cap->rec, t, &p->st, false);
	}
	record_written(&cap->rec, t, process_of(cap, tid));
	names_change(cap, p, touch);
}

static unsigned bits_of(
	const struct capture *cap, const struct touch *t, const struct place *p)
{
	if (!p->st.exists)
		return ACCESS_N;
	if (p->beyond)
		return ACCESS_S;
	if (t->intent == INTENT_READ && !S_ISDIR(p->st.mode) &&
		!S_ISLNK(p->st.mode))
		return may_read(cap, p) ? ACCESS_R : ACCESS_S;
	return t->intent == INTENT_EXEC ? ACCESS_X : ACCESS_S;
}

/* By a descriptor whose name has gone; the file may have others. */
static void apply_nameless(
	struct capture *cap, const struct touch *touch, const struct place *p)
{
	bool writes = touch->intent == INTENT_WRITE;
	struct touched *t = touch_place(cap, p,
		writes && touch->reads ? ACCESS_R : bits_of(cap, touch, p));

	if (t && (writes || holds_input(t)))
		preserve(cap, t, p);
	if (changes_content(touch->intent))
		content_changes(cap, t, p, touch->intent);
}

static void apply_at(struct capture *cap, pid_t tid, const struct touch *touch,
	const struct place *p)
{
	struct touched *t;

	if (!p->path) {
		apply_nameless(cap, touch, p);
		return;
	}
	if (!is_recorded(cap, p, touch)) {
		touch_steps(cap, p);
		return;
	}
	t = touch_place(cap, p, bits_of(cap, touch, p));
	if (!t || p->beyond)
		return;
	if (touch->intent == INTENT_READ)
		touch_list(cap, t, p);
	if (is_writing(touch->intent) || (touch->creates && !p->st.exists))
		touch_writing(cap, tid, t, p, touch);
}

void touch_unappend(struct capture *cap, const struct place *p)
{
	struct touched *t = record_find_inode(&cap->rec, &p->st);

	for (; t; t = record_twin(t))
		if (t->appended)
			preserve(cap, t, p);
	if (!p->path) {
		t = row_without_name(cap, p);
		if (t && t->appended)
			preserve(cap, t, p);
		return;
	}
	/* Overlays may have given it another number. */
	t = row_known(cap, p);
	if (t && t->appended && !is_runs_own(t, p))
		preserve(cap, t, p);
}

void touch_unappend_all(struct capture *cap)
{
	struct record *r = &cap->rec;

	cap->no_appending = true;
	for (size_t i = 0; i < r->touched_count; i++) {
		struct touched *t = r->touched[i];
		const struct place p = {.path = t->now, .access = t->now};

		if (t->appended && !t->gone)
			preserve(cap, t, &p);
	}
}

void touch_hide(struct capture *cap, const char *directory)
{
	struct record *r = &cap->rec;

	for (size_t i = 0; i < r->touched_count; i++) {
		struct touched *t = r->touched[i];
		const struct place p = {.path = t->now, .access = t->now};

		if (holds_input(t) && !t->gone && fs_below(t->now, directory))
			preserve(cap, t, &p);
	}
}

bool touch_apply(struct capture *cap, pid_t tid, const struct touch *t,
	struct arena *scratch)
{
	struct place p;

	if (resolve(cap->resolver, tid, t, scratch, &p) < 0)
		return false;
	if (p.unnamed)
		record_gap(&cap->rec, "unnamed-place", NULL,
			"a path began in a directory that no name leads to, in "
			"a mount without a place or below another one: what it "
			"touched is not recorded");
	apply_at(cap, tid, t, &p);
	return !p.by_proc;
}
