// SPDX-License-Identifier: Apache-2.0
/* One watched call: decode it, and hand it to whom it concerns. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"
#include "capture/task.h"
#include "sandbox/watch/watch.h"

#include <elf.h>
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

/* Code that no file will show. Others map what is no program, too. */
static void map_nameless(struct capture *cap, const struct place *p)
{
	autoclose int fd = fs_open(p->access, O_RDONLY | O_NONBLOCK);
	char magic[SELFMAG];

	if (fd >= 0 && pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
		!memcmp(magic, ELFMAG, sizeof(magic)))
		record_gap(&cap->rec, "anonymous-library", NULL,
			"a library without a name (memfd_create, or removed) "
			"was loaded: its content is not recorded");
}

static void mapped(struct capture *cap, const struct call *c, int fd)
{
	struct touch named = {.dirfd = AT_FDCWD, .intent = INTENT_EXEC};
	const char *key = NULL;
	struct touched *t;
	uint32_t process;
	struct place p;

	if (fd < 0)
		return;
	named.path = task_directory(scratch, c->tid, fd);
	if (named.path && resolver_one_view(cap->resolver))
		key = seen_key(&named, c->tid, scratch);
	process = process_of(cap, c->tid);
	t = key ? seen_library(&cap->seen, key) : NULL;
	if (t) {
		record_loaded(&cap->rec, process, t, LOAD_MAP);
		return;
	}
	if (resolve_fd(cap->resolver, c->tid, fd, scratch, &p) < 0 ||
		p.served || !S_ISREG(p.st.mode))
		return;
	t = touch_place(cap, &p, ACCESS_X);
	if (!t && !p.path)
		map_nameless(cap, &p);
	if (!t)
		return;
	record_loaded(&cap->rec, process, t, program_how(t, &p.st, LOAD_MAP));
	if (key && p.path)
		seen_add_library(&cap->seen, key, t);
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

/* In a user namespace of its own a task may do what we may not. */
static bool in_our_user_namespace(pid_t tid)
{
	const char *ours = fs_readlink(scratch, AT_FDCWD, "/proc/self/ns/user");
	const char *its = task_link(scratch, tid, "ns/user");

	return ours && its && !strcmp(ours, its);
}

/* The name of the file with this handle, as the kernel gives it to us. */
static const char *name_of_handle(
	pid_t tid, int mount_fd, struct file_handle *h, struct state *st)
{
	char path[64];
	autoclose int mount = -1, file = -1;

	snprintf(path, sizeof(path), "/proc/%d/cwd", tid);
	if (mount_fd != AT_FDCWD)
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", tid, mount_fd);
	mount = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (mount < 0)
		return NULL;
	file = open_by_handle_at(mount, h, O_PATH | O_CLOEXEC);
	if (file < 0 || state_of(file, NULL, st) < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return fs_readlink(scratch, AT_FDCWD, path);
}

static void by_handle(
	struct capture *cap, const struct call *c, const struct decoded *d)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u;
	struct touch t = d->touches[0];
	struct state st, named;

	if (watch_read(c->tid, c->args[1], &u, sizeof(u)) < (ssize_t)sizeof(u.h) ||
		u.h.handle_bytes > MAX_HANDLE_SZ)
		return;
	errno = 0;
	t.dirfd = AT_FDCWD;
	t.path = name_of_handle(c->tid, d->fd, &u.h, &st);
	/* A file that nobody has looked up by a name shows as a root. */
	if (t.path && state_of(AT_FDCWD, t.path, &named) == 0 &&
		state_same_file(&named, &st))
		touch_apply(cap, c->tid, &t, scratch);
	else if (errno != ESTALE && errno != EBADF &&
		 !(errno == EPERM && in_our_user_namespace(c->tid)))
		record_gap(&cap->rec, "file-handle", NULL,
			"a file opened by its handle could not be named: %s",
			strerror(errno));
}

/* What was opened for appending keeps its first bytes only until now. */
static void unappend(struct capture *cap, const struct call *c, int fd)
{
	struct place p;

	if (task_directory(scratch, c->tid, fd) &&
		resolve_fd(cap->resolver, c->tid, fd, scratch, &p) == 0)
		touch_unappend(cap, &p);
}

/* What is mounted, moved or unmounted hides what was there: in our namespace,
 * too, when the task shares it. */
static void view_changes(
	struct capture *cap, const struct call *c, const struct decoded *d)
{
	struct place p;

	resolver_views_matter(cap->resolver);
	seen_forget(&cap->seen);
	for (size_t i = 0; d->verb == VERB_MOUNT && i < d->count; i++)
		if (resolve(cap->resolver, c->tid, &d->touches[i], scratch,
			    &p) == 0 &&
			p.path)
			touch_hide(cap, p.path);
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
		by_handle(cap, c, d);
		return;
	case VERB_UNAPPEND:
		unappend(cap, c, d->fd);
		return;
	case VERB_AIO:
		touch_unappend_all(cap);
		return;
	case VERB_EXIT:
		process_exit(cap, c->tid, (int)(c->args[0] & 0xff));
		return;
	case VERB_VIEW:
	case VERB_MOUNT:
		view_changes(cap, c, d);
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
	if (r == 0 && d.verb != VERB_EXEC)
		process_met(cap, c->tid);
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
