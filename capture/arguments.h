/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments and the environment that a task gives to execve(2). */
#pragma once

#include "manifests/model.h"
#include <stdint.h>

struct arena;
struct call;

/*
 * From the addresses of the two arrays in the task's memory. NULL is an empty
 * array (execve(2), Linux only); what cannot be read ends a list, as it makes
 * the call fail.
 */
void arguments_read(const struct call *c, uint64_t argv, uint64_t envp,
	struct arena *a, struct strlist *arguments, struct strlist *environment);
