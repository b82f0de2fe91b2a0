/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries that few commands need, loaded when one does: linked, they and
 * what they need would cost every start of the program milliseconds.
 */
#pragma once

#include <stddef.h>

struct err;

/* A function of the library, and the pointer that gets its address. */
struct library_call {
	const char *name;
	void *to;
};

/* dlopen(3) by SONAME, and every one of the calls; never unloaded. */
int library_load(const char *soname, const struct library_call *calls, size_t n,
	struct err *e);
