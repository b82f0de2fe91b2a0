// SPDX-License-Identifier: Apache-2.0
/* `replay -o DIR`: what the replay wrote, as a tree. */
#include "replay/keep.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "replay/upper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_empty(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;
	bool empty = d != NULL;

	while (d && (ent = readdir(d)))
		empty &=
			!strcmp(ent->d_name, ".") || !strcmp(ent->d_name, "..");
	if (d)
		closedir(d);
	return empty;
}

int keep_prepare(const char *dir, struct err *e)
{
	autoclose int fd = -1;

	if (fs_mkdirs(dir, 0777, e) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", dir);
	if (!is_empty(fd))
		return err_set(e, "'%s' is not empty", dir);
	return steal_fd(&fd);
}

/* The directory in DIR that `path` goes to, made where it is not there yet. */
static int open_parent(int dir, const char *path, struct err *e)
{
	autofree char *parent = xstrdup(path + 1);
	char *slash = strrchr(parent, '/');
	int fd;

	if (!slash)
		return fcntl(dir, F_DUPFD_CLOEXEC, 0);
	*slash = 0;
	if (fs_mkdirs_at(dir, parent, 0777, e) < 0)
		return -1;
	fd = fs_openat2(dir, parent, O_RDONLY | O_DIRECTORY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		err_sys(e, "cannot open '%s' in the output directory", parent);
	return fd;
}

/* What the file holds, and no more: its holes can be larger than any disk. */
static int copy_bytes(int from, int to, off_t size)
{
	static char buf[1 << 17];
	off_t at = 0, end;
	ssize_t n;

	while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0 || lseek(from, at, SEEK_SET) < 0 ||
			lseek(to, at, SEEK_SET) < 0)
			return -1;
		for (; at < end; at += n) {
			size_t want = sizeof(buf);

			if ((off_t)want > end - at)
				want = (size_t)(end - at);
			n = fs_read_all(from, buf, want);
			if (n <= 0 || FAULT("replay.keep") ||
				fs_write_all(to, buf, (size_t)n) < 0)
				return -1;
		}
	}
	/* ENXIO: no data from there on. */
	return errno == ENXIO ? ftruncate(to, size) : -1;
}

static int keep_file(int parent, const char *name, const struct upper *u,
	const struct left *l, struct err *e)
{
	struct timespec times[2] = {l->st.st_mtim, l->st.st_mtim};
	autoclose int from = upper_open(u, l, e);
	autoclose int to = -1;

	if (from < 0)
		return -1;
	to = openat(parent, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0 || copy_bytes(from, to, l->st.st_size) < 0 ||
		fchmod(to, l->st.st_mode & 0777) < 0 || futimens(to, times) < 0)
		return err_sys(e, "cannot write '%s' to the output directory",
			l->path);
	return 0;
}

static int keep_link(int parent, const char *name, const struct upper *u,
	const struct left *l, struct err *e)
{
	char target[PATH_MAX + 1];
	ssize_t n = readlinkat(u->fd, l->path + 1, target, sizeof(target) - 1);

	if (n >= 0)
		target[n] = 0;
	if (n < 0 || symlinkat(target, parent, name) < 0)
		return err_sys(e, "cannot write '%s' to the output directory",
			l->path);
	return 0;
}

static int keep_one(
	int dir, const struct upper *u, const struct left *l, struct err *e)
{
	autoclose int parent = open_parent(dir, l->path, e);
	const char *name = strrchr(l->path, '/') + 1;

	if (parent < 0)
		return -1;
	if (S_ISREG(l->st.st_mode))
		return keep_file(parent, name, u, l, e);
	if (S_ISLNK(l->st.st_mode))
		return keep_link(parent, name, u, l, e);
	if (mkdirat(parent, name, 0777) < 0 && errno != EEXIST)
		return err_sys(
			e, "cannot make '%s' in the output directory", l->path);
	return 0;
}

int keep_written(
	int dir, const struct upper *u, const struct tree *t, struct err *e)
{
	for (size_t i = 0; i < u->count; i++) {
		const struct left *l = &u->items[i];
		mode_t type = l->st.st_mode & S_IFMT;
		int changed;

		if (type != S_IFREG && type != S_IFLNK && type != S_IFDIR)
			continue;
		changed = upper_changed(u, t, l, e);
		if (changed < 0 || (changed && keep_one(dir, u, l, e) < 0))
			return -1;
	}
	return 0;
}
