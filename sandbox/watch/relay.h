/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relays: what a command writes to a descriptor goes on to where the caller
 * sent it and, a copy, to a log. The command has a pipe in the place of a
 * pipe, and a terminal in the place of a terminal.
 *
 * A relay is a process of its own, so that a slow reader of one stream holds
 * nothing else up; it ends when nobody can write any more, after the caller if
 * the command left something running. The keeper starts it and starts another
 * one if it is killed: the bytes on their way lie in memory that both share.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct relay;

/* In the relay's process: keep what was delivered. 0, or -1 with errno: then
 * the rest is delivered only. */
typedef int relay_keep(int log, const char *p, size_t n, void *arg);

struct relay_spec {
	/* The command's descriptors, the same thing to the caller. */
	int fds[2];
	size_t fd_count;
	bool terminal;
	int log; /* for `keep`; stays the caller's */
	relay_keep *keep;
	void *arg;
};

/* -1 also where there are no pseudo-terminals. */
struct relay *relay_new(const struct relay_spec *spec, struct err *e);
void relay_free(struct relay *r);

/* The keeper. */
int relay_start(struct relay *r, struct err *e);
/* A child of the keeper's has ended: is it this one? It may be replaced. */
bool relay_ended(struct relay *r, pid_t pid, int status);
pid_t relay_pid(const struct relay *r);
/* The end: wait for a relay that has nothing more to do. */
void relay_reap(struct relay *r);
/* The caller's terminal has another size. */
void relay_resize(const struct relay *r);

/* The command's process, before execve. */
void relay_attach(const struct relay *r);
/* Give up what only the command and the relay may hold. */
void relay_let_go(struct relay *r, bool keeper);

/*
 * Once the command has ended: have everything that it wrote delivered and
 * kept; what others write later is delivered only. Ask until it is done.
 */
void relay_flush(struct relay *r);
bool relay_flushed(const struct relay *r);
/* Wait until what was written so far is delivered; not long, in case that the
 * caller's terminal is held. */
void relay_sync(const struct relay *r);
/* Why `keep` was given up, an errno; 0. */
int relay_error(const struct relay *r);

/* A terminal's relay: the caller's terminal, and the device that the command
 * has in its place; else -1. */
int relay_terminal(const struct relay *r, dev_t *device);
