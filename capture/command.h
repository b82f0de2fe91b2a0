/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the command, as execvp(3) would. */
#pragma once

struct arena;
struct err;

/*
 * The path for execve(2), as a shell would pass it: scripts see it as $0, so a
 * relative one stays relative. NULL: e->code is ENOENT (127) or another (126).
 */
char *command_find(struct arena *a, const char *name, struct err *e);

/* The same from "/". */
char *command_absolute(struct arena *a, const char *path);
