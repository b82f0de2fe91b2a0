// SPDX-License-Identifier: Apache-2.0
/*
 * Writing a journal. The file grows by chunks that are allocated before they
 * are mapped, so that a full disk is an error code here and never a SIGBUS in
 * the midst of a record. Only the chunk being written is mapped.
 */
#include "store/journal.h"
#include "store/journal_format.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK ((uint64_t)1 << 20)
/* A multiple of every page size that Linux has. */
#define PAGE 65536
#define MAX_PARTS 16

struct journal {
	int fd;
	pthread_mutex_t lock;
	uint64_t end;       /* where the next frame goes */
	unsigned char *map; /* [map_at, map_at + map_len) of the file */
	uint64_t map_at;
	size_t map_len;
	bool full; /* and why: */
	struct err failed;
};

/*
 * btrfs writes a page that has been on disk to a new place, which may not
 * exist any more: there, allocated space is safe only without copy-on-write.
 */
static void no_copy_on_write(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_NOCOW_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

/* Map from `end` on with room for `need` bytes. */
static int grow(struct journal *j, size_t need, struct err *e)
{
	uint64_t from = j->end & ~(uint64_t)(PAGE - 1);
	uint64_t to = (j->end + need + CHUNK - 1) / CHUNK * CHUNK;
	void *p;
	int code;

	if (FAULT("journal.grow"))
		code = errno;
	else
		do
			code = posix_fallocate(
				j->fd, (off_t)from, (off_t)(to - from));
		while (code == EINTR);
	errno = code;
	if (code)
		return err_sys(e, "cannot let the journal grow");
	p = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_SHARED, j->fd,
		(off_t)from);
	if (p == MAP_FAILED)
		return err_sys(e, "cannot map the journal");
	if (j->map)
		munmap(j->map, j->map_len);
	j->map = p;
	j->map_at = from;
	j->map_len = to - from;
	return 0;
}

static int rename_new(int dirfd, const char *from, const char *to)
{
	int r = renameat2(dirfd, from, dirfd, to, RENAME_NOREPLACE);

	/* NFS cannot refuse; in a run's fresh directory it need not. */
	return r < 0 && errno == EINVAL ? renameat(dirfd, from, dirfd, to) : r;
}

/* It gets its name only when it is locked: nobody may take it for a dead one. */
static int create_locked(int dirfd, const char *name, struct err *e)
{
	autofree char *tmp = NULL;
	autoclose int fd = -1;
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	if (asprintf(&tmp, "%s.tmp", name) < 0)
		abort();
	fd = openat(dirfd, tmp, flags, 0600);
	if (fd < 0)
		return err_sys(e, "cannot create the journal '%s'", name);
	no_copy_on_write(fd);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		err_sys(e, "cannot lock the journal '%s'", name);
	else if (rename_new(dirfd, tmp, name) < 0)
		err_sys(e, "cannot create the journal '%s'", name);
	else
		return steal_fd(&fd);
	unlinkat(dirfd, tmp, 0);
	return -1;
}

struct journal *journal_create(int dirfd, const char *name, struct err *e)
{
	struct journal *j;
	int fd = create_locked(dirfd, name, e);

	if (fd < 0)
		return NULL;
	j = xcalloc(1, sizeof(*j));
	j->fd = fd;
	pthread_mutex_init(&j->lock, NULL);
	if (grow(j, JOURNAL_MAGIC_LEN, e) < 0) {
		unlinkat(dirfd, name, 0);
		journal_close(j);
		return NULL;
	}
	memcpy(j->map, JOURNAL_MAGIC, JOURNAL_MAGIC_LEN);
	j->end = JOURNAL_MAGIC_LEN;
	return j;
}

int journal_fd(const struct journal *j)
{
	return j->fd;
}

static int append(struct journal *j, uint32_t type,
	const struct journal_part *parts, size_t n, size_t len, struct err *e)
{
	size_t need = JOURNAL_FRAME(len);
	struct journal_head *head;
	unsigned char *at;

	if (j->end + need > j->map_at + j->map_len && grow(j, need, e) < 0)
		return -1;
	head = (struct journal_head *)(void *)(j->map + (j->end - j->map_at));
	at = (unsigned char *)(head + 1);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len)
			memcpy(at, parts[i].p, parts[i].len);
		at += parts[i].len;
	}
	head->sum = journal_sum(head + 1, len, type, j->end);
	head->type = type;
	/* Last: a frame with a length is a whole one to whoever reads now. */
	__atomic_store_n(&head->len, (uint32_t)len + 1, __ATOMIC_RELEASE);
	j->end += need;
	return 0;
}

int journal_append(struct journal *j, uint32_t type,
	const struct journal_part *parts, size_t n, struct err *e)
{
	size_t len = 0;
	int r = -1;

	assert(n <= MAX_PARTS);
	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	if (len >= JOURNAL_MAX_LEN)
		return err_set(e,
			"a record of %zu bytes is too long for the "
			"journal",
			len);
	pthread_mutex_lock(&j->lock);
	if (!j->full)
		r = append(j, type, parts, n, len, &j->failed);
	j->full = r < 0;
	if (r < 0 && e)
		*e = j->failed;
	pthread_mutex_unlock(&j->lock);
	return r;
}

void journal_unlock(struct journal *j)
{
	flock(j->fd, LOCK_UN);
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->map)
		munmap(j->map, j->map_len);
	close(j->fd);
	pthread_mutex_destroy(&j->lock);
	free(j);
}
