// SPDX-License-Identifier: Apache-2.0
/* The names of a task's directories and descriptors, as the kernel gives them. */
#include "capture/task.h"
#include "base/arena.h"
#include "base/fs.h"
#include "capture/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

char *task_link(struct arena *a, pid_t tid, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, what);
	return fs_readlink(a, AT_FDCWD, path);
}

/* The entry of `parent` that is the directory `st`, from the arena. */
static char *name_in(struct arena *a, int parent, const struct state *st)
{
	int again = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;
	char *name = NULL;
	struct state one;

	while (d && !name && (ent = readdir(d)))
		if (ent->d_ino == st->ino &&
			state_of(parent, ent->d_name, &one) == 0 &&
			state_same_file(&one, st))
			name = arena_strdup(a, ent->d_name);
	if (d)
		closedir(d);
	return name;
}

/*
 * The kernel names no path longer than a page (d_path): go up until it does,
 * and collect the names on the way.
 */
static char *long_name(struct arena *a, const char *link)
{
	autoclose int fd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *rest = (char *)"";

	while (fd >= 0) {
		char self[64], *base;
		struct state st;
		int up;

		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		base = fs_readlink(a, AT_FDCWD, self);
		if (base)
			return arena_printf(a, "%s%s", base, rest);
		if (errno != ENAMETOOLONG || state_of(fd, NULL, &st) < 0)
			break;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0)
			break;
		base = name_in(a, up, &st);
		fs_autoclose(&fd);
		fd = up;
		if (!base)
			break;
		rest = arena_printf(a, "/%s%s", base, rest);
	}
	return NULL;
}

char *task_directory(struct arena *a, pid_t tid, int dirfd)
{
	char what[32] = "cwd";
	char *base;

	if (dirfd != AT_FDCWD)
		snprintf(what, sizeof(what), "fd/%d", dirfd);
	base = task_link(a, tid, what);
	if (!base && errno == ENAMETOOLONG)
		base = long_name(a, arena_printf(a, "/proc/%d/%s", tid, what));
	return base && base[0] == '/' ? base : NULL;
}
