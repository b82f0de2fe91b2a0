// SPDX-License-Identifier: Apache-2.0
/*
 * Somebody who gives the caller's terminal its mode back when we cannot: a
 * process that waits for our end, also by SIGKILL.
 */
#include "base/fs.h"
#include "sandbox/isolation/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct mode {
	struct termios before, ours;
};

static _Noreturn void guard(int pipe, int terminal)
{
	struct mode last, now;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool any = false;

	/* What is sent to our group and session is not for it. */
	setsid();
	dup2(null, STDERR_FILENO);
	/* Both may be in the other's place. */
	pipe = fcntl(pipe, F_DUPFD_CLOEXEC, 5);
	terminal = fcntl(terminal, F_DUPFD_CLOEXEC, 5);
	dup2(pipe, 3);
	dup2(terminal, 4);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close_range(5, ~0u, 0);
	if (chdir("/") < 0)
		_exit(1);
	while (fs_read_all(3, &now, sizeof(now)) == sizeof(now)) {
		last = now;
		any = true;
	}
	/* Unless somebody has set another one since. */
	if (any && tcgetattr(4, &now.ours) == 0 &&
		terminal_same_mode(&now.ours, &last.ours))
		tcsetattr(4, TCSANOW, &last.before);
	_exit(0);
}

void terminal_guard(struct terminals *t)
{
	const struct mode m = {t->before, t->ours};
	int ends[2];

	if (t->guard == 0) {
		if (pipe2(ends, O_CLOEXEC) < 0)
			return;
		t->guard = fork();
		if (t->guard == 0) {
			close(ends[1]);
			guard(ends[0], t->items[0].outer);
		}
		close(ends[0]);
		t->guard_pipe = ends[1];
	}
	if (t->guard > 0)
		(void)!fs_write_all(t->guard_pipe, &m, sizeof(m));
}

void terminal_guard_end(struct terminals *t)
{
	if (t->guard <= 0)
		return;
	fs_autoclose(&t->guard_pipe);
	/* Others, forked since, may have the pipe, too. */
	kill(t->guard, SIGKILL);
	while (waitpid(t->guard, NULL, 0) < 0 && errno == EINTR)
		;
	t->guard = 0;
}
