// SPDX-License-Identifier: Apache-2.0
/* Private directories under tmp/, and what dead writers left there. */
#include "store/internal.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#define NONCE_LEN 16
#define LOCK_SUFFIX ".lock"

static void lock_name(const char *nonce, char out[NONCE_LEN + 6])
{
	snprintf(out, NONCE_LEN + 6, "%.16s" LOCK_SUFFIX, nonce);
}

static int make_lock(struct scratch *sc, struct err *e)
{
	char name[NONCE_LEN + 6];
	uint64_t nonce;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return err_sys(e, "cannot get random bytes");
	snprintf(sc->name, sizeof(sc->name), "%016" PRIx64, nonce);
	lock_name(sc->name, name);
	sc->lock_fd = openat(sc->parent_fd, name,
		O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (sc->lock_fd < 0)
		return err_sys(e, "cannot create 'tmp/%s' in the store", name);
	if (flock(sc->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return fs_is_named(sc->parent_fd, name, sc->lock_fd);
	if (errno == EWOULDBLOCK)
		return 0;
	err_sys(e, "cannot lock 'tmp/%s' in the store", name);
	unlinkat(sc->parent_fd, name, 0);
	return -1;
}

int scratch_init(struct scratch *sc, struct store *s, struct err *e)
{
	char name[NONCE_LEN + 6];
	int locked;

	*sc = (struct scratch)SCRATCH_INIT;
	if (!s->writable)
		return err_set(e, "the store '%s' was opened for reading only",
			s->dir);
	sc->parent_fd = s->tmp_fd;
	while ((locked = make_lock(sc, e)) == 0)
		close(sc->lock_fd);
	if (locked > 0 && !FAULT("store.scratch") &&
		mkdirat(sc->parent_fd, sc->name, s->dir_mode) == 0 &&
		(sc->fd = openat(sc->parent_fd, sc->name,
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) >= 0)
		return 0;
	if (locked > 0) {
		err_sys(e, "cannot make a directory in '%s/tmp'", s->dir);
		lock_name(sc->name, name);
		unlinkat(sc->parent_fd, sc->name, AT_REMOVEDIR);
		unlinkat(sc->parent_fd, name, 0);
	}
	if (sc->lock_fd >= 0)
		close(sc->lock_fd);
	*sc = (struct scratch)SCRATCH_INIT;
	return -1;
}

/* The directory first: as long as it is there, so is its lock file. */
static void remove_pair(int tmp_fd, const char *nonce)
{
	char name[NONCE_LEN + 6];

	if (fs_remove_tree(tmp_fd, nonce, NULL) < 0)
		return;
	lock_name(nonce, name);
	unlinkat(tmp_fd, name, 0);
}

void scratch_release(struct scratch *sc)
{
	int saved = errno;

	if (sc->lock_fd >= 0) {
		close(sc->fd);
		remove_pair(sc->parent_fd, sc->name);
		close(sc->lock_fd);
	}
	*sc = (struct scratch)SCRATCH_INIT;
	errno = saved;
}

static bool is_lock(const char *name)
{
	return strlen(name) == NONCE_LEN + strlen(LOCK_SUFFIX) &&
	       strcmp(name + NONCE_LEN, LOCK_SUFFIX) == 0;
}

static DIR *open_tmp(int tmp_fd)
{
	int again = openat(tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return again < 0 ? NULL : fdopendir(again);
}

bool scratch_others(const struct scratch *sc)
{
	DIR *d = open_tmp(sc->parent_fd);
	struct dirent *ent;
	bool others = !d;

	while (d && !others && (ent = readdir(d)))
		others = is_lock(ent->d_name) &&
			 strncmp(ent->d_name, sc->name, NONCE_LEN) != 0;
	if (d)
		closedir(d);
	return others;
}

void scratch_clean(struct store *s)
{
	DIR *d = open_tmp(s->tmp_fd);
	struct dirent *ent;
	bool synced = false;

	while (d && (ent = readdir(d))) {
		autoclose int fd = -1;

		if (!is_lock(ent->d_name))
			continue;
		fd = openat(s->tmp_fd, ent->d_name,
			O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
			continue;
		/* It may have died between its renames and their syncing. */
		if (!synced)
			syncfs(s->tmp_fd);
		synced = true;
		ent->d_name[NONCE_LEN] = 0;
		remove_pair(s->tmp_fd, ent->d_name);
	}
	if (d)
		closedir(d);
}
