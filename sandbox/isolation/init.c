// SPDX-License-Identifier: Apache-2.0
/*
 * PID 1 of the sandbox: starts the command as PID 2, reaps what it leaves,
 * passes signals in and the status out. The command is never PID 1 itself: a
 * traced init that takes a real SIGSEGV never dies. When this process ends,
 * for whatever reason, the kernel kills all others in the namespace.
 */
#include "base/fs.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* All but the pipes and the standard streams: a directory of the host that
 * stays open would be a way out of the root (CVE-2024-21626). */
int step_fds(struct setup *s, struct err *e)
{
	unsigned low = (unsigned)(s->up < s->down ? s->up : s->down);
	unsigned high = (unsigned)(s->up < s->down ? s->down : s->up);

	if (!guard_on(s->iso, "fds"))
		return 0;
	if ((low > 3 && close_range(3, low - 1, 0) < 0) ||
		(high > low + 1 && close_range(low + 1, high - 1, 0) < 0) ||
		close_range(high + 1, ~0u, 0) < 0)
		return err_sys(e, "cannot close the inherited descriptors");
	return 0;
}

static _Noreturn void fail(struct setup *s, const struct err *e)
{
	struct msg m = {.kind = MSG_FAILED, .e = *e};

	setup_send(s, &m);
	_exit(125);
}

/* The command's process; e is filled when it did not get to its exec. */
static pid_t start(struct setup *s, struct err *e)
{
	int ends[2];
	struct err failure;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return err_sys(e, "init: cannot fork");
	if (pid == 0) {
		close(ends[0]);
		command_main(s, ends[1]);
	}
	close(ends[1]);
	n = fs_read_all(ends[0], &failure, sizeof(failure));
	close(ends[0]);
	if (n == 0)
		return pid;
	*e = failure;
	return -1;
}

/* Reap all that ended; when the command did, tell and end. */
static void reap(struct setup *s, pid_t command)
{
	struct msg m = {.kind = MSG_EXITED};
	pid_t pid;

	while ((pid = wait4(-1, &m.status, WNOHANG, &m.usage)) > 0) {
		if (pid != command)
			continue;
		setup_send(s, &m);
		_exit(0);
	}
}

_Noreturn void init_main(struct setup *s)
{
	const struct msg ready = {.kind = MSG_READY};
	const struct msg started = {.kind = MSG_STARTED};
	struct err e = ERR_INIT;
	struct pollfd fds[2];
	sigset_t child;
	pid_t command;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	fds[0] = (struct pollfd){s->down, POLLIN, 0};
	fds[1] = (struct pollfd){signalfd(-1, &child, SFD_CLOEXEC), POLLIN, 0};
	setup_send(s, &ready);
	command = start(s, &e);
	if (command < 0)
		fail(s, &e);
	setup_send(s, &started);
	for (;;) {
		struct signalfd_siginfo info;
		unsigned char sig;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(125);
		if (fds[1].revents && read(fds[1].fd, &info, sizeof(info)) > 0)
			reap(s, command);
		if (!fds[0].revents)
			continue;
		if (read(s->down, &sig, 1) != 1)
			_exit(125); /* the caller is gone */
		kill(command, sig);
	}
}
