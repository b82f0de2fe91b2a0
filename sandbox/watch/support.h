/* SPDX-License-Identifier: Apache-2.0 */
/* What of watching works here, and which engine that makes. */
#pragma once

#include "sandbox/watch/watch.h"

/* Errors are errno values; 0 works, WATCH_UNTRIED was not needed. */
#define WATCH_UNTRIED (-1)

struct watch_support {
	/* A watch of this program stands above this process and records it. */
	bool captured;
	/* ENOENT: there is no /proc; EXDEV: it is another PID namespace's. */
	int proc;
	/* Reading a child's memory; both engines need it. */
	int memory;
	/* A seccomp listener and letting a call through, kernel 5.5; EBUSY: a
	 * listener stands above this process. */
	int notify;
	/* Stopping a call by seccomp and asking what it is, kernel 5.3; EBUSY:
	 * a listener above takes the calls first. */
	int ptrace;
	/* A kernel before 5.19: signals interrupt a call that was received. */
	bool interrupts;
	int yama;   /* kernel.yama.ptrace_scope; -1: none */
	int tracer; /* pid of this process's tracer, 0: none */
};

/* Try it out, in children. Ptrace only if `asked` leads to it, or `all`. */
void watch_support_probe(
	struct watch_support *s, enum watch_backend asked, bool all);

struct watch_refusal {
	char detail[240];
	char remedy[240];
};

/*
 * Pure: the engine for what was asked for; BACKEND_AUTO becomes one of the
 * two. -1 and why when none works (or the one asked for does not).
 */
int watch_decide(const struct watch_support *s, enum watch_backend *backend,
	struct watch_refusal *why);

/* The same, with the reason and the remedy as an error. */
int watch_choose(const struct watch_support *s, enum watch_backend *backend,
	struct err *e);

/* Why one engine, or what both need, does not work; false when it does. */
bool watch_explain_common(
	const struct watch_support *s, struct watch_refusal *why);
bool watch_explain_notify(
	const struct watch_support *s, struct watch_refusal *why);
bool watch_explain_ptrace(
	const struct watch_support *s, struct watch_refusal *why);
