/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments and the environment that a task gives to execve(2). */
#pragma once

#include "manifests/model.h"
#include <stdint.h>

struct arena;
struct call;

/*
 * From the addresses of the two arrays in the task's memory. NULL is an empty
 * array (execve(2), Linux only). -1 when they cannot be read or are too large:
 * then execve(2) will fail with EFAULT or E2BIG.
 */
int arguments_read(const struct call *c, uint64_t argv, uint64_t envp,
	struct arena *a, struct strlist *arguments, struct strlist *environment);
