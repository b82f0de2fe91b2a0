/* SPDX-License-Identifier: Apache-2.0 */
/* The same work in several threads, and nothing left of them afterwards. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define THREADS_MAX 8

/* As many as this process has CPUs, for `items` that are to be shared. */
size_t threads_for(size_t items);

/*
 * Calls work(arg, n) in `count` threads, with n from 0; this one, which is 0,
 * is one of them, and does it all where no other can be made. When it returns
 * the process has one thread again for the kernel, too: unshare(2) of a user
 * namespace needs that.
 */
void threads_run(size_t count, void (*work)(void *arg, size_t n), void *arg);

/*
 * Call `each` once for each i below `count`, in any order, in as many threads.
 * `words` and the number done are shown on a terminal when that takes long
 * ("storing file"; see progress.h); NULL: nothing is.
 */
void threads_each(size_t count, const char *words,
	void (*each)(void *arg, size_t i), void *arg);
