// SPDX-License-Identifier: Apache-2.0
/* One watched call: decode it, and hand it to whom it concerns. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"
#include "capture/task.h"
#include "sandbox/watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each receiver thread has its scratch, cleared with every call. */
static __thread struct arena *scratch;

static void comm_of(pid_t tid, char buf[32])
{
	char path[64];
	autoclose int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buf, 31);
	buf[n > 0 ? n - 1 : 0] = 0;
}

static void unknown_call(struct capture *cap, const struct call *c)
{
	static const char *const arch[] = {"native", "compat", "other"};

	record_gap(&cap->rec, "unknown-call", NULL,
		"system call %d (%s) is not known: what it touched is not "
		"recorded",
		c->nr, arch[c->arch]);
}

static void unreadable(struct capture *cap, const struct call *c, int code)
{
	char comm[32];

	/* The call itself fails with these; nothing is missed. */
	if (code == EFAULT || code == ENAMETOOLONG || code == ESRCH)
		return;
	comm_of(c->tid, comm);
	record_gap(&cap->rec, "unreadable-process", NULL,
		"memory of process '%s' cannot be read: its paths are not "
		"recorded (%s)",
		comm, strerror(code));
}

static void mapped(struct capture *cap, const struct call *c, int fd)
{
	struct touch named = {.dirfd = AT_FDCWD, .intent = INTENT_EXEC};
	const char *key = NULL;
	struct place p;

	if (fd < 0)
		return;
	named.path = task_directory(scratch, c->tid, fd);
	if (named.path && resolver_one_view(cap->resolver))
		key = seen_key(&named, c->tid, scratch);
	if (key && seen_has(&cap->seen, key))
		return;
	if (resolve_fd(cap->resolver, c->tid, fd, scratch, &p) < 0 || !p.path ||
		!S_ISREG(p.st.mode))
		return;
	touch_place(cap, &p, ACCESS_X);
	if (key)
		seen_add(&cap->seen, key);
}

/* What the path of a touch is remembered by; NULL: it is not to be. */
static const char *key_of(const struct call *c, const struct decoded *d)
{
	if (d->verb != VERB_PATHS || d->count != 1 || !seen_may(&d->touches[0]))
		return NULL;
	return seen_key(&d->touches[0], c->tid, scratch);
}

/* One path: nothing to do when the same was recorded before. */
static void one_path(struct capture *cap, const struct call *c,
	const struct touch *t, const char *key)
{
	if (touch_apply(cap, c->tid, t, scratch) && key)
		seen_add(&cap->seen, key);
}

/* Open it ourselves, as the task is about to: it has the right to. */
static void by_handle(struct capture *cap, const struct call *c, int fd)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u;
	char path[64];
	char *name;
	autoclose int mount = -1, file = -1;

	if (watch_read(c->tid, c->args[1], &u, sizeof(u)) < (ssize_t)sizeof(u.h) ||
		u.h.handle_bytes > MAX_HANDLE_SZ)
		return;
	snprintf(path, sizeof(path), "/proc/%d/%s", c->tid, "cwd");
	if (fd != AT_FDCWD)
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", c->tid, fd);
	mount = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	file = mount < 0 ? -1
			 : open_by_handle_at(mount, &u.h, O_PATH | O_CLOEXEC);
	if (file < 0) {
		if (errno != ESTALE)
			record_gap(&cap->rec, "file-handle", NULL,
				"a file opened by its handle could not be "
				"named: %s",
				strerror(errno));
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	name = fs_readlink(scratch, AT_FDCWD, path);
	if (name)
		touch_apply(cap, c->tid,
			&(struct touch){.dirfd = AT_FDCWD,
				.path = name,
				.intent = (c->args[2] & O_ACCMODE) == O_RDONLY
						  ? INTENT_READ
						  : INTENT_WRITE,
				.reads = true,
				.nofollow = true},
			scratch);
}

/* What was opened for appending keeps its first bytes only until now. */
static void unappend(struct capture *cap, const struct call *c, int fd)
{
	const char *path = task_directory(scratch, c->tid, fd);
	struct touched *t = path ? record_find(&cap->rec, path) : NULL;
	struct place p;

	if (!t || !t->appended || t->preserved ||
		resolve_fd(cap->resolver, c->tid, fd, scratch, &p) < 0 || !p.path)
		return;
	preserve(cap, t, p.access);
}

static void watcher(struct capture *cap, const struct call *c)
{
	if (c->args[0] == SECCOMP_SET_MODE_FILTER &&
		(c->args[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		record_gap(&cap->rec, "seccomp", NULL,
			"the program asked for a seccomp listener of its own, "
			"which one process tree can have only once");
}

static void handle(struct capture *cap, const struct call *c,
	const struct decoded *d, const char *key, struct answer *out)
{
	switch (d->verb) {
	case VERB_EXEC:
		process_exec(cap, c, d, scratch);
		return;
	case VERB_MMAP:
		mapped(cap, c, d->fd);
		return;
	case VERB_CONNECT:
	case VERB_BIND:
		network_address(cap, c, d, scratch);
		return;
	case VERB_IO_URING:
		/* Programs fall back to plain calls, which are seen. */
		*out = (struct answer){.kind = ANSWER_DENY, .error = ENOSYS};
		record_gap(&cap->rec, "io-uring", NULL,
			"io_uring was refused, so that the program used "
			"system calls that can be recorded");
		return;
	case VERB_HANDLE:
		by_handle(cap, c, d->fd);
		return;
	case VERB_UNAPPEND:
		unappend(cap, c, d->fd);
		return;
	case VERB_EXIT:
		process_exit(cap, c->tid, (int)(c->args[0] & 0xff));
		return;
	case VERB_VIEW:
		resolver_views_matter(cap->resolver);
		seen_forget(&cap->seen);
		break;
	case VERB_WATCHER:
		watcher(cap, c);
		return;
	case VERB_PATHS:
		break;
	}
	if (d->count == 2 && d->touches[0].intent == INTENT_MOVE)
		touch_rename(
			cap, c->tid, &d->touches[0], &d->touches[1], scratch);
	else
		for (size_t i = 0; i < d->count; i++)
			one_path(cap, c, &d->touches[i], key);
}

void capture_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out)
{
	struct capture *cap = arg;
	const char *key = NULL;
	struct decoded d;
	int r, code;

	if (!scratch)
		scratch = arena_new();
	arena_clear(scratch);
	if (c->spec == WATCH_UNKNOWN) {
		pthread_mutex_lock(&cap->rec.lock);
		unknown_call(cap, c);
		pthread_mutex_unlock(&cap->rec.lock);
		return;
	}
	r = call_decode(c, scratch, &d);
	code = errno;
	if (r == 0)
		key = key_of(c, &d);
	pthread_mutex_lock(&cap->rec.lock);
	if (!resolver_one_view(cap->resolver))
		key = NULL;
	/* Most calls of a training end here. Before anything is recorded: the
	 * memory that was read may be another process's by now. */
	if (!(key && seen_has(&cap->seen, key)) && watch_call_valid(w, c)) {
		if (r < 0)
			unreadable(cap, c, code);
		else
			handle(cap, c, &d, key, out);
	}
	pthread_mutex_unlock(&cap->rec.lock);
}
