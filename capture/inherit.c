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

static enum intent intent_of(
	const struct capture *cap, int flags, const struct stat *st)
{
	if (flags & O_PATH)
		return INTENT_LOOK;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return INTENT_READ;
	/* A shell has truncated it already when it was ">". */
	if (!st->st_size)
		return INTENT_TRUNCATE;
	if ((flags & O_ACCMODE) == O_WRONLY &&
		((flags & O_APPEND) || (uint64_t)st->st_size > cap->rec.keep))
		return INTENT_APPEND;
	/* It stands at the end as a rule, but nobody sees an lseek(2). */
	return INTENT_WRITE;
}

/* What comes or goes by a descriptor, and is not in the record. */
static void not_recorded(struct capture *cap, int fd, const char *what)
{
	if (fd == 0)
		record_gap(&cap->rec, "stdin", NULL,
			"standard input was %s: what the command read from it "
			"is not recorded",
			what);
	else if (fd > 2)
		record_gap(&cap->rec, "inherited-descriptor", NULL,
			"descriptor %d is %s of the caller's: what goes "
			"through it is not recorded",
			fd, what);
}

static void inherit_file(struct capture *cap, pid_t pid, int fd, int flags,
	const struct stat *st)
{
	autoarena *scratch = arena_new();
	struct touch t = {.dirfd = fd,
		.path = "",
		.empty_path = true,
		.intent = intent_of(cap, flags, st),
		.reads = (flags & O_ACCMODE) == O_RDWR};
	struct place p;

	if (resolve_fd(cap->resolver, pid, fd, scratch, &p) < 0)
		return;
	if (!p.path) {
		not_recorded(cap, fd, "a file without a name");
		return;
	}
	touch_apply(cap, pid, &t, scratch);
	if (fd > 2 && !S_ISDIR(st->st_mode))
		record_gap(&cap->rec, "inherited-descriptor", NULL,
			"descriptor %d is '%s', opened by the caller: a replay "
			"does not have it open",
			fd, p.path);
}

static void inherit(struct capture *cap, pid_t pid, int fd, int flags)
{
	char link[64];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	if (stat(link, &st) < 0)
		return;
	if (S_ISFIFO(st.st_mode))
		not_recorded(cap, fd, "a pipe");
	else if (S_ISSOCK(st.st_mode))
		not_recorded(cap, fd, "a socket");
	else if (S_ISBLK(st.st_mode))
		not_recorded(cap, fd, "a block device");
	else if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		inherit_file(cap, pid, fd, flags, &st);
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
