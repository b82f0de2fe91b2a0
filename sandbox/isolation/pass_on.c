// SPDX-License-Identifier: Apache-2.0
/* Signals that came to the caller, on to the command; and its stopping. */
#include "base/fs.h"
#include "sandbox/isolation/caller.h"

#include <sys/signalfd.h>
#include <unistd.h>

const int signals_passed[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, 0};

/* Of a terminal, where the command has another one. SIGTTOU would stop us when
 * we write, or set modes, from the background. */
static const int signals_of_terminals[] = {
	SIGTSTP, SIGCONT, SIGWINCH, SIGTTIN, SIGTTOU, 0};

/* EPIPE: it has just ended. */
void sandbox_order(struct sandbox *b, int what)
{
	const unsigned char byte = (unsigned char)what;

	(void)!fs_write_all(b->down, &byte, 1);
}

int sandbox_block_signals(struct sandbox *b, struct err *e)
{
	struct sigaction is;
	sigset_t set;

	sigemptyset(&set);
	sigemptyset(&b->ignored);
	for (const int *sig = signals_passed; *sig; sig++) {
		sigaddset(&set, *sig);
		if (sigaction(*sig, NULL, &is) == 0 && is.sa_handler == SIG_IGN)
			sigaddset(&b->ignored, *sig);
	}
	for (const int *sig = signals_of_terminals; *sig && b->terminals.count;
		sig++)
		sigaddset(&set, *sig);
	if (sigprocmask(SIG_BLOCK, &set, &b->mask) < 0)
		return err_sys(e, "cannot block signals");
	b->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (b->signals < 0)
		return err_sys(e, "cannot watch for signals");
	return 0;
}

/* The command goes on, in the foreground of its terminal or not. */
static void go_on(struct sandbox *b, bool waits)
{
	struct terminals *t = &b->terminals;

	/* In the mode that it was written for. */
	terminals_drain(t, -1);
	terminals_resize(t);
	terminal_decide(t);
	sandbox_order(b, t->granted || waits ? TO_FOREGROUND : TO_BACKGROUND);
	sandbox_order(b, SIGCONT | TO_GROUP);
}

/*
 * The command has stopped: when it was for reading or setting its terminal, it
 * goes on where we may; else we stop, too, since the shell waits for us.
 */
void sandbox_stopped(struct sandbox *b, int sig)
{
	struct terminals *t = &b->terminals;

	bool asks = !t->granted && (sig == SIGTTIN || sig == SIGTTOU);

	t->wanted |= asks;
	if (!asks || !terminal_in_foreground(t)) {
		terminals_drain(t, -1);
		if (terminal_stop(t, sig))
			return; /* SIGCONT waits in line */
	}
	/* In a background that nobody brings forward it waits for ever. */
	go_on(b, asks);
}

static bool is_of_terminals(int sig)
{
	const int *s = signals_of_terminals;

	while (*s && *s != sig)
		s++;
	return *s;
}

static void forward_of_terminal(struct sandbox *b, int sig)
{
	struct terminals *t = &b->terminals;

	if (sig == SIGCONT)
		go_on(b, false);
	if (sig == SIGWINCH)
		terminals_resize(t);
	/* In the background of its terminal it gets nothing from that. */
	if (sig == SIGTSTP || (sig == SIGWINCH && !t->granted))
		sandbox_order(b, sig | TO_GROUP);
}

void sandbox_pass_on(struct sandbox *b)
{
	const bool own = b->terminals.count;
	struct signalfd_siginfo info;

	while (read(b->signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;

		if (is_of_terminals(sig)) {
			if (b->ready)
				forward_of_terminal(b, sig);
			else if (sig == SIGTSTP)
				terminal_stop(&b->terminals, sig);
		} else if (!b->ready) {
			if (sigismember(&b->ignored, sig))
				continue; /* under nohup(1) */
			b->interrupted = sig;
			kill(b->pid, SIGKILL);
		} else if (info.ssi_code != SI_KERNEL) {
			/* Not what we tell our own group. */
			if ((pid_t)info.ssi_pid != getpid())
				sandbox_order(b, sig);
		} else if (own) {
			sandbox_order(b, sig | TO_GROUP);
		}
	}
}

void sandbox_discard_signals(struct sandbox *b)
{
	struct signalfd_siginfo info;

	while (read(b->signals, &info, sizeof(info)) == sizeof(info))
		;
}
