/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter made from a table of calls, and its inverse. */
#pragma once

#include "sandbox/watch/watch.h"
#include <linux/filter.h>
#include <stdint.h>

struct err;

#define FILTER_NUMBERS 1024

struct filter {
	struct sock_fprog prog; /* instructions are malloc'ed */
	int16_t spec[WATCH_ARCHES][FILTER_NUMBERS];
	int exec[WATCH_ARCHES][2]; /* numbers of execve and execveat */
};

/*
 * Calls of the table stop, every other call that is known runs freely, and a
 * number that is not known stops, too. `action` is SCMP_ACT_NOTIFY or
 * SCMP_ACT_TRACE(0).
 */
int filter_build(struct filter *f, const struct call_spec *calls, size_t n,
	uint32_t action, struct err *e);
void filter_release(struct filter *f);

/* Index into the table, FILTER_FREE (known, not in the table) or
 * WATCH_UNKNOWN. */
#define FILTER_FREE (-2)
int filter_lookup(const struct filter *f, enum watch_arch arch, int nr);
bool filter_is_exec(const struct filter *f, enum watch_arch arch, int nr);
