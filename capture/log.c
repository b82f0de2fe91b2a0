// SPDX-License-Identifier: Apache-2.0
/*
 * What the command writes to its standard output and error, as outputs of the
 * run: by relays into files of the run's directory, from there into the store.
 */
#include "capture/log.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "capture/finish.h"
#include "manifests/model.h"
#include "sandbox/watch/relay.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* How much of the room one look is good for, and how many bytes at most. */
#define LOOK_PART 8
#define LOOK_BYTES (4u << 20)

static const struct stream {
	int fd;
	const char *file; /* in the run's directory, until it is published */
	const char *path; /* as an output */
	const char *name;
} streams[] = {
	{STDOUT_FILENO, "stdout", "/dev/stdout", "standard output"},
	{STDERR_FILENO, "stderr", "/dev/stderr", "standard error"},
};

enum way {
	WAY_NONE,  /* closed, or not for writing */
	WAY_FILE,  /* recorded as every file is */
	WAY_OTHER, /* a device */
	WAY_PIPE,
	WAY_TERMINAL,
};

static enum way way_of(int fd, struct stat *st)
{
	int flags = fcntl(fd, F_GETFL);

	/* One that was closed is held by a close-on-exec one of ours. */
	if (flags < 0 || fstat(fd, st) < 0 || (flags & O_ACCMODE) == O_RDONLY ||
		(fcntl(fd, F_GETFD) & FD_CLOEXEC))
		return WAY_NONE;
	if (S_ISREG(st->st_mode))
		return WAY_FILE;
	if (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode))
		return WAY_PIPE;
	if (isatty(fd))
		return WAY_TERMINAL;
	/* /dev/null, Documentation/admin-guide/devices.txt. */
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3) ? WAY_PIPE
								    : WAY_OTHER;
}

/* Storing must leave 5 % of the disk free. One look at it is good for a part of
 * the room that is left. */
static bool has_room(struct log_stream *s, int log, size_t n)
{
	uint64_t room;

	if (s->trusted >= n) {
		s->trusted -= n;
		return true;
	}
	room = space_room(log);
	if (n > room)
		return false;
	room = (room - n) / LOOK_PART;
	s->trusted = room < LOOK_BYTES ? room : LOOK_BYTES;
	return true;
}

/* In the relay's process. */
static int keep(int log, const char *p, size_t n, void *arg)
{
	if (!has_room(arg, log, n)) {
		errno = ENOSPC;
		return -1;
	}
	return fs_write_all(log, p, n);
}

static int open_one(struct capture *cap, const struct stream *s, enum way way,
	bool both, struct err *e)
{
	struct logs *l = &cap->logs;
	struct relay_spec spec = {.fds = {s->fd, STDERR_FILENO},
		.fd_count = both ? 2 : 1,
		.terminal = way == WAY_TERMINAL,
		.keep = keep,
		.arg = &l->streams[l->count]};

	spec.log = openat(cap->run.fd, s->file,
		O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (spec.log < 0)
		return err_sys(e, "cannot make a log of %s", s->name);
	l->fds[l->count] = spec.log;
	l->relays[l->count] = relay_new(&spec, e);
	if (!l->relays[l->count])
		return err_wrap(e, "--log: %s", s->name);
	l->count++;
	return 0;
}

int logs_open(struct capture *cap, struct err *e)
{
	struct stat st[2];
	enum way way[2];
	bool both;

	if (!cap->opt->log)
		return 0;
	for (int i = 0; i < 2; i++)
		way[i] = way_of(streams[i].fd, &st[i]);
	/* The same thing to the caller: one log, in the order of writing. */
	both = way[0] == way[1] && st[0].st_dev == st[1].st_dev &&
	       st[0].st_ino == st[1].st_ino;
	for (int i = 0; i < 2; i++) {
		if (way[i] == WAY_OTHER)
			record_gap(&cap->rec, "log", NULL,
				"%s went to a device: no log was kept of it",
				streams[i].name);
		if (way[i] < WAY_PIPE || (i == 1 && both))
			continue;
		if (open_one(cap, &streams[i], way[i], i == 0 && both, e) < 0)
			return -1;
	}
	return 0;
}

void logs_release(struct logs *l)
{
	for (size_t i = 0; i < l->count; i++) {
		relay_free(l->relays[i]);
		close(l->fds[i]);
	}
}

/* A relay that a signal left behind may still write: the size is that of what
 * was hashed. */
static int put(struct finish *f, int fd, struct m_data *d, struct err *e)
{
	struct put_result result;
	int r = -1;

	if ((uint64_t)d->bytes <= f->rec->keep)
		r = store_put_fd(f->cap->batch, fd, UINT64_MAX, &result, e);
	if (r < 0 && e->code)
		record_gap(f->rec, "no-room", d->path, "%s", e->msg);
	if (r < 0 && (lseek(fd, 0, SEEK_SET) < 0 ||
			     digest_fd(fd, &result.digest, &result.bytes, e) < 0))
		return -1;
	d->stored = r == 0;
	d->bytes = (int64_t)result.bytes;
	d->digest = digest_string(f->a, &result.digest);
	return 0;
}

static void finish_one(struct finish *f, const struct stream *s)
{
	struct manifest *m = f->cap->manifest;
	autoclose int fd = openat(
		f->cap->run.fd, s->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct err e = ERR_INIT;
	struct m_data d = {.path = (char *)s->path,
		.kind = (char *)"file",
		.role = (char *)"log",
		.files = 1};
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || fstat(fd, &st) < 0) {
		record_gap(f->rec, "log", s->path, "%s", strerror(errno));
		return;
	}
	d.bytes = (int64_t)st.st_size;
	if (put(f, fd, &d, &e) < 0)
		record_gap(f->rec, "log", s->path, "%s", e.msg);
	d.id = arena_printf(f->a, "out%zu", m->outputs.count + 1);
	*ARENA_PUSH(f->a, m->outputs.items, m->outputs.count) = d;
}

void logs_finish(struct finish *f)
{
	struct manifest *m = f->cap->manifest;
	const struct logs *l = &f->cap->logs;
	size_t before = m->outputs.count;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < l->count; i++)
		if (relay_error(l->relays[i]))
			record_gap(f->rec, "log", NULL,
				"a log ends before what the command wrote: %s",
				strerror(relay_error(l->relays[i])));
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		finish_one(f, &streams[i]);
	if (m->outputs.count == before ||
		store_batch_commit(f->cap->batch, &e) == 0)
		return;
	for (size_t i = before; i < m->outputs.count; i++)
		m->outputs.items[i].stored = false;
	record_gap(f->rec, "no-room", "/dev/stdout", "%s", e.msg);
}

void logs_remove(struct capture *cap)
{
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		unlinkat(cap->run.fd, streams[i].file, 0);
}
