// SPDX-License-Identifier: Apache-2.0
/* The caller's terminal while the command uses its own: modes, job control. */
#include "sandbox/isolation/terminal.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

bool terminal_in_foreground(const struct terminals *t)
{
	return t->job && t->items[0].outer >= 0 &&
	       tcgetpgrp(t->items[0].outer) == getpgrp();
}

/* One that is not our controlling terminal stays in its own modes: others can
 * be reading there. */
bool terminal_is_read(const struct terminals *t)
{
	return t->granted && (t->job ? terminal_in_foreground(t) : t->keys);
}

bool terminal_same_mode(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

/* A mode that was left by us, as after a SIGSTOP, is none to go back to. */
static void enter(struct terminals *t)
{
	struct termios now;

	if (tcgetattr(t->items[0].outer, &now) < 0)
		return;
	if (!t->raw || !terminal_same_mode(&now, &t->ours))
		t->before = now;
	t->ours = t->before;
	cfmakeraw(&t->ours);
	tcsetattr(t->items[0].outer, TCSANOW, &t->ours);
	/* As the kernel has it, which knows not every flag. */
	tcgetattr(t->items[0].outer, &t->ours);
	t->raw = true;
	terminal_guard(t);
}

void terminal_leave(struct terminals *t)
{
	/* In the background it is the shell's, which has set its own. */
	if (t->raw && terminal_in_foreground(t))
		tcsetattr(t->items[0].outer, TCSANOW, &t->before);
	t->raw = false;
}

/* Output is processed once: by the command's terminal while the caller's is in
 * raw mode, else by the caller's. */
static void set_plain(struct terminals *t, bool plain)
{
	const struct terminal *one = &t->items[0];
	struct termios inner;

	if (t->plain == plain || one->inner < 0 ||
		tcgetattr(one->inner, &inner) < 0)
		return;
	inner.c_oflag &= ~(tcflag_t)OPOST;
	if (!plain)
		inner.c_oflag |= one->modes.c_oflag & OPOST;
	tcsetattr(one->inner, TCSANOW, &inner);
	t->plain = plain;
}

void terminal_decide(struct terminals *t)
{
	bool read;

	if (!t->job)
		return;
	if (!terminal_in_foreground(t))
		t->granted = false;
	else if (t->eager || t->wanted)
		t->granted = true;
	read = terminal_is_read(t);
	set_plain(t, !read);
	if (read)
		enter(t);
	else
		terminal_leave(t);
}

bool terminal_stop(struct terminals *t, int sig)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL}, before;
	sigset_t one, mask, pending;
	/* SIGSTOP comes from no key. */
	bool all = t->job && sig != SIGSTOP;

	terminal_leave(t);
	sigemptyset(&one);
	sigaddset(&one, sig);
	sigaction(sig, &dfl, &before);
	sigprocmask(SIG_UNBLOCK, &one, &mask);
	kill(all ? 0 : getpid(), sig);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(sig, &before, NULL);
	sigpending(&pending);
	return sigismember(&pending, SIGCONT);
}

void terminal_tell_group(const struct terminals *t, const char *p, size_t n)
{
	struct termios inner;

	if (!t->raw || tcgetattr(t->items[0].inner, &inner) < 0 ||
		!(inner.c_lflag & ISIG))
		return;
	/* SIGTSTP waits for the command's stopping. */
	for (size_t i = 0; i < n; i++)
		if ((cc_t)p[i] == inner.c_cc[VINTR])
			kill(0, SIGINT);
		else if ((cc_t)p[i] == inner.c_cc[VQUIT])
			kill(0, SIGQUIT);
}
