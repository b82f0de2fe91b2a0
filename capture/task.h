/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc says about one task. */
#pragma once

#include <sys/types.h>

struct arena;

/* The target of /proc/TID/WHAT, or NULL with errno. */
char *task_link(struct arena *a, pid_t tid, const char *what);

/*
 * The absolute name, from this process's root, of the task's working directory
 * (AT_FDCWD) or of a descriptor, however long. NULL: it has none.
 */
char *task_directory(struct arena *a, pid_t tid, int dirfd);
