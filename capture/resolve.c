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
#include "base/strbuf.h"
#include "capture/calls.h"
#include "capture/served.h"
#include "capture/task.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

struct resolver {
	struct map dirs; /* canonical names seen as directories */
	struct arena *names;
	struct served *served;
	bool views_matter;
	char *our_mnt; /* mount namespace: "mnt:[4026531841]" */
};

/* How one task sees the tree. */
struct view {
	const char *root;   /* "" or the chroot's path */
	const char *prefix; /* "", or "/proc/TID/root" of another namespace */
	bool cached;        /* the remembered directories hold */
};

struct walk {
	struct resolver *r;
	struct arena *a;
	struct view view;
	pid_t tid;
	struct place *out;
	struct strbuf cur;  /* canonical so far, "" is the root */
	struct strbuf rest; /* still to walk */
	bool nofollow;
	int links;
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

bool resolver_one_view(const struct resolver *r)
{
	return !r->views_matter;
}

static int find_view(
	struct resolver *r, pid_t tid, struct arena *a, struct view *v)
{
	char *mnt, *root;

	*v = (struct view){"", "", true};
	if (!r->views_matter)
		return 0;
	v->cached = false;
	mnt = task_link(a, tid, "ns/mnt");
	root = task_link(a, tid, "root");
	if (!mnt || !root)
		return -1;
	if (r->our_mnt && strcmp(mnt, r->our_mnt) != 0)
		v->prefix = arena_printf(a, "/proc/%d/root", tid);
	else if (strcmp(root, "/") != 0)
		v->root = root;
	return 0;
}

static const char *openable(struct walk *w, const char *path)
{
	return *w->view.prefix ? arena_printf(w->a, "%s%s", w->view.prefix, path)
			       : path;
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

/* The next component of `rest`; NULL at its end. `last` when none follows. */
static char *next_component(struct walk *w, bool *last)
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

	if (w->cur.len <= strlen(w->view.root))
		return;
	slash = strrchr(w->cur.s, '/');
	w->cur.len = (size_t)(slash - w->cur.s);
	w->cur.s[w->cur.len] = 0;
}

/* Continue with `target` in place of the component. */
static void push_target(struct walk *w, const char *target)
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
	w->out->access = openable(w, path);
	w->out->st = *st;
}

/* Below /proc: number of a process, "self" or "thread-self". */
static bool is_process(struct walk *w, const char *name)
{
	return isdigit((unsigned char)name[0]) || !strcmp(name, "self") ||
	       !strcmp(name, "thread-self");
}

/*
 * The magic links of /proc/PID: fd/N, cwd, root, exe. They lead to an object
 * and not to a name, but the kernel tells the object's name. Everything else
 * in /proc is the kernel's and is not recorded. True: go on walking.
 */
static bool enter_proc(struct walk *w, const char *first)
{
	const char *link, *target;
	char *rest = w->rest.s ? w->rest.s : (char *)"";
	size_t n = 0;

	if (!is_process(w, first))
		return false;
	if (!isdigit((unsigned char)first[0]))
		first = arena_printf(w->a, "%d", w->tid);
	while (*rest == '/')
		rest++;
	if (!strncmp(rest, "fd/", 3)) {
		/* Behind a link like /dev/fd there are two slashes. */
		n = 2 + strspn(rest + 2, "/");
		n += strcspn(rest + n, "/");
	} else if (!strncmp(rest, "cwd", 3) || !strncmp(rest, "exe", 3))
		n = 3;
	else if (!strncmp(rest, "root", 4))
		n = 4;
	if (!n || (rest[n] && rest[n] != '/') || (!rest[n] && w->nofollow) ||
		w->links++ > LINKS_MAX)
		return false;
	link = arena_printf(w->a, "/proc/%s/%.*s", first, (int)n, rest);
	target = fs_readlink(w->a, AT_FDCWD, link);
	if (!target || target[0] != '/')
		return false;
	rest = arena_strdup(w->a, rest + n);
	strbuf_clear(&w->rest);
	strbuf_adds(&w->rest, target);
	strbuf_adds(&w->rest, rest);
	/* d_path gives it from our root, not from the task's. */
	strbuf_clear(&w->cur);
	w->view.root = "";
	return true;
}

enum outcome { GO_ON, DONE };

static enum outcome look_at(struct walk *w, const char *path, bool last)
{
	struct state st;
	char *target;

	/* There is none until the run has mounted something. */
	if (w->r->views_matter &&
		served_has(w->r->served, w->tid, AT_FDCWD, openable(w, path))) {
		w->out->served = path;
		return DONE;
	}
	if (state_of(AT_FDCWD, openable(w, path), &st) < 0) {
		/* Absent, or not to be looked at: neither for the task. A
		 * name to be made may end in slashes. */
		found(w, path, &st);
		w->out->beyond = w->rest.s[strspn(w->rest.s, "/")] != 0;
		return DONE;
	}
	if (S_ISLNK(st.mode)) {
		target = fs_readlink(w->a, AT_FDCWD, openable(w, path));
		if (last && w->nofollow) {
			found(w, path, &st);
			w->out->target = target;
			return DONE;
		}
		if (!target || ++w->links > LINKS_MAX)
			return DONE;
		add_step(w, path, target, &st);
		push_target(w, target);
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

static enum outcome step(struct walk *w)
{
	bool last;
	char *name = next_component(w, &last);
	char *path;

	if (!name) {
		/* "/", "..", or a path that ends in a slash. */
		struct state st;

		path = arena_strdup(w->a, w->cur.len ? w->cur.s : "/");
		state_of(AT_FDCWD, openable(w, path), &st);
		found(w, path, &st);
		return DONE;
	}
	if (!strcmp(name, "."))
		return GO_ON;
	if (!strcmp(name, "..")) {
		go_up(w);
		return GO_ON;
	}
	if (!strcmp(w->cur.len ? w->cur.s : "", "/proc"))
		return enter_proc(w, name) ? GO_ON : DONE;
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

static void walk(struct walk *w, const char *path)
{
	strbuf_adds(&w->rest, path);
	strbuf_adds(&w->cur, w->view.root);
	if (!*w->view.root)
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
	const char *path = t->path;

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
	if (path[0] != '/') {
		const char *base = task_directory(scratch, tid, t->dirfd);

		if (!base)
			return 0;
		/* The kernel names it from our root; the task's own root is
		 * a beginning of it already. */
		path = *path ? arena_printf(scratch, "%s/%s", base, path) : base;
		if (!*w.view.prefix && *w.view.root && fs_below(base, w.view.root))
			path += strlen(w.view.root);
		if (!strcmp(base, "/"))
			path++;
	}
	if (!*path)
		path = "/";
	walk(&w, path);
	return 0;
}

int resolve_fd(struct resolver *r, pid_t tid, int fd, struct arena *scratch,
	struct place *out)
{
	struct touch named = {.dirfd = AT_FDCWD, .nofollow = true};
	char *path = task_directory(scratch, tid, fd);
	char link[64];
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
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", tid, fd);
	real = open(link, O_PATH | O_CLOEXEC);
	if (real >= 0 && r->views_matter && served_has(r->served, tid, real, "")) {
		out->path = NULL;
		out->served = path;
		return 0;
	}
	if (real < 0 || state_of(real, NULL, &st) < 0 ||
		!state_same_file(&st, &out->st))
		out->path = NULL;
	return 0;
}
