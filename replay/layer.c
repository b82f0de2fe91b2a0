// SPDX-License-Identifier: Apache-2.0
/* Filling a directory with one layer of the tree. */
#include "replay/layer.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/threads.h"
#include "manifests/attributes.h"
#include "replay/layer_threads.h"
#include "sandbox/isolation/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Starting a thread takes as long as some of them do. */
#define NODES_MIN 500

static int failed(const struct node *n, struct err *e)
{
	return err_sys(e, "cannot make '%s'", n->path);
}

/* Nothing of it was recorded, and it must not be read as if it were. */
static bool is_closed(const struct layer *l, const struct node *n)
{
	return l->kind->real && node_file(n)->content == CONTENT_UNOPENED;
}

/* `fd` of a regular file, or -1: then of the directory `at`. */
static int set_xattrs(struct layer *l, const struct node *n, int fd,
	const char *at, struct err *e)
{
	autoarena *a = n->xattrs ? arena_new() : NULL;
	const char *text = n->xattrs;
	struct attribute x;

	while (text && attribute_next(&text, a, &x) > 0) {
		if ((fd < 0 ? setxattr(at, x.name, x.value, x.size, 0)
			    : fsetxattr(fd, x.name, x.value, x.size, 0)) == 0)
			continue;
		if (errno != EOPNOTSUPP && errno != ENOSPC && errno != E2BIG)
			return failed(n, e);
		l->lost->xattrs = true;
	}
	return 0;
}

/* Attributes of what is not a directory; `fd` of a regular file, or -1. */
static int set_attributes(
	struct layer *l, const struct node *n, int fd, struct err *e)
{
	const struct node *f = node_file(n);
	uid_t uid = l->ids->uid(l->ids, f->uid);
	gid_t gid = l->ids->gid(l->ids, f->gid);
	struct timespec times[2] = {
		{f->mtime_s, f->mtime_ns}, {f->mtime_s, f->mtime_ns}};

	/* A closed one stays ours: over an owner that the command's user
	 * namespace does not know, CAP_DAC_OVERRIDE has no power. */
	if ((uid != 0 || gid != 0) && !is_closed(l, n) &&
		(fd >= 0 ? fchown(fd, uid, gid)
			 : fchownat(AT_FDCWD, n->name, uid, gid,
				   AT_SYMLINK_NOFOLLOW)) < 0)
		return failed(n, e);
	if (fd >= 0 && !is_closed(l, n) && set_xattrs(l, f, fd, NULL, e) < 0)
		return -1;
	/* chown and truncate take setuid bits away. */
	if (fd >= 0 && f->mode & 07000 && !is_closed(l, n) &&
		fchmod(fd, f->mode) < 0)
		return failed(n, e);
	if (fd >= 0 ? futimens(fd, times) < 0
		    : utimensat(AT_FDCWD, n->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(n, e);
	return 0;
}

static int set_dir_attributes(
	struct layer *l, const struct node *n, const char *at, struct err *e)
{
	uid_t uid = l->ids->uid(l->ids, n->uid);
	gid_t gid = l->ids->gid(l->ids, n->gid);
	struct timespec times[2] = {
		{n->mtime_s, n->mtime_ns}, {n->mtime_s, n->mtime_ns}};

	if ((uid != 0 || gid != 0) && fchownat(AT_FDCWD, at, uid, gid, 0) < 0)
		return failed(n, e);
	if (set_xattrs(l, n, -1, at, e) < 0)
		return -1;
	if (fchmodat(AT_FDCWD, at, n->mode, 0) < 0)
		return failed(n, e);
	if (n->row && utimensat(AT_FDCWD, at, times, 0) < 0)
		return failed(n, e);
	return 0;
}

static int make_special(struct layer *l, const struct node *n, struct err *e)
{
	static const mode_t types[] = {
		[KIND_FIFO] = S_IFIFO,
		[KIND_SOCKET] = S_IFSOCK,
		[KIND_CHAR] = S_IFCHR,
		[KIND_BLOCK] = S_IFBLK,
	};
	const struct node *f = node_file(n);
	bool device = n->kind == KIND_CHAR || n->kind == KIND_BLOCK;
	const char *target = l->kind == &layer_upper && f->target_here
				     ? f->target_here
				     : f->target;

	if (n->kind == KIND_SYMLINK) {
		if (symlinkat(target, AT_FDCWD, n->name) < 0)
			return failed(n, e);
	} else if (mknodat(AT_FDCWD, n->name, types[n->kind] | f->mode,
			   makedev(f->major, f->minor)) < 0) {
		if (!device || errno != EPERM)
			return failed(n, e);
		l->lost->devices = true;
		return 0;
	}
	return set_attributes(l, n, -1, e);
}

/* A name with nothing behind it. Where all are, those of one directory share an
 * empty file, `first`: a link costs half of what a file does. */
static int make_name(struct layer *l, const struct node *n,
	const struct node **first, struct err *e)
{
	autoclose int fd = -1;

	if (*first)
		return linkat(AT_FDCWD, (*first)->name, AT_FDCWD, n->name, 0) < 0
			       ? failed(n, e)
			       : 0;
	fd = layer_new_file(n, 0600, 0, e);
	if (fd >= 0 && l->kind->names_only)
		*first = n;
	return fd < 0 ? -1 : 0;
}

static int make_file(struct layer *l, const struct node *n, struct err *e)
{
	autoclose int fd = -1;

	if (n->kind != KIND_FILE)
		return make_special(l, n, e);
	if (l->kind->file(l, n, &fd, e) < 0)
		return -1;
	return set_attributes(l, n, fd, e);
}

/* One of several names of a file. */
static int make_linked(struct layer *l, const struct node *n, struct err *e)
{
	const struct node *f = node_file(n), *made;
	int r;

	pthread_mutex_lock(&l->linking);
	made = map_gets(&l->made, f->path);
	if (made)
		r = linkat(l->root, made->path + 1, AT_FDCWD, n->name, 0) < 0
			    ? failed(n, e)
			    : 0;
	else
		r = make_file(l, n, e);
	if (!made)
		map_puts(&l->made, f->path, (void *)n);
	pthread_mutex_unlock(&l->linking);
	return r;
}

static int make_children(struct layer *l, const struct node *dir, struct err *e);

/* 0700 until all is in it; the recorded mode may forbid even us. */
static int make_directory(struct layer *l, const struct node *n, struct err *e)
{
	if (mkdirat(AT_FDCWD, n->name, 0700) < 0)
		return failed(n, e);
	if (n->first && layer_give(l, n))
		return 0;
	if (n->first) {
		if (chdir(n->name) < 0)
			return failed(n, e);
		if (make_children(l, n, e) < 0)
			return -1;
		if (chdir("..") < 0)
			return failed(n, e);
	}
	return l->kind->names_only ? 0 : set_dir_attributes(l, n, n->name, e);
}

static int make(struct layer *l, const struct node *n, const struct node **name,
	struct err *e)
{
	if (!l->kind->wants(n))
		return 0;
	/* A file even where a directory is meant: what the upper layer has
	 * then stands alone, and can be renamed. */
	if (l->kind->places && node_holds_place(n))
		return make_name(l, n, name, e);
	if (l->kind->names_only && !(n->layers & IN_ORDER))
		return make_name(l, n, name, e);
	if (n->kind == KIND_DIRECTORY)
		return make_directory(l, n, e);
	return n->link || n->layers & HAS_LINKS ? make_linked(l, n, e)
						: make_file(l, n, e);
}

static int make_children(struct layer *l, const struct node *dir, struct err *e)
{
	const struct node *n = l->kind->reverse ? dir->last : dir->first;
	const struct node *name = NULL; /* the first that is a mere name */

	while (n) {
		if (make(l, n, &name, e) < 0)
			return -1;
		n = l->kind->reverse ? n->prev : n->next;
	}
	return 0;
}

/* The working directory is `dir`, and is it again in the end. */
static int fill_directory(struct layer *l, const struct node *dir, struct err *e)
{
	if (make_children(l, dir, e) < 0)
		return -1;
	return l->kind->names_only ? 0 : set_dir_attributes(l, dir, ".", e);
}

int layer_fill(const struct layer_kind *kind, const struct tree *t,
	struct store *s, const struct iso_ids *ids, int root,
	struct layer_losses *lost, struct err *e)
{
	struct layer l = {.kind = kind,
		.store = s,
		.ids = ids,
		.root = root,
		.made = MAP_INIT,
		.linking = PTHREAD_MUTEX_INITIALIZER,
		.lost = lost};
	autoclose int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t threads = kind->whole ? threads_for(t->count / NODES_MIN) : 1;
	int r;

	if (back < 0)
		return err_sys(e, "cannot open the working directory");
	r = layer_fill_threads(
		&l, t->root, threads ? threads : 1, fill_directory, e);
	map_release(&l.made);
	if (fchdir(back) < 0 && r == 0)
		r = err_sys(e, "cannot go back");
	return r;
}
