/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command has a terminal of its own in the place of the caller's: a
 * pseudo-terminal of the sandbox's /dev/pts, which is its controlling one. What
 * it writes there is copied to the caller's, and keys the other way, so that it
 * can neither push input into the caller's terminal nor change its modes.
 *
 * While the command may read keys, the caller's terminal is in raw mode and the
 * command's own does what terminals do with them. It may at once when standard
 * input is the terminal and no standard stream is a pipe, behind which another
 * program could read keys, too (`| less`). Otherwise its process group begins
 * in the background of its own terminal: when it reads, it is stopped by
 * SIGTTIN, the caller hears of it, and it goes on in the foreground.
 *
 *	terminal.c         the caller's side: what is a terminal, copying
 *	terminal_job.c     modes of the caller's terminal, job control
 *	terminal_guard.c   the same, if we are killed
 *	terminal_set_up.c  making the command's
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct isolation;

/* One terminal of the caller's, and the one that stands for it. */
struct terminal {
	unsigned streams; /* bit n: standard stream n is it */
	dev_t device;
	int outer;            /* the caller's, or -1: it is gone */
	int inner;            /* master of the command's, or -1 */
	struct termios modes; /* the caller's at the beginning */
	struct {
		size_t at, end;
		char buf[4096];
	} out, in;
};

#define TERMINALS 3

/* The first one is the command's controlling terminal; others (2>/dev/pts/7)
 * are written to only. */
struct terminals {
	struct terminal items[TERMINALS];
	size_t count;
	bool keys;    /* standard input is the first one */
	bool job;     /* it is the caller's controlling terminal, too */
	bool eager;   /* the command may read whenever we are in foreground */
	bool wanted;  /* it has tried to read */
	bool granted; /* it is in the foreground of its own terminal */
	bool plain; /* its output is not processed there, but by the caller's */
	bool raw;   /* the caller's terminal is in our mode, */
	struct termios before, ours; /* and was in this one */
	pid_t guard;                 /* > 0: knows both, by guard_pipe */
	int guard_pipe;
};

/* count 0: the caller has no terminal. */
void terminals_find(struct terminals *t, const struct isolation *iso);
void terminals_release(struct terminals *t);
/* In a process that was forked meanwhile: close, and change nothing. */
void terminals_let_go(struct terminals *t);

/* What to wait for, and what then to do; 2 * t->count of them. */
size_t terminals_poll(struct terminals *t, struct pollfd *fds);
void terminals_copy(struct terminals *t, const struct pollfd *fds);
/*
 * Deliver all that was written until now. A signal that ends programs, to be
 * read from `signals`, is the end of the attempt; with -1, a terminal that is
 * held up is: the rest waits.
 */
void terminals_drain(struct terminals *t, int signals);
/* The caller's windows have other sizes. */
void terminals_resize(struct terminals *t);

/* terminal_job.c, about the first one. */
bool terminal_in_foreground(const struct terminals *t);
bool terminal_is_read(const struct terminals *t);
bool terminal_same_mode(const struct termios *a, const struct termios *b);
/* Who may read keys now? Sets the modes accordingly. */
void terminal_decide(struct terminals *t);
/* The caller's terminal as it was. */
void terminal_leave(struct terminals *t);
/*
 * Stop as the command did, by this signal, with the caller's process group
 * where the terminal would have stopped that. False: nobody continued us, since
 * nobody is there who would.
 */
bool terminal_stop(struct terminals *t, int sig);
/* These keys were passed on: the rest of the caller's process group gets what
 * the terminal would have sent it for them. */
void terminal_tell_group(const struct terminals *t, const char *p, size_t n);

/* terminal_guard.c: to be told of each mode of ours. */
void terminal_guard(struct terminals *t);
void terminal_guard_end(struct terminals *t);
