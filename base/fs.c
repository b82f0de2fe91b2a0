// SPDX-License-Identifier: Apache-2.0
/* Descriptors, whole reads and writes, and small operations on paths. */
#include "base/fs.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void fs_autoclose(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void fs_autofclose(FILE **f)
{
	int saved = errno;

	if (*f)
		fclose(*f);
	errno = saved;
}

void fs_autofree(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

ssize_t fs_read_all(int fd, void *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = read(fd, (char *)buf + done, n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

int fs_write_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

int fs_slurp_fd(int fd, struct strbuf *out)
{
	/* Until end of file: the size of a /proc file is 0, and a growing
	 * file's is out of date. */
	for (;;) {
		ssize_t r;
		size_t room;

		strbuf_grow(out, 16384);
		/* Of a large file more at a time. */
		room = out->cap - out->len - 1;
		r = read(fd, out->s + out->len, room);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			return 0;
		out->len += (size_t)r;
		out->s[out->len] = 0;
	}
}

int fs_slurp_at(int dirfd, const char *path, struct strbuf *out)
{
	autoclose int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -1 : fs_slurp_fd(fd, out);
}

int fs_slurp(const char *path, struct strbuf *out)
{
	return fs_slurp_at(AT_FDCWD, path, out);
}

static int sync_dir_of(int dirfd, const char *path)
{
	autofree char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	autoclose int fd = -1;

	if (slash)
		slash[slash == dir] = 0;
	fd = openat(dirfd, slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fsync(fd);
}

int fs_write_file(int dirfd, const char *path, const void *buf, size_t n,
	mode_t mode, struct err *e)
{
	autofree char *tmp = NULL;
	autoclose int fd = -1;
	unsigned long nonce;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return err_sys(e, "cannot get random bytes");
	if (asprintf(&tmp, "%s.%lx.tmp", path, nonce) < 0)
		abort();
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return err_sys(e, "cannot create '%s'", tmp);
	if (fs_write_all(fd, buf, n) < 0 || fsync(fd) < 0) {
		err_sys(e, "cannot write '%s'", path);
		unlinkat(dirfd, tmp, 0);
		return -1;
	}
	if (renameat(dirfd, tmp, dirfd, path) < 0) {
		err_sys(e, "cannot rename '%s' to '%s'", tmp, path);
		unlinkat(dirfd, tmp, 0);
		return -1;
	}
	if (sync_dir_of(dirfd, path) < 0)
		return err_sys(e, "cannot sync the directory of '%s'", path);
	return 0;
}

int fs_mkdirs_at(int dirfd, const char *path, mode_t mode, struct err *e)
{
	autofree char *p = xstrdup(path);
	char *slash = p;

	while (*slash == '/')
		slash++;
	for (;;) {
		slash = strchr(slash, '/');
		if (slash)
			*slash = 0;
		if (mkdirat(dirfd, p, mode) < 0) {
			struct stat st;
			int code = errno == EEXIST ? ENOTDIR : errno;

			/* mkdir of what exists may also say EROFS or EACCES. */
			if (fstatat(dirfd, p, &st, 0) < 0 ||
				!S_ISDIR(st.st_mode)) {
				errno = code;
				return err_sys(
					e, "cannot make directory '%s'", p);
			}
		}
		if (!slash)
			break;
		*slash++ = '/';
		while (*slash == '/')
			slash++;
		if (!*slash)
			break;
	}
	return 0;
}

int fs_mkdirs(const char *path, mode_t mode, struct err *e)
{
	return fs_mkdirs_at(AT_FDCWD, path, mode, e);
}

static int remove_in(int fd, struct err *e);

static int remove_entry(int dirfd, const char *name, struct err *e)
{
	autoclose int fd = -1;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM && errno != EACCES)
		return err_sys(e, "cannot remove '%s'", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* A directory that its own writer closed is ours all the same. */
	if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
		fd = openat(dirfd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot remove '%s'", name);
	if (remove_in(fd, e) < 0)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "cannot remove '%s'", name);
	return 0;
}

static int remove_in(int fd, struct err *e)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;
	int r = 0;

	if (!d)
		return err_sys(e, "cannot read a directory to remove");
	/* Its entries can only go when it is writable and searchable. */
	fchmod(fd, 0700);
	while (r == 0 && (ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			r = remove_entry(fd, ent->d_name, e);
	closedir(d);
	return r;
}

int fs_remove_tree(int dirfd, const char *path, struct err *e)
{
	return remove_entry(dirfd, path, e);
}

bool fs_is_named(int dirfd, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	       fstatat(dirfd, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

char *fs_readlink(struct arena *a, int dirfd, const char *path)
{
	char fixed[PATH_MAX + 1];
	ssize_t n = readlinkat(dirfd, path, fixed, sizeof(fixed));

	/* No file system of Linux has targets longer than PATH_MAX - 1. */
	if (n < 0)
		return NULL;
	if ((size_t)n >= sizeof(fixed)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return arena_memdup(a, fixed, (size_t)n);
}

char *fs_join(struct arena *a, const char *dir, const char *name)
{
	size_t n = strlen(dir), len = strlen(name);
	bool slash = !n || dir[n - 1] != '/';
	char *path = arena_alloc(a, n + slash + len + 1);

	/* For each relative path of a run: printf would take its time. */
	memcpy(path, dir, n);
	path[n] = '/';
	memcpy(path + n + slash, name, len);
	return path;
}

void fs_plain(char *path)
{
	char *to = path;

	for (char *p = path; *p;) {
		size_t len;

		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (len == 2 && p[0] == '.' && p[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (len && (len != 1 || *p != '.')) {
			*to++ = '/';
			memmove(to, p, len);
			to += len;
		}
		p += len;
	}
	if (to == path)
		*to++ = '/';
	*to = 0;
}

const char *fs_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

bool fs_has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), len = strlen(suffix);

	return n >= len && !memcmp(path + n - len, suffix, len);
}

bool fs_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n == 1 && dir[0] == '/')
		return path[0] == '/';
	return strncmp(path, dir, n) == 0 && (path[n] == 0 || path[n] == '/');
}
