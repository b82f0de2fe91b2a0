// SPDX-License-Identifier: Apache-2.0
/*
 * What the command gets without opening it: its working directory, its streams
 * and further descriptors. No call will show them.
 */
#include "base/arena.h"
#include "capture/context.h"
#include "capture/task.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Flags of /proc/PID/fdinfo/N are octal, O_CLOEXEC among them; -1: gone. */
static int open_flags(pid_t pid, int fd)
{
	char path[64];
	FILE *f;
	int flags = -1;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "pos: %*d flags: %o", (unsigned *)&flags) != 1)
		flags = -1;
	fclose(f);
	return flags;
}

static enum intent intent_of(int flags, const struct state *st)
{
	if ((flags & O_ACCMODE) == O_RDONLY)
		return INTENT_READ;
	/* A shell has truncated it already when it was ">". */
	if (!st->size)
		return INTENT_TRUNCATE;
	return (flags & O_ACCMODE) == O_WRONLY ? INTENT_APPEND : INTENT_WRITE;
}

static void inherit(struct capture *cap, pid_t pid, int fd, int flags)
{
	autoarena *scratch = arena_new();
	struct touch t = {.dirfd = fd, .path = "", .empty_path = true};
	struct state st;
	struct stat raw;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	if (stat(link, &raw) < 0)
		return;
	if (S_ISFIFO(raw.st_mode) || S_ISSOCK(raw.st_mode)) {
		if (fd == 0)
			record_gap(&cap->rec, "stdin", NULL,
				"standard input was a pipe: what the command "
				"read from it is not recorded");
		else if (fd > 2)
			record_gap(&cap->rec, "inherited-descriptor", NULL,
				"descriptor %d is a pipe or socket of the "
				"caller's: what goes through it is not "
				"recorded",
				fd);
		return;
	}
	if (!S_ISREG(raw.st_mode))
		return;
	t.path = task_directory(scratch, pid, fd);
	if (!t.path || state_of(AT_FDCWD, t.path, &st) < 0)
		return;
	t.dirfd = AT_FDCWD;
	t.nofollow = true;
	t.intent = intent_of(flags, &st);
	t.reads = (flags & O_ACCMODE) == O_RDWR;
	touch_apply(cap, pid, &t, scratch);
}

void inherit_all(struct capture *cap, pid_t pid)
{
	struct touch cwd = {.dirfd = AT_FDCWD, .path = "."};
	autoarena *scratch = arena_new();
	struct dirent *ent;
	char path[64];
	DIR *d;

	/* Nobody needs to look at the working directory to stand in it. */
	touch_apply(cap, pid, &cwd, scratch);
	if (access(cap->manifest->command.cwd, F_OK) < 0)
		record_gap(&cap->rec, "working-directory",
			cap->manifest->command.cwd,
			"the working directory had been removed before the "
			"command started");
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (ent = readdir(d))) {
		int fd = atoi(ent->d_name);
		int flags = ent->d_name[0] == '.' ? -1 : open_flags(pid, fd);

		/* Ours close with execve. */
		if (flags >= 0 && !(flags & O_CLOEXEC))
			inherit(cap, pid, fd, flags);
	}
	if (d)
		closedir(d);
}
