// SPDX-License-Identifier: Apache-2.0
/* Ways that lead through what /proc says about a task, not through names. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/resolve_walk.h"
#include "capture/task.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Below /proc: number of a process, "self" or "thread-self". */
static bool is_process(struct walk *w, const char *name)
{
	return isdigit((unsigned char)name[0]) || !strcmp(name, "self") ||
	       !strcmp(name, "thread-self");
}

/* As d_path() names what has lost its name; but a file may be called so. */
static bool is_named(int fd, const char *name)
{
	struct state real, named;

	return state_of(fd, NULL, &real) == 0 &&
	       state_of(AT_FDCWD, name, &named) == 0 &&
	       state_same_file(&named, &real);
}

/* What a magic link leads to, when that has lost its name. */
static bool is_nameless(struct walk *w, const char *link, const char *target)
{
	autoclose int fd = -1;

	if (!fs_has_suffix(target, " (deleted)") && !walk_doubts_names(w))
		return false;
	fd = open(link, O_PATH | O_CLOEXEC);
	if (fd >= 0 && walk_is_served(w, fd, "", target))
		return true;
	if (fd < 0 || is_named(fd, target) || state_of(fd, NULL, &w->out->st) < 0)
		return false;
	w->out->access = link;
	return true;
}

static const char *up(struct arena *a, const char *at, const char *base)
{
	size_t len = (size_t)(strrchr(at, '/') - at);

	return len == strlen(base) ? base : arena_memdup(a, at, len);
}

bool walk_proc(struct walk *w, const char *first)
{
	const char *base, *at, *target;
	struct state st = {.mode = S_IFDIR};
	char *name;
	bool last;

	w->out->by_proc = true;
	if (!is_process(w, first))
		return false;
	/* Numbers are those of the task's own /proc. */
	base = at = isdigit((unsigned char)first[0])
			    ? walk_process(w, first)
			    : arena_printf(w->a, "/proc/%d", w->tid);
	do {
		name = walk_next(w, &last);
		if (!name)
			return false;
		if (!strcmp(name, ".."))
			at = at == base ? NULL : up(w->a, at, base);
		else if (strcmp(name, ".") != 0)
			at = arena_printf(w->a, "%s/%s", at, name);
		if (!at)
			return true; /* still in /proc */
		if (state_of(AT_FDCWD, at, &st) < 0)
			return false;
	} while (!S_ISLNK(st.mode));
	target = fs_readlink(w->a, AT_FDCWD, at);
	if (!target || target[0] != '/' || (last && w->nofollow) ||
		w->links++ > LINKS_MAX || is_nameless(w, at, target))
		return false;
	walk_into(w, target);
	/* d_path gives it from our root, not from the task's. */
	strbuf_clear(&w->cur);
	return true;
}

/* From a directory that was removed, up to one that has a name. */
static const char *go_up_to_name(
	struct walk *w, const char *link, const char *base, const char **path)
{
	autoclose int fd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char self[64];

	while (fd >= 0 && !is_named(fd, base)) {
		const char *p = *path + strspn(*path, "/");
		size_t len = strcspn(p, "/");
		int parent;

		*path = p + len;
		if (len == 1 && *p == '.')
			continue;
		if (len != 2 || strncmp(p, "..", 2) != 0)
			return NULL;
		parent = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		fs_autoclose(&fd);
		fd = parent;
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		base = fs_readlink(w->a, AT_FDCWD, self);
		if (!base)
			return NULL;
	}
	return fd < 0 ? NULL : base;
}

const char *walk_begin(struct walk *w, int dirfd, const char **path)
{
	const char *base = task_directory(w->a, w->tid, dirfd);
	const char *link;
	autoclose int fd = -1;

	if (!base || (w->view.cached && !fs_has_suffix(base, " (deleted)")))
		return base;
	link = dirfd == AT_FDCWD
		       ? arena_printf(w->a, "/proc/%d/cwd", w->tid)
		       : arena_printf(w->a, "/proc/%d/fd/%d", w->tid, dirfd);
	fd = open(link, O_PATH | O_CLOEXEC);
	if (fd >= 0 && walk_is_served(w, fd, "", base))
		return NULL;
	if (fs_has_suffix(base, " (deleted)"))
		return go_up_to_name(w, link, base, path);
	if (fd < 0 || is_named(fd, walk_access(w, base)))
		return base;
	w->out->unnamed = true;
	return NULL;
}
