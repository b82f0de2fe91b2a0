// SPDX-License-Identifier: Apache-2.0
/* The private directory of a replay. */
#include "replay/scratch.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/log.h"
#include "store/cache_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NAME_LEN 16

/* What killed replays left behind: nobody holds its lock. */
static void clean(int parent)
{
	int again = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *ent;

	if (!d)
		return;
	while ((ent = readdir(d))) {
		autoclose int fd = -1;

		if (strlen(ent->d_name) != NAME_LEN)
			continue;
		fd = openat(parent, ent->d_name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			fs_remove_tree(parent, ent->d_name, NULL);
	}
	closedir(d);
}

/* Can an overlay's upper directory be here? */
static bool can_hold_upper(int fd, bool *in_memory)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	switch ((unsigned long)fs.f_type) {
	case OVERLAYFS_SUPER_MAGIC:
	case NFS_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case V9FS_MAGIC:
		errno = EOPNOTSUPP;
		return false;
	}
	*in_memory = fs.f_type == TMPFS_MAGIC;
	return fsetxattr(fd, "user.reprise", "", 0, 0) == 0 &&
	       fremovexattr(fd, "user.reprise") == 0;
}

/* 1 made, 0 a cleaner was faster than our lock, -1 trouble. */
static int make_one(struct replay_scratch *s, struct arena *a, const char *dir,
	struct err *e)
{
	uint64_t nonce;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return err_sys(e, "cannot get random bytes");
	s->name = arena_printf(a, "%016" PRIx64, nonce);
	s->path = fs_join(a, dir, s->name);
	if (FAULT("replay.scratch") || mkdirat(s->parent_fd, s->name, 0700) < 0)
		return err_sys(e, "cannot make '%s'", s->path);
	s->fd = openat(s->parent_fd, s->name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->fd >= 0 && flock(s->fd, LOCK_EX | LOCK_NB) == 0 &&
		fs_is_named(s->parent_fd, s->name, s->fd))
		return 1;
	fs_autoclose(&s->fd);
	return 0;
}

static int make_in(struct replay_scratch *s, struct arena *a, const char *dir,
	struct err *e)
{
	static const char *const parts[] = {"upper", "work", "meta"};
	struct stat st;
	int made;

	if (fs_mkdirs(dir, 0700, e) < 0)
		return -1;
	s->parent_fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->parent_fd < 0 || fstat(s->parent_fd, &st) < 0)
		return err_sys(e, "cannot open '%s'", dir);
	/* In a directory for all, somebody may have made it before us. */
	if (st.st_uid != geteuid())
		return err_set(e, "'%s' belongs to somebody else", dir);
	clean(s->parent_fd);
	while ((made = make_one(s, a, dir, e)) == 0)
		;
	if (made < 0)
		return -1;
	if (!can_hold_upper(s->fd, &s->in_memory))
		return err_sys(
			e, "'%s' cannot hold an overlay's upper layer", dir);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (mkdirat(s->fd, parts[i], 0700) < 0)
			return err_sys(
				e, "cannot make '%s/%s'", s->path, parts[i]);
	return 0;
}

int replay_scratch_make(struct replay_scratch *s, struct arena *a, struct err *e)
{
	const char *tmp = getenv("TMPDIR"), *cache = cache_dir(a);
	const char *dirs[] = {cache ? fs_join(a, cache, "scratch") : NULL,
		tmp && *tmp == '/' ? tmp : NULL, "/var/tmp", "/dev/shm"};
	struct err first = ERR_INIT, why = ERR_INIT;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		const char *dir = dirs[i];

		if (!dir)
			continue;
		if (i > 0)
			dir = arena_printf(
				a, "%s/reprise-%u", dir, (unsigned)geteuid());
		*s = (struct replay_scratch)REPLAY_SCRATCH_INIT;
		if (make_in(s, a, dir, &why) == 0) {
			s->elsewhere = i ? arena_strdup(a, first.msg) : NULL;
			return 0;
		}
		if (!first.msg[0])
			first = why;
		replay_scratch_remove(s);
	}
	*e = first;
	return -1;
}

void replay_scratch_remove(struct replay_scratch *s)
{
	struct err e = ERR_INIT;

	/* The directory first: as long as it is there, it is locked. */
	if (s->fd >= 0 && fs_remove_tree(s->parent_fd, s->name, &e) < 0)
		log_warn("cannot remove '%s': %s", s->path, e.msg);
	fs_autoclose(&s->fd);
	fs_autoclose(&s->parent_fd);
	*s = (struct replay_scratch)REPLAY_SCRATCH_INIT;
}
