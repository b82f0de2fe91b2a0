// SPDX-License-Identifier: Apache-2.0
/* Taking and comparing states of paths. */
#include "capture/state.h"
#include "base/arena.h"
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static int take(int dirfd, const char *path, int flags, struct state *st)
{
	struct statx x;

	if (statx(dirfd, path, flags | AT_NO_AUTOMOUNT,
		    STATX_BASIC_STATS | STATX_BTIME, &x) < 0)
		return -1;
	*st = (struct state){
		.exists = true,
		.mode = x.stx_mode,
		.uid = x.stx_uid,
		.gid = x.stx_gid,
		.nlink = x.stx_nlink,
		.major = x.stx_rdev_major,
		.minor = x.stx_rdev_minor,
		.mtime_s = x.stx_mtime.tv_sec,
		.mtime_ns = x.stx_mtime.tv_nsec,
		.ctime = x.stx_ctime.tv_sec * 1000000000 + x.stx_ctime.tv_nsec,
		/* Overlays, on devices without a major number, give a file
		 * another one with its first write; where no overlay is, such
		 * file systems never give an inode's number again. */
		.btime = (x.stx_mask & STATX_BTIME) && x.stx_dev_major
				 ? x.stx_btime.tv_sec * 1000000000 +
					   x.stx_btime.tv_nsec
				 : 0,
		.size = x.stx_size,
		.dev = makedev(x.stx_dev_major, x.stx_dev_minor),
		.ino = x.stx_ino,
	};
	return 0;
}

static int take_long(int dirfd, const char *path, struct state *st)
{
	autoclose int at = fs_enter_long(dirfd, &path);

	return at < 0 ? -1 : take(at, path, AT_SYMLINK_NOFOLLOW, st);
}

int state_of(int dirfd, const char *path, struct state *st)
{
	memset(st, 0, sizeof(*st));
	if (!path)
		return take(dirfd, "", AT_EMPTY_PATH, st);
	if (take(dirfd, path, AT_SYMLINK_NOFOLLOW, st) == 0)
		return 0;
	return errno == ENAMETOOLONG ? take_long(dirfd, path, st) : -1;
}

int state_of_parent(struct arena *a, const char *path, struct state *st)
{
	int len = (int)(strrchr(path, '/') - path);

	/* The dot: it may be the link /proc/PID/root. */
	return state_of(AT_FDCWD, arena_printf(a, "%.*s/.", len, path), st);
}

bool state_is_empty(const char *directory)
{
	DIR *d = fs_opendir(directory);
	struct dirent *ent;
	size_t n = 0;

	while (d && n <= 2 && (ent = readdir(d)))
		n++;
	if (d)
		closedir(d);
	return n <= 2;
}

bool state_same_file(const struct state *a, const struct state *b)
{
	return a->exists && b->exists && a->dev == b->dev && a->ino == b->ino;
}

bool state_same_content(const struct state *a, const struct state *b)
{
	return state_same_file(a, b) && a->size == b->size &&
	       a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns;
}

int64_t state_mtime(const struct state *st)
{
	/* A file's owner may set any time: the sum may wrap. */
	return (int64_t)((uint64_t)st->mtime_s * 1000000000 + st->mtime_ns);
}
