/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's side of a sandbox: run.c, pass_on.c, group.c. */
#pragma once

#include "sandbox/isolation/emulate.h"
#include "sandbox/isolation/group.h"
#include "sandbox/isolation/setup.h"

struct sandbox {
	const struct isolation *iso;
	struct iso_ids ids;
	struct iso_result *out;
	pid_t pid;
	int up, down; /* our ends */
	int signals;
	sigset_t mask; /* before we blocked what is forwarded */
	sigset_t ignored;
	int interrupted; /* by this signal, during the set-up */
	bool ready, started, ended;
	struct err failure;
	struct emulator emulator;
	struct terminals terminals;
	struct own_group group;
};

/* A byte for the sandbox's first process. */
void sandbox_order(struct sandbox *b, int what);

/* pass_on.c: signals of ours, and the command's stopping. */
int sandbox_block_signals(struct sandbox *b, struct err *e);
/* Take what has come, and pass it on. */
void sandbox_pass_on(struct sandbox *b);
/* The command has stopped by this signal. */
void sandbox_stopped(struct sandbox *b, int sig);
/*
 * A signal that ended the command may still wait here: it was for the group,
 * and must not end the caller, who has yet to say how the command ended.
 */
void sandbox_discard_signals(struct sandbox *b);
