// SPDX-License-Identifier: Apache-2.0
/* Making the command's terminal, in the sandbox. */
#include "base/fs.h"
#include "base/packet.h"
#include "base/pty.h"
#include "sandbox/isolation/setup.h"
#include "sandbox/isolation/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* As the caller's, but that what is processed there is not here. */
static int set_modes(const struct terminals *t, size_t which, int fd)
{
	const struct terminal *one = &t->items[which];
	struct termios modes = one->modes;

	if (which || t->plain)
		modes.c_oflag &= ~(tcflag_t)OPOST;
	if (which || !t->job)
		modes.c_lflag &= ~(tcflag_t)ECHO;
	pty_copy_size(one->outer, fd);
	return tcsetattr(fd, TCSANOW, &modes);
}

static int replace(
	struct setup *s, const struct terminals *t, size_t which, struct err *e)
{
	const struct msg m = {.kind = MSG_TERMINAL, .status = (int)which};
	autoclose int master = -1, fd = -1;

	if (pty_open("/dev/ptmx", &master, &fd) < 0 || set_modes(t, which, fd) < 0)
		return err_sys(e, "cannot make a pseudo-terminal");
	for (int i = 0; i < 3; i++)
		if (t->items[which].streams >> i & 1 && dup2(fd, i) < 0)
			return err_sys(e, "cannot replace descriptor %d", i);
	if (which == 0) {
		if (setsid() < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
			return err_sys(e, "cannot make a session");
		s->tty = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (s->tty < 0)
			return err_sys(e, "cannot keep a pseudo-terminal");
	}
	if (packet_send(s->up, &m, sizeof(m), master) < 0)
		return err_sys(e, "cannot hand a pseudo-terminal over");
	return 0;
}

/* With the ids that the command has: its terminal belongs to them. */
int step_terminal(struct setup *s, struct err *e)
{
	const struct terminals *t = s->terminals;

	for (size_t i = 0; i < t->count; i++)
		if (replace(s, t, i, e) < 0)
			return -1;
	return 0;
}

/* A process group of its own, which the session's terminal knows. */
int step_process_group(struct setup *s, struct err *e)
{
	if (s->tty < 0)
		return 0;
	if (setpgid(0, 0) < 0 ||
		(s->terminals->granted && tcsetpgrp(s->tty, getpid()) < 0))
		return err_sys(e, "cannot have the terminal");
	return 0;
}
