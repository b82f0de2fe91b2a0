// SPDX-License-Identifier: Apache-2.0
/* The layers that hold real files, and the one that holds only names. */
#include "replay/layer.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "replay/source.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int layer_new_file(const struct node *n, mode_t mode, int64_t size, struct err *e)
{
	autoclose int fd = openat(AT_FDCWD, n->name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return err_sys(e, "cannot make '%s'", n->path);
	if (size > 0 && ftruncate(fd, size) < 0)
		return err_sys(e, "cannot make '%s' of %lld bytes", n->path,
			(long long)size);
	return steal_fd(&fd);
}

/* What lies between both by reading and writing, where the kernel cannot
 * copy. */
static int pour(int from, int to, off_t at, off_t end)
{
	const size_t size = 1 << 17;
	autofree char *buf = xmalloc(size);

	if (lseek(from, at, SEEK_SET) < 0 || lseek(to, at, SEEK_SET) < 0)
		return -1;
	while (at < end) {
		size_t want = end - at > (off_t)size ? size : (size_t)(end - at);
		ssize_t n = fs_read_all(from, buf, want);

		if (n == 0)
			errno = EIO; /* it became shorter */
		if (n <= 0 || fs_write_all(to, buf, (size_t)n) < 0)
			return -1;
		at += n;
	}
	return 0;
}

static int copy_range(int from, int to, off_t at, off_t end)
{
	off_t in = at, out = at;

	while (in < end)
		if (copy_file_range(
			    from, &in, to, &out, (size_t)(end - in), 0) <= 0)
			return pour(from, to, in, end);
	return 0;
}

/* Looking for holes takes longer than copying so much. */
#define HOLES_MIN (1 << 20)

/* Holes stay holes: a large file may have little in it. */
static int copy_content(int from, int to)
{
	off_t at = 0, end, size = lseek(from, 0, SEEK_END);

	if (FAULT("replay.copy") || size < 0)
		return -1;
	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (size < HOLES_MIN)
		return copy_range(from, to, 0, size);
	while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0 || copy_range(from, to, at, end) < 0)
			return -1;
		at = end;
	}
	/* ENXIO: no data from there on. */
	return errno == ENXIO ? ftruncate(to, size) : -1;
}

static int object_file(
	struct layer *l, const struct node *n, int *fd, struct err *e)
{
	const struct node *f = node_file(n);
	autoclose int from = store_open_object(l->store, &f->digest, e);

	if (from < 0)
		return err_wrap(e, "'%s'", n->path);
	*fd = layer_new_file(n, f->mode & 0777, 0, e);
	if (*fd < 0)
		return -1;
	if (copy_content(from, *fd) < 0)
		return err_sys(e, "cannot copy the content of '%s'", n->path);
	return 0;
}

/* What was hashed, before it is read and after. */
static int host_file(const struct node *n, int *fd, struct err *e)
{
	const struct node *f = node_file(n);
	const struct source *s = f->source;
	autoclose int from =
		open(s->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (from < 0)
		return err_sys(e, "cannot read '%s'", s->path);
	*fd = layer_new_file(n, f->mode & 0777, 0, e);
	if (*fd < 0)
		return -1;
	if (FAULT("replay.source") || !source_is_same(s, from) ||
		copy_content(from, *fd) < 0 || !source_is_same(s, from))
		return err_set(
			e, "'%s' has changed since it was checked", s->path);
	return 0;
}

static int real_file(
	struct layer *l, const struct node *n, int *fd, struct err *e)
{
	const struct node *f = node_file(n);
	bool mounted =
		f->content == CONTENT_HOST && f->source->place == PLACE_BIND;

	if (f->content == CONTENT_HOST && !mounted)
		return host_file(n, fd, e);
	if (f->content == CONTENT_OBJECT)
		return object_file(l, n, fd, e);
	/* What must not be read has its mode taken away: see plan.c. */
	*fd = layer_new_file(n,
		f->content == CONTENT_UNOPENED ? 0 : f->mode & 0777,
		mounted ? 0 : f->size, e);
	return *fd < 0 ? -1 : 0;
}

static bool upper_wants(const struct node *n)
{
	return n->layers & (IN_UPPER | ABOVE_UPPER);
}

static bool lower_wants(const struct node *n)
{
	/* A link that leads elsewhere on this host is as recorded here. */
	return n->layers & IN_LOWER &&
	       (!(n->layers & IN_UPPER) || node_file(n)->target_here);
}

/* All names of a listed directory, and the way to those further down. */
static bool names_wants(const struct node *n)
{
	if (n->parent->layers & IN_ORDER && n->parent->listed)
		return true;
	return n->kind == KIND_DIRECTORY && n->layers & IN_ORDER;
}

const struct layer_kind layer_upper = {
	.wants = upper_wants,
	.file = real_file,
	.real = true,
};

const struct layer_kind layer_real = {
	.wants = lower_wants,
	.file = real_file,
	.real = true,
	.whole = true,
};

const struct layer_kind layer_names = {
	.wants = names_wants,
	.names_only = true,
	.places = true,
	.reverse = true,
	.whole = true,
};
