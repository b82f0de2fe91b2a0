// SPDX-License-Identifier: Apache-2.0
/*
 * PID 1 of the sandbox: starts the command as PID 2, reaps what it leaves,
 * passes signals in and the status out. The command is never PID 1 itself: a
 * traced init that takes a real SIGSEGV never dies. When this process ends,
 * for whatever reason, the kernel kills all others in the namespace.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The caller's streams; where it had closed one, a descriptor of ours can have
 * its number, and ends at the exec. */
static int check_streams(struct err *e)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++)
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) &&
			!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			return err_set(e,
				"descriptor %d is a directory: it would lead "
				"out of the sandbox",
				fd);
	return 0;
}

/* All but what init needs and the standard streams: a directory of the host
 * that stays open would be a way out of the root (CVE-2024-21626). */
int step_fds(struct setup *s, struct err *e)
{
	const int kept[] = {s->up, s->down, s->tty};
	unsigned next = 3;

	if (!guard_on(s->iso, "fds"))
		return 0;
	if (check_streams(e) < 0)
		return -1;
	for (;;) {
		unsigned keep = ~0u; /* the lowest of them from here on */

		for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
			if (kept[i] >= (int)next && (unsigned)kept[i] < keep)
				keep = (unsigned)kept[i];
		if (next < keep &&
			close_range(next, keep == ~0u ? keep : keep - 1, 0) < 0)
			return err_sys(
				e, "cannot close the inherited descriptors");
		if (keep == ~0u)
			return 0;
		next = keep + 1;
	}
}

static _Noreturn void fail(struct setup *s, const struct err *e)
{
	struct msg m = {.kind = MSG_FAILED, .e = *e};

	setup_send(s, &m);
	_exit(125);
}

struct init {
	struct setup *s;
	int signals; /* CHLD and those that are passed on, all blocked */
	pid_t command;
	/* When one came to us that the caller has not told of; else 0. */
	int64_t came[NSIG]; /* monotonic milliseconds */
};

/* How long a sender to every process of a group may take from the caller to
 * us before its signal counts as meant for the caller. */
#define GROUP_SIGNAL_MS 100

static int watch_signals(struct init *in, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (const int *sig = signals_passed; *sig; sig++)
		sigaddset(&set, *sig);
	in->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return in->signals < 0 ? err_sys(e, "init: cannot watch for signals") : 0;
}

/* The terminal's do not count: the caller does not tell of them. */
static void note_signals(struct init *in)
{
	struct signalfd_siginfo info;

	while (read(in->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_code <= 0 && info.ssi_signo < NSIG)
			in->came[info.ssi_signo] = clock_ms();
}

/* The command's process; e is filled when it did not get to its exec. */
static pid_t start(struct init *in, struct err *e)
{
	int ends[2];
	struct err failure;
	ssize_t n;
	pid_t pid;

	if (watch_signals(in, e) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "init: cannot make a pipe");
	/* What came so far, the command will not have got. */
	note_signals(in);
	memset(in->came, 0, sizeof(in->came));
	pid = fork();
	if (pid < 0)
		return err_sys(e, "init: cannot fork");
	if (pid == 0) {
		close(ends[0]);
		command_main(in->s, ends[1]);
	}
	close(ends[1]);
	n = fs_read_all(ends[0], &failure, sizeof(failure));
	close(ends[0]);
	if (n == 0)
		return pid;
	*e = failure;
	return -1;
}

/* Reap all that ended; when the command did, tell and end. Where it has a
 * terminal of its own, the caller's shell does not see that it stops. */
static void reap(struct init *in)
{
	int options = WNOHANG | (in->s->tty >= 0 ? WUNTRACED : 0);
	struct msg m = {.kind = MSG_EXITED};
	pid_t pid;

	while ((pid = wait4(-1, &m.status, options, &m.usage)) > 0) {
		if (pid != in->command)
			continue;
		if (WIFSTOPPED(m.status)) {
			struct msg stopped = {.kind = MSG_STOPPED,
				.status = WSTOPSIG(m.status)};

			setup_send(in->s, &stopped);
			continue;
		}
		setup_send(in->s, &m);
		_exit(0);
	}
}

/*
 * A signal to the whole process group comes to the caller, to us and, from the
 * kernel, to the command; one to the caller alone does not come to us.
 */
static bool came_to_all(struct init *in, int sig)
{
	int64_t end = clock_ms() + GROUP_SIGNAL_MS, left;
	struct pollfd fd = {in->signals, POLLIN, 0};
	bool came;

	for (;;) {
		note_signals(in);
		came = in->came[sig] &&
		       clock_ms() - in->came[sig] <= GROUP_SIGNAL_MS;
		left = end - clock_ms();
		if (came || left <= 0)
			break;
		poll(&fd, 1, (int)left);
	}
	in->came[sig] = 0;
	return came;
}

static void obey(struct init *in, unsigned char order)
{
	int sig = order & ~TO_GROUP;

	if (order == TO_FOREGROUND)
		tcsetpgrp(in->s->tty, in->command);
	else if (order == TO_BACKGROUND)
		tcsetpgrp(in->s->tty, getpgrp());
	else if (order & TO_GROUP)
		kill(-in->command, sig);
	/* With a session of its own, we are not in the caller's group. */
	else if (in->s->tty >= 0 || !came_to_all(in, sig))
		kill(in->command, sig);
}

_Noreturn void init_main(struct setup *s)
{
	const struct msg ready = {.kind = MSG_READY};
	const struct msg started = {.kind = MSG_STARTED};
	struct init in = {.s = s, .signals = -1};
	struct err e = ERR_INIT;
	struct pollfd fds[2];

	setup_send(s, &ready);
	in.command = start(&in, &e);
	if (in.command < 0)
		fail(s, &e);
	setup_send(s, &started);
	fds[0] = (struct pollfd){s->down, POLLIN, 0};
	fds[1] = (struct pollfd){in.signals, POLLIN, 0};
	for (;;) {
		unsigned char order;

		/* First: SIGCHLD may have been read in between. */
		reap(&in);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(125);
		note_signals(&in);
		if (!fds[0].revents)
			continue;
		if (read(s->down, &order, 1) != 1)
			_exit(125); /* the caller is gone */
		obey(&in, order);
	}
}
