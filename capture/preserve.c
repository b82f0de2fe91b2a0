// SPDX-License-Identifier: Apache-2.0
/* Keeping the first content of a file that the run is about to change. */
#include "base/err.h"
#include "base/fs.h"
#include "capture/context.h"
#include "capture/secrets.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* The first write to a file of a lower layer gives it another number, where
 * the layers are of two file systems or the file has several names. */
static bool is_copied_up(const struct touched *t, const struct state *now, int fd)
{
	struct statfs fs;

	return S_ISREG(t->first.mode) && S_ISREG(now->mode) &&
	       fstatfs(fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* As it was found, as far as its times tell: not when the run has set them. */
static bool as_found(const struct touched *t, const struct state *now, int fd)
{
	if (now->size < t->first.size ||
		(!state_same_file(now, &t->first) && !is_copied_up(t, now, fd)))
		return false;
	return t->appended || (t->access & ACCESS_W) ||
	       (now->mtime_s == t->first.mtime_s &&
		       now->mtime_ns == t->first.mtime_ns &&
		       now->size == t->first.size);
}

static int store_content(struct capture *cap, const struct touched *t,
	const struct place *p, struct digest *out, struct err *e)
{
	/* What has no name is reached by a link of /proc/PID/fd. */
	autoclose int fd = fs_open(
		p->access, O_RDONLY | O_NONBLOCK | (p->path ? O_NOFOLLOW : 0));
	struct state before, after;
	struct store_batch *b;
	struct put_result put;
	int r;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", t->path);
	if (state_of(fd, NULL, &before) < 0)
		return err_sys(e, "cannot stat '%s'", t->path);
	if (!as_found(t, &before, fd))
		return err_set(e, "'%s' was changed meanwhile", t->path);
	b = store_batch_new(cap->store, e);
	if (!b)
		return -1;
	/* What was appended meanwhile is not part of the first content. */
	r = store_put_fd(b, fd, t->first.size, &put, e);
	if (r == 0 && state_of(fd, NULL, &after) == 0 &&
		!(t->appended ? after.size >= t->first.size
			      : state_same_content(&before, &after)))
		r = err_set(e, "'%s' was changed meanwhile", t->path);
	if (r == 0)
		r = store_batch_commit(b, e);
	store_batch_free(b);
	*out = put.digest;
	return r;
}

static bool wanted(struct capture *cap, struct touched *t)
{
	if (t->preserved || t->not_stored || t->emptied || !t->first.exists ||
		!S_ISREG(t->first.mode) || (t->access & ACCESS_N) ||
		secret_path(cap->home, t->path))
		return false;
	if (t->first.size <= cap->rec.keep)
		return true;
	record_not_stored(&cap->rec, t);
	record_gap(&cap->rec, "too-large", t->path,
		"%llu bytes, more than --keep, and changed by the run: the "
		"first content is not kept",
		(unsigned long long)t->first.size);
	return false;
}

void preserve(struct capture *cap, struct touched *t, const struct place *p)
{
	struct err e = ERR_INIT;
	struct digest d;
	int r;

	while (t->preserving) {
		watch_slow(cap->watch);
		pthread_cond_wait(&cap->rec.preserved, &cap->rec.lock);
	}
	if (!wanted(cap, t))
		return;
	t->preserving = true;
	watch_slow(cap->watch);
	pthread_mutex_unlock(&cap->rec.lock);
	r = store_content(cap, t, p, &d, &e);
	pthread_mutex_lock(&cap->rec.lock);
	t->preserving = false;
	pthread_cond_broadcast(&cap->rec.preserved);
	if (r == 0) {
		record_preserved(&cap->rec, t, &d);
		return;
	}
	record_not_stored(&cap->rec, t);
	record_gap(&cap->rec, "not-preserved", t->path,
		"the first content is lost: %s", e.msg);
}
