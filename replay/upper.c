// SPDX-License-Identifier: Apache-2.0
/* What a replay left, from the overlay's upper directory. */
#include "replay/upper.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Descriptors are kept on the way down: deeper trees are no output. */
#define DEPTH_MAX 400

static int open_dir(int dirfd, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dirfd, name, flags);

	/* The overlay's owner is this user: it may look all the same. */
	if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
		fd = openat(dirfd, name, flags);
	return fd;
}

static bool is_opaque(int fd)
{
	char value = 0;

	return fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 &&
	       value == 'y';
}

static struct left *add(struct upper *u, const char *path, const struct stat *st)
{
	struct left *l = ARENA_PUSH(u->arena, u->items, u->count);

	*l = (struct left){
		.path = path,
		.st = *st,
		.whiteout = S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0),
	};
	return l;
}

static int read_dir(
	struct upper *u, int dirfd, const char *path, int depth, struct err *e);

static int read_entry(struct upper *u, int dirfd, const char *dir,
	const char *name, int depth, struct err *e)
{
	const char *path = fs_join(u->arena, dir, name);
	autoclose int fd = -1;
	struct stat st;
	struct left *l;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "cannot look at '%s'", path);
	l = add(u, path, &st);
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = open_dir(dirfd, name);
	if (fd < 0)
		return err_sys(e, "cannot read '%s'", path);
	l->opaque = is_opaque(fd);
	return read_dir(u, fd, path, depth + 1, e);
}

static int read_dir(
	struct upper *u, int dirfd, const char *path, int depth, struct err *e)
{
	int again = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;
	int r = 0;

	if (!d)
		return err_sys(e, "cannot read '%s'", path);
	if (depth > DEPTH_MAX)
		r = err_set(e, "what the replay left is too deep");
	while (r == 0 && (ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			r = read_entry(u, dirfd, path, ent->d_name, depth, e);
	closedir(d);
	return r;
}

int upper_read(struct upper *u, struct arena *a, int fd, struct err *e)
{
	*u = (struct upper){.fd = fd, .arena = a};
	if (read_dir(u, fd, "/", 0, e) < 0)
		return -1;
	for (size_t i = 0; i < u->count; i++)
		map_puts(&u->by_path, u->items[i].path, &u->items[i]);
	return 0;
}

void upper_release(struct upper *u)
{
	map_release(&u->by_path);
}

struct left *upper_find(const struct upper *u, const char *path)
{
	return map_gets(&u->by_path, path);
}

int upper_open(const struct upper *u, const struct left *l, struct err *e)
{
	uint64_t how = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
	autoclose int path = fs_openat2(u->fd, l->path + 1, O_PATH, 0, how);
	char link[64];
	int fd;

	if (path < 0)
		return err_sys(e, "cannot open '%s'", l->path);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path);
	fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == EACCES && chmod(link, 0600) == 0)
		fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "cannot read '%s'", l->path);
	return fd;
}

/* The lower layer's, unless something above hides it. */
static struct final lower_final(const struct tree *t, const char *path)
{
	const struct node *n = tree_find(t, path);

	if (!n || !(n->layers & IN_LOWER) || n->layers & IN_UPPER)
		n = NULL;
	return (struct final){NULL, n};
}

struct final upper_final(
	const struct upper *u, const struct tree *t, const char *path)
{
	const struct final absent = {NULL, NULL};
	bool hidden = false;

	for (const char *end = path + 1; *end; end++) {
		const struct left *l;

		end = strchrnul(end, '/');
		l = map_get(&u->by_path, path, (size_t)(end - path));
		if (!l)
			return hidden ? absent : lower_final(t, path);
		if (l->whiteout)
			return absent;
		if (!*end)
			return (struct final){l, NULL};
		if (!S_ISDIR(l->st.st_mode))
			return absent;
		hidden |= l->opaque;
	}
	return lower_final(t, path);
}

static int file_changed(const struct upper *u, const struct node *f,
	const struct left *l, struct err *e)
{
	autoclose int fd = -1;
	struct digest d;

	if (l->st.st_size != f->size)
		return 1;
	if (f->content == CONTENT_NONE)
		return 0;
	/* Without a recorded content, the time of the last change decides. */
	if (!node_has_digest(f))
		return l->st.st_mtim.tv_sec != f->mtime_s ||
		       l->st.st_mtim.tv_nsec != f->mtime_ns;
	fd = upper_open(u, l, e);
	if (fd < 0 || digest_fd(fd, &d, NULL, e) < 0)
		return err_wrap(e, "'%s'", l->path);
	return !digest_equal(&d, &f->digest);
}

int upper_changed(const struct upper *u, const struct tree *t,
	const struct left *l, struct err *e)
{
	const struct node *n = tree_find(t, l->path);
	char target[PATH_MAX + 1];
	ssize_t len;

	if (!n)
		return 1;
	n = node_file(n);
	if (S_ISREG(l->st.st_mode))
		return n->kind == KIND_FILE ? file_changed(u, n, l, e) : 1;
	if (S_ISDIR(l->st.st_mode))
		return n->kind != KIND_DIRECTORY;
	if (!S_ISLNK(l->st.st_mode) || n->kind != KIND_SYMLINK)
		return n->kind == KIND_SYMLINK || n->kind == KIND_DIRECTORY;
	len = readlinkat(u->fd, l->path + 1, target, sizeof(target) - 1);
	if (len < 0)
		return err_sys(e, "cannot read the link '%s'", l->path);
	target[len] = 0;
	return strcmp(target, n->target_here ? n->target_here : n->target) != 0;
}
