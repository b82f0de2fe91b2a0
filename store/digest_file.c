// SPDX-License-Identifier: Apache-2.0
/* Digests of files through the cache. */
#include "store/digest_file.h"

#include "base/err.h"
#include "store/digest_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* A change within the clock's granularity leaves stat as it was. */
#define QUIET_NS 2000000000ll

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static struct digest_key key_of(const struct stat *st)
{
	return (struct digest_key){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = nanoseconds(&st->st_mtim),
		.ctime_ns = nanoseconds(&st->st_ctim),
	};
}

bool digest_same_state(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       nanoseconds(&a->st_mtim) == nanoseconds(&b->st_mtim) &&
	       nanoseconds(&a->st_ctim) == nanoseconds(&b->st_ctim);
}

bool digest_known(
	struct digest_cache *c, const struct stat *st, struct digest *out)
{
	struct digest_key key = key_of(st);

	return c && S_ISREG(st->st_mode) && digest_cache_get(c, &key, out);
}

/*
 * The kernel grants a read lease only while nobody has the file open for
 * writing (fcntl(2)). Where it is not ours to lease, we could not write it
 * either. Who opens it while we hold the lease makes the kernel send us a
 * signal, by default SIGIO, which kills: this one is ignored by default.
 */
static bool no_writer(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) < 0)
		return false;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno != EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return true;
}

bool digest_is_quiet(int fd, int64_t ctime_ns)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return nanoseconds(&now) - ctime_ns > QUIET_NS && no_writer(fd);
}

int digest_file(struct digest_cache *c, int fd, struct stat *st,
	struct digest *out, struct err *e)
{
	struct digest_key key;
	struct stat after;
	bool quiet;

	if (fstat(fd, st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "cannot read");
	quiet = c && digest_is_quiet(fd, nanoseconds(&st->st_ctim));
	if (digest_fd(fd, out, NULL, e) < 0)
		return -1;
	if (fstat(fd, &after) < 0 || !digest_same_state(st, &after))
		return err_set(e, "was changed while it was read");
	key = key_of(st);
	if (quiet)
		digest_cache_put(c, &key, out);
	return 0;
}
