// SPDX-License-Identifier: Apache-2.0
/* Copying what the command writes, on its way to the caller. */
#include "sandbox/watch/relay.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/pty.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* A pipe's usual capacity. */
#define CHUNK (1 << 16)

/* How long a command may wait for its terminal to have taken what it wrote. */
#define SYNC_MS 100

struct relay_shared {
	_Atomic int flush, flushed, done, error;
	_Atomic unsigned asked, synced;
	/* Read, and of that delivered. */
	size_t len, out;
	char buf[CHUNK];
};

struct relay {
	struct relay_spec spec;
	int outer;   /* the caller's */
	int inner;   /* what the command writes comes out here */
	int command; /* what it writes to */
	int wake;    /* readable when something is wished for */
	pid_t pid;
	dev_t device;
	struct relay_shared *shared;
};

/* The command's pipe, like the one that the caller gave. */
static int make_pipe(struct relay *r, struct err *e)
{
	int ends[2], size = fcntl(r->outer, F_GETPIPE_SZ);
	int flags = fcntl(r->outer, F_GETFL);

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	r->inner = ends[0];
	r->command = ends[1];
	if (size > 0)
		fcntl(r->command, F_SETPIPE_SZ, size);
	if (flags & O_NONBLOCK)
		fcntl(r->command, F_SETFL, O_NONBLOCK);
	return 0;
}

void relay_resize(const struct relay *r)
{
	if (r->spec.terminal)
		pty_copy_size(r->outer, r->inner);
}

/*
 * A terminal for output only: the caller's stays the controlling one, so that
 * keys, signals and job control are as without us. It passes bytes on as they
 * are; the caller's terminal does what it does with them.
 */
static int make_terminal(struct relay *r, struct err *e)
{
	struct termios raw;
	struct stat st;

	if (pty_open("/dev/ptmx", &r->inner, &r->command) < 0 ||
		fstat(r->command, &st) < 0 || tcgetattr(r->command, &raw) < 0)
		return err_sys(e, "cannot make a pseudo-terminal");
	cfmakeraw(&raw);
	tcsetattr(r->command, TCSANOW, &raw);
	r->device = st.st_rdev;
	relay_resize(r);
	return 0;
}

struct relay *relay_new(const struct relay_spec *spec, struct err *e)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->spec = *spec;
	r->inner = r->command = -1;
	r->outer = fcntl(spec->fds[0], F_DUPFD_CLOEXEC, 3);
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->shared = mmap(NULL, sizeof(*r->shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->outer < 0 || r->wake < 0 || r->shared == MAP_FAILED) {
		err_sys(e, "cannot prepare a log");
	} else if ((spec->terminal ? make_terminal : make_pipe)(r, e) == 0) {
		return r;
	}
	relay_free(r);
	return NULL;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	fs_autoclose(&r->outer);
	fs_autoclose(&r->inner);
	fs_autoclose(&r->command);
	fs_autoclose(&r->wake);
	if (r->shared != MAP_FAILED)
		munmap(r->shared, sizeof(*r->shared));
	free(r);
}

/* The relay may outlive everybody: it must hold nothing of theirs. */
static void hold_only_its_own(const struct relay *r)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	DIR *d = opendir("/proc/self/fd");
	struct dirent *ent;

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	while (d && (ent = readdir(d))) {
		int fd = atoi(ent->d_name);

		if (fd > 2 && fd != r->outer && fd != r->inner &&
			fd != r->wake && fd != r->spec.log && fd != dirfd(d))
			close(fd);
	}
	if (d)
		closedir(d);
	if (chdir("/") < 0)
		return;
}

static void keep(struct relay *r, const char *p, size_t n)
{
	struct relay_shared *s = r->shared;

	if (atomic_load(&s->flushed) || atomic_load(&s->error))
		return;
	if (r->spec.keep(r->spec.log, p, n, r->spec.arg) < 0)
		atomic_store(&s->error, errno ? errno : EIO);
}

/* -1 when the caller takes no more. */
static int deliver(struct relay *r)
{
	struct relay_shared *s = r->shared;
	struct pollfd p = {.fd = r->outer, .events = POLLOUT};

	while (s->out < s->len) {
		const char *from = s->buf + s->out;
		ssize_t n = write(r->outer, from, s->len - s->out);

		if (n > 0) {
			s->out += (size_t)n;
			keep(r, from, (size_t)n);
		} else if (n < 0 && errno == EAGAIN) {
			poll(&p, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			return -1;
		}
	}
	s->len = s->out = 0;
	return 0;
}

/* 1 something, 0 not yet, -1 nobody can write any more. */
static int take(struct relay *r)
{
	ssize_t n = read(r->inner, r->shared->buf, CHUNK);

	if (n > 0)
		r->shared->len = (size_t)n;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	/* EIO: a terminal whose other ends are all closed. */
	return n > 0 ? 1 : -1;
}

/*
 * Deliver what has been written until now, not what somebody goes on writing.
 * A terminal's bytes come by way of a kernel thread, whose work poll(2) waits
 * for (n_tty_poll(), kernel 4.6). -1: the end.
 */
static int drain(struct relay *r)
{
	struct pollfd p = {.fd = r->inner, .events = POLLIN};
	int there = 0;

	poll(&p, 1, 0);
	ioctl(r->inner, FIONREAD, &there);
	while (there > 0) {
		int got = take(r);

		there -= (int)r->shared->len;
		if (got < 0 || deliver(r) < 0)
			return -1;
	}
	return 0;
}

/* What is there now belongs to the log; what a process that was left behind
 * writes from here on does not. */
static int wishes(struct relay *r)
{
	struct relay_shared *s = r->shared;
	unsigned asked = atomic_load(&s->asked);
	bool flush = atomic_load(&s->flush) && !atomic_load(&s->flushed);

	if (!flush && asked == atomic_load(&s->synced))
		return 0;
	if (drain(r) < 0)
		return -1;
	atomic_store(&s->synced, asked);
	if (flush)
		atomic_store(&s->flushed, 1);
	return 0;
}

/*
 * The caller's reader is watched, too: some programs wait for it to go away
 * without writing (tail -f).
 */
static void copy(struct relay *r)
{
	/* Wishes first: a relay that was killed may have heard them. */
	while (deliver(r) == 0 && wishes(r) == 0) {
		struct pollfd p[] = {
			{.fd = r->inner, .events = POLLIN},
			{.fd = r->outer},
			{.fd = r->wake, .events = POLLIN},
		};
		uint64_t count;

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[1].revents & (POLLERR | POLLHUP))
			return;
		if (p[2].revents && read(r->wake, &count, sizeof(count)) > 0)
			continue;
		if (p[0].revents && take(r) < 0)
			return;
	}
}

int relay_start(struct relay *r, struct err *e)
{
	r->pid = fork();
	if (r->pid < 0)
		return err_sys(e, "cannot fork");
	if (r->pid == 0) {
		fs_autoclose(&r->command);
		hold_only_its_own(r);
		copy(r);
		_exit(0);
	}
	return 0;
}

static void finished(struct relay *r)
{
	/* The command's next write fails, the caller's reader sees the end. */
	fs_autoclose(&r->inner);
	fs_autoclose(&r->outer);
	r->pid = 0;
	atomic_store(&r->shared->done, 1);
}

bool relay_ended(struct relay *r, pid_t pid, int status)
{
	if (!r->pid || pid != r->pid)
		return false;
	if (WIFEXITED(status) || relay_start(r, NULL) < 0)
		finished(r);
	return true;
}

void relay_reap(struct relay *r)
{
	struct pollfd p = {.fd = r->inner};

	/* It has delivered everything, and nobody is left to write. */
	if (r->pid && atomic_load(&r->shared->flushed) && poll(&p, 1, 0) == 1 &&
		(p.revents & POLLHUP))
		waitpid(r->pid, NULL, 0);
}

pid_t relay_pid(const struct relay *r)
{
	return r->pid;
}

void relay_attach(const struct relay *r)
{
	for (size_t i = 0; i < r->spec.fd_count; i++)
		dup2(r->command, r->spec.fds[i]);
}

void relay_let_go(struct relay *r, bool keeper)
{
	fs_autoclose(&r->command);
	if (keeper)
		return;
	fs_autoclose(&r->inner);
	/* A terminal's reader waits for no end. */
	if (!r->spec.terminal)
		fs_autoclose(&r->outer);
}

static void wake(const struct relay *r)
{
	const uint64_t one = 1;

	/* It fails only where it would be readable anyway. */
	if (write(r->wake, &one, sizeof(one)) < 0)
		return;
}

void relay_flush(struct relay *r)
{
	atomic_store(&r->shared->flush, 1);
	wake(r);
}

void relay_sync(const struct relay *r)
{
	struct relay_shared *s = r->shared;
	unsigned mine = atomic_fetch_add(&s->asked, 1) + 1;

	wake(r);
	for (int i = 0; i < SYNC_MS * 10; i++) {
		if (atomic_load(&s->done) ||
			(int)(atomic_load(&s->synced) - mine) >= 0)
			return;
		usleep(100);
	}
}

bool relay_flushed(const struct relay *r)
{
	return atomic_load(&r->shared->flushed) || atomic_load(&r->shared->done);
}

int relay_error(const struct relay *r)
{
	return atomic_load(&r->shared->error);
}

int relay_terminal(const struct relay *r, dev_t *device)
{
	*device = r->device;
	return r->spec.terminal ? r->outer : -1;
}
