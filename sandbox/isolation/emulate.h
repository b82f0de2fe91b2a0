/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that tell of processors and memory, answered as the record says
 * (struct iso_emulation) by seccomp user notification: a filter in the command,
 * and the caller of isolation_run() that answers. They are rare calls, and what
 * they tell guards nothing: that their memory can change meanwhile is harmless.
 */
#pragma once

#include "sandbox/isolation/isolation.h"
#include <linux/seccomp.h>

/* In the command's process, with no_new_privs. A listener; -1 with errno, as
 * under another listener (EBUSY). */
int emulate_filter(const struct iso_emulation *what);

/* A task's choice of processors that this host's cannot tell. */
struct emulated_choice {
	pid_t tid;
	cpu_set_t shown, real;
};

struct emulator {
	const struct iso_emulation *what;
	int listener; /* -1: none */
	pid_t init;   /* that the sandbox knows as 1, by our number */
	/* Several processors are one of this host's: see emulate_cpus.c. */
	bool shared;
	struct emulated_choice *choices;
	size_t choice_count;
};

void emulator_init(struct emulator *em, const struct iso_emulation *what);
void emulator_release(struct emulator *em);
/* Take one call and answer it; when none can come any more, close up. */
void emulator_answer(struct emulator *em);

/* Between the two files. What a call returns, negative: an errno; or: */
#define EMULATE_NOT (-4096) /* let the kernel answer */
int emulate_getaffinity(struct emulator *em, const struct seccomp_notif *n);
int emulate_setaffinity(struct emulator *em, const struct seccomp_notif *n);

/* Is the call still to be answered? Then the numbers of its task are its own. */
bool emulate_waits(const struct emulator *em, const struct seccomp_notif *n);
/* The task's memory; 0, or what the call then returns. */
int emulate_read(const struct emulator *em, const struct seccomp_notif *n,
	uint64_t addr, void *buf, size_t size);
int emulate_write(const struct emulator *em, const struct seccomp_notif *n,
	uint64_t addr, const void *buf, size_t size);
