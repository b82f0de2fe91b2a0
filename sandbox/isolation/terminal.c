// SPDX-License-Identifier: Apache-2.0
/* The caller's terminals: finding them, and copying from and to them. */
#include "sandbox/isolation/terminal.h"
#include "base/fs.h"
#include "base/pty.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* TIOCGDEV of <asm-generic/ioctls.h>: /dev/tty is the one that it leads to. */
static bool device_of(int fd, dev_t *device)
{
	unsigned number;

	if (!isatty(fd) || ioctl(fd, TIOCGDEV, &number) < 0)
		return false;
	*device = number;
	return true;
}

/*
 * Opened anew, since O_NONBLOCK would be everybody's who shares ours. /dev/tty
 * can be opened where the device belongs to somebody else, after su(1).
 */
static int open_anew(int fd, dev_t device)
{
	const int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	char path[32];
	dev_t same;
	int anew;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	anew = open(path, flags);
	if (anew < 0) {
		anew = open("/dev/tty", flags);
		if (anew >= 0 && (!device_of(anew, &same) || same != device))
			fs_autoclose(&anew);
	}
	/* Then a terminal that is held up holds us up. */
	if (anew < 0)
		anew = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (anew >= 0 && anew < 3) {
		fd = fcntl(anew, F_DUPFD_CLOEXEC, 3);
		close(anew);
		anew = fd;
	}
	return anew;
}

static void add(struct terminals *t, int fd, unsigned stream)
{
	struct terminal *one = t->items;
	dev_t device;

	if (!device_of(fd, &device))
		return;
	while (one < t->items + t->count && one->device != device)
		one++;
	one->streams |= stream;
	if (one < t->items + t->count)
		return;
	one->device = device;
	one->inner = -1;
	one->outer = open_anew(fd, device);
	if (one->outer < 0 || tcgetattr(one->outer, &one->modes) < 0) {
		fs_autoclose(&one->outer);
		one->streams = 0;
		return;
	}
	t->count++;
}

static bool is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

void terminals_find(struct terminals *t, const struct isolation *iso)
{
	bool pipes = false, controlling;
	dev_t device;
	int tty;

	memset(t, 0, sizeof(*t));
	if (!guard_on(iso, "terminal"))
		return;
	for (int fd = 0; fd < 3; fd++) {
		pipes |= is_pipe(fd);
		add(t, fd, 1u << fd);
	}
	/* It could be opened by that name, whatever the streams are. */
	tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	controlling = tty >= 0 && device_of(tty, &device);
	if (!t->count && controlling)
		add(t, tty, 0);
	fs_autoclose(&tty);
	if (!t->count)
		return;
	t->keys = t->items[0].streams & 1 && iso->stdin_kind != ISO_STDIN_FILE;
	t->job = controlling && device == t->items[0].device;
	t->eager = t->job && t->keys && !pipes;
	t->granted = !t->job || (t->eager && terminal_in_foreground(t));
	t->plain = !t->job || !t->granted;
}

void terminals_let_go(struct terminals *t)
{
	if (t->guard > 0)
		fs_autoclose(&t->guard_pipe);
	for (size_t i = 0; i < t->count; i++) {
		fs_autoclose(&t->items[i].outer);
		fs_autoclose(&t->items[i].inner);
	}
	t->count = 0;
}

void terminals_release(struct terminals *t)
{
	if (t->count)
		terminal_leave(t);
	terminal_guard_end(t);
	terminals_let_go(t);
}

size_t terminals_poll(struct terminals *t, struct pollfd *fds)
{
	for (size_t i = 0; i < t->count; i++) {
		struct terminal *one = &t->items[i];
		bool out = one->out.at < one->out.end;
		bool in = one->in.at < one->in.end;
		bool read = i == 0 && !in && terminal_is_read(t);

		fds[2 * i] = (struct pollfd){one->inner,
			(short)((out ? 0 : POLLIN) | (in ? POLLOUT : 0)), 0};
		fds[2 * i + 1] = (struct pollfd){one->outer,
			(short)((read ? POLLIN : 0) | (out ? POLLOUT : 0)), 0};
	}
	return 2 * t->count;
}

/* What the caller's terminal takes no more is gone, as with any terminal. */
static void deliver(struct terminal *one)
{
	ssize_t n = one->outer < 0
			    ? (ssize_t)(one->out.end - one->out.at)
			    : write(one->outer, one->out.buf + one->out.at,
				      one->out.end - one->out.at);

	if (n >= 0)
		one->out.at += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		one->out.at = one->out.end;
}

/* False: there is nothing now, or never will be again. */
static bool take(struct terminal *one)
{
	ssize_t n = read(one->inner, one->out.buf, sizeof(one->out.buf));

	one->out.at = one->out.end = 0;
	if (n > 0)
		one->out.end = (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		fs_autoclose(&one->inner); /* EIO: nobody has it open */
	return n > 0;
}

static void take_keys(struct terminals *t, struct terminal *one)
{
	ssize_t n = read(one->outer, one->in.buf, sizeof(one->in.buf));

	one->in.at = one->in.end = 0;
	if (n > 0) {
		one->in.end = (size_t)n;
	} else if (n == 0 && !t->raw) {
		/* The end of input, of a terminal that keeps its own modes. */
		one->in.buf[0] = (char)one->modes.c_cc[VEOF];
		one->in.end = 1;
	}
}

static void pass_keys(struct terminals *t, struct terminal *one)
{
	const char *from = one->in.buf + one->in.at;
	ssize_t n = write(one->inner, from, one->in.end - one->in.at);

	if (n > 0) {
		one->in.at += (size_t)n;
		terminal_tell_group(t, from, (size_t)n);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		one->in.at = one->in.end;
	}
}

void terminals_copy(struct terminals *t, const struct pollfd *fds)
{
	for (size_t i = 0; i < t->count; i++) {
		struct terminal *one = &t->items[i];
		short inner = fds[2 * i].revents, outer = fds[2 * i + 1].revents;

		if (outer & POLLIN)
			take_keys(t, one);
		else if (outer & (POLLHUP | POLLERR | POLLNVAL))
			fs_autoclose(&one->outer);
		if (one->inner >= 0 && one->in.at < one->in.end)
			pass_keys(t, one);
		if (inner && one->out.at == one->out.end && one->inner >= 0)
			take(one);
		if (one->out.at < one->out.end)
			deliver(one);
	}
}

/* How long output may be held up while the command waits to go on. */
#define HELD_MS 100

/* Until the caller's terminal takes more. */
static bool wait_for(const struct terminal *one, int signals)
{
	struct pollfd fds[] = {{one->outer, POLLOUT, 0}, {signals, POLLIN, 0}};
	struct signalfd_siginfo info;

	if (poll(fds, 2, signals < 0 ? HELD_MS : -1) == 0)
		return false;
	while (fds[1].revents && read(signals, &info, sizeof(info)) > 0)
		if (info.ssi_signo == SIGINT || info.ssi_signo == SIGQUIT ||
			info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP)
			return false;
	if (fds[0].revents & (POLLHUP | POLLERR))
		return false;
	return true;
}

/* Bytes on their way at most, where somebody goes on writing. */
#define DRAIN_MAX (1u << 20)

void terminals_drain(struct terminals *t, int signals)
{
	for (size_t i = 0; i < t->count; i++) {
		struct terminal *one = &t->items[i];
		size_t total = 0;

		do {
			while (one->out.at < one->out.end) {
				deliver(one);
				if (one->out.at < one->out.end &&
					!wait_for(one, signals))
					return;
			}
			total += one->out.end;
		} while (one->inner >= 0 && total < DRAIN_MAX && take(one));
	}
}

void terminals_resize(struct terminals *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i].outer >= 0 && t->items[i].inner >= 0)
			pty_copy_size(t->items[i].outer, t->items[i].inner);
}
