// SPDX-License-Identifier: Apache-2.0
/*
 * The walk. A path is followed component by component, each looked at without
 * following it, so that an absolute symbolic link inside a chroot leads to the
 * task's root and not to ours (which opening /proc/PID/root/PATH would do).
 * Directories that were found once are remembered by their canonical name: the
 * usual path costs one statx(2).
 */
#include "capture/resolve.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "capture/calls.h"
#include "capture/resolve_walk.h"
#include "capture/served.h"
#include "capture/task.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

struct resolver {
	struct map dirs; /* canonical names seen as directories */
	struct arena *names;
	struct served *served;
	bool views_matter, proc_differs;
	char *our_mnt; /* mount namespace: "mnt:[4026531841]" */
};

struct resolver *resolver_new(void)
{
	struct resolver *r = xcalloc(1, sizeof(*r));
	char buf[64] = "";

	r->names = arena_new();
	r->served = served_new();
	if (readlink("/proc/self/ns/mnt", buf, sizeof(buf) - 1) > 0)
		r->our_mnt = arena_strdup(r->names, buf);
	return r;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	served_free(r->served);
	map_release(&r->dirs);
	arena_free(r->names);
	free(r);
}

void resolver_forget(struct resolver *r)
{
	map_clear(&r->dirs);
}

void resolver_views_matter(struct resolver *r)
{
	r->views_matter = true;
	served_forget(r->served);
	resolver_forget(r);
}

void resolver_proc_differs(struct resolver *r)
{
	r->proc_differs = true;
}

bool resolver_one_view(const struct resolver *r)
{
	return !r->views_matter;
}

static int find_view(
	struct resolver *r, pid_t tid, struct arena *a, struct view *v)
{
	char *mnt, *root;

	*v = (struct view){"", "", "", true};
	if (!r->views_matter)
		return 0;
	v->cached = false;
	mnt = task_link(a, tid, "ns/mnt");
	root = task_link(a, tid, "root");
	if (!mnt || !root)
		return -1;
	if (r->our_mnt && strcmp(mnt, r->our_mnt) != 0)
		v->prefix = arena_printf(a, "/proc/%d/root", tid);
	if (strcmp(root, "/") != 0)
		v->root = v->behind = root;
	return 0;
}

const char *walk_access(struct walk *w, const char *path)
{
	const char *rest = path + strlen(w->view.behind);

	/* Another root is behind the prefix already. */
	if (!*w->view.prefix || !fs_below(path, w->view.behind))
		return path;
	return arena_printf(w->a, "%s%s", w->view.prefix, *rest ? rest : "/");
}

const char *walk_process(struct walk *w, const char *number)
{
	if (w->r->proc_differs)
		return arena_printf(
			w->a, "/proc/%d/root/proc/%s", w->tid, number);
	return walk_access(w, arena_printf(w->a, "/proc/%s", number));
}

bool walk_doubts_names(const struct walk *w)
{
	return w->r->proc_differs;
}

bool walk_is_served(
	struct walk *w, int dirfd, const char *access, const char *path)
{
	/* There is none until the run has mounted something. */
	if (!w->r->views_matter ||
		!served_has(w->r->served, w->tid, dirfd, access))
		return false;
	w->out->served = path;
	return true;
}

static void add_step(struct walk *w, const char *path, const char *target,
	const struct state *st)
{
	struct step *s = ARENA_PUSH(w->a, w->out->steps, w->out->step_count);

	*s = (struct step){path, target, *st};
}

static bool known_dir(struct walk *w, const char *path, size_t len)
{
	return w->view.cached && map_get(&w->r->dirs, path, len);
}

static void remember_dir(struct walk *w, const char *path, size_t len)
{
	if (w->view.cached)
		map_put(&w->r->dirs, arena_memdup(w->r->names, path, len), len,
			w->r);
}

char *walk_next(struct walk *w, bool *last)
{
	char *s = w->rest.s, *end, *name;

	while (s && *s == '/')
		s++;
	if (!s || !*s)
		return NULL;
	end = strchrnul(s, '/');
	name = arena_memdup(w->a, s, (size_t)(end - s));
	/* "dir/" means what the link leads to, so a slash is not the end. */
	*last = *end == 0;
	memmove(w->rest.s, end, strlen(end) + 1);
	w->rest.len = strlen(w->rest.s);
	return name;
}

static void go_up(struct walk *w)
{
	char *slash;

	/* A directory that was opened before chroot(2) lies outside of it. */
	if (!w->cur.len || !strcmp(w->cur.s, w->view.root))
		return;
	slash = strrchr(w->cur.s, '/');
	w->cur.len = (size_t)(slash - w->cur.s);
	w->cur.s[w->cur.len] = 0;
}

void walk_into(struct walk *w, const char *target)
{
	autostrbuf rest = STRBUF_INIT;

	strbuf_adds(&rest, target);
	strbuf_addc(&rest, '/');
	/* Keep "nothing follows" visible: no slash of our own at the end. */
	if (w->rest.len)
		strbuf_adds(&rest, w->rest.s);
	else
		rest.s[--rest.len] = 0;
	strbuf_clear(&w->rest);
	strbuf_add(&w->rest, rest.s, rest.len);
	if (target[0] == '/') {
		strbuf_clear(&w->cur);
		strbuf_adds(&w->cur, w->view.root);
	}
}

static void found(struct walk *w, const char *path, const struct state *st)
{
	w->out->path = path;
	w->out->access = walk_access(w, path);
	w->out->st = *st;
}

enum outcome { GO_ON, DONE };

static enum outcome look_at(struct walk *w, const char *path, bool last)
{
	struct state st;
	char *target;

	if (walk_is_served(w, AT_FDCWD, walk_access(w, path), path))
		return DONE;
	if (state_of(AT_FDCWD, walk_access(w, path), &st) < 0) {
		/* Absent, or not to be looked at: neither for the task. A
		 * name to be made may end in slashes. */
		found(w, path, &st);
		w->out->beyond = w->rest.s[strspn(w->rest.s, "/")] != 0;
		return DONE;
	}
	if (S_ISLNK(st.mode)) {
		target = fs_readlink(w->a, AT_FDCWD, walk_access(w, path));
		if (last && w->nofollow) {
			found(w, path, &st);
			w->out->target = target;
			return DONE;
		}
		if (!target || ++w->links > LINKS_MAX)
			return DONE;
		add_step(w, path, target, &st);
		walk_into(w, target);
		return GO_ON;
	}
	if (S_ISDIR(st.mode) && !last) {
		add_step(w, path, NULL, &st);
		remember_dir(w, path, strlen(path));
		strbuf_clear(&w->cur);
		strbuf_adds(&w->cur, path);
		return GO_ON;
	}
	/* The end, or a file where a directory is needed (ENOTDIR). */
	found(w, path, &st);
	w->out->beyond = !last;
	return DONE;
}

/* Another root may have a /proc, too, or a directory that is called so. */
static bool at_proc(struct walk *w)
{
	const char *root = w->view.root;
	struct statfs fs;

	if (!w->cur.len || !fs_below(w->cur.s, root) ||
		strcmp(w->cur.s + strlen(root), "/proc") != 0)
		return false;
	return !*root || (statfs(walk_access(w, w->cur.s), &fs) == 0 &&
				 fs.f_type == PROC_SUPER_MAGIC);
}

static enum outcome step(struct walk *w)
{
	bool last;
	char *name = walk_next(w, &last);
	char *path;

	if (!name) {
		/* "/", "..", or a path that ends in a slash. */
		struct state st;

		path = arena_strdup(w->a, w->cur.len ? w->cur.s : "/");
		state_of(AT_FDCWD, walk_access(w, path), &st);
		found(w, path, &st);
		return DONE;
	}
	if (!strcmp(name, "."))
		return GO_ON;
	if (!strcmp(name, "..")) {
		go_up(w);
		return GO_ON;
	}
	if (at_proc(w))
		return walk_proc(w, name) ? GO_ON : DONE;
	strbuf_addc(&w->cur, '/');
	strbuf_adds(&w->cur, name);
	path = arena_memdup(w->a, w->cur.s, w->cur.len);
	w->cur.len -= strlen(name) + 1;
	w->cur.s[w->cur.len] = 0;
	if (!last && known_dir(w, path, strlen(path))) {
		strbuf_clear(&w->cur);
		strbuf_adds(&w->cur, path);
		return GO_ON;
	}
	return look_at(w, path, last);
}

/* Most paths name a file in a directory that was passed before. */
static void shortcut(struct walk *w)
{
	char *slash = strrchr(w->rest.s, '/');
	size_t len = (size_t)(slash - w->rest.s);
	const char *name = slash + 1;

	if (!len || !*name || !strcmp(name, ".") || !strcmp(name, "..") ||
		!known_dir(w, w->rest.s, len))
		return;
	strbuf_clear(&w->cur);
	strbuf_add(&w->cur, w->rest.s, len);
	memmove(w->rest.s, name, strlen(name) + 1);
	w->rest.len = strlen(w->rest.s);
}

static void walk(struct walk *w, const char *start, const char *path)
{
	strbuf_adds(&w->rest, path);
	strbuf_adds(&w->cur, start);
	if (!*w->view.root && !*start)
		shortcut(w);
	while (step(w) == GO_ON)
		;
	strbuf_release(&w->cur);
	strbuf_release(&w->rest);
}

int resolve(struct resolver *r, pid_t tid, const struct touch *t,
	struct arena *scratch, struct place *out)
{
	struct walk w = {.r = r,
		.a = scratch,
		.tid = tid,
		.out = out,
		.nofollow = t->nofollow};
	const char *path = t->path, *base;

	memset(out, 0, sizeof(*out));
	if (!*path && !t->empty_path) {
		/* ENOENT for everybody (path_resolution(7)). */
		return 0;
	}
	if (!*path && t->dirfd != AT_FDCWD)
		return resolve_fd(r, tid, t->dirfd, scratch, out);
	if (find_view(r, tid, scratch, &w.view) < 0)
		return -1;
	out->foreign = *w.view.prefix;
	if (path[0] == '/' && !t->in_root) {
		walk(&w, w.view.root, path);
		return 0;
	}
	/* The kernel names it from our root, whatever the task's own is. */
	base = walk_begin(&w, t->dirfd, &path);
	if (!base)
		return 0;
	if (!strcmp(base, "/"))
		base = "";
	if (t->in_root)
		w.view.root = base;
	if (t->in_root && *base)
		walk(&w, base, path);
	else
		walk(&w, "", arena_printf(scratch, "%s/%s", base, path));
	return 0;
}

int resolve_fd(struct resolver *r, pid_t tid, int fd, struct arena *scratch,
	struct place *out)
{
	struct touch named = {.dirfd = AT_FDCWD, .nofollow = true};
	char *path = task_directory(scratch, tid, fd);
	const char *link;
	struct state st;
	autoclose int real = -1;

	memset(out, 0, sizeof(*out));
	if (!path)
		return 0;
	named.path = path;
	if (resolve(r, tid, &named, scratch, out) < 0)
		return -1;
	if (out->served)
		return 0;
	/* The name may belong to another file by now ("... (deleted)"). */
	link = arena_printf(scratch, "/proc/%d/fd/%d", tid, fd);
	real = open(link, O_PATH | O_CLOEXEC);
	if (real >= 0 && r->views_matter && served_has(r->served, tid, real, "")) {
		memset(out, 0, sizeof(*out));
		out->served = path;
		return 0;
	}
	if (real >= 0 && state_of(real, NULL, &st) == 0 &&
		state_same_file(&st, &out->st))
		return 0;
	memset(out, 0, sizeof(*out));
	out->access = link;
	if (real >= 0)
		state_of(real, NULL, &out->st);
	return 0;
}
