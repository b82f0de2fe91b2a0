/* SPDX-License-Identifier: Apache-2.0 */
/* File systems that a process of the run serves. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct served;

/* What is mounted now is served by nobody of the run. */
struct served *served_new(void);
void served_free(struct served *s);
/* Mounts may have changed. */
void served_forget(struct served *s);

/*
 * Does what a task finds at `path` (or is `dirfd`, when it is empty) lie in
 * such a file system? The directory that it is in must not. Never waits.
 */
bool served_has(struct served *s, pid_t tid, int dirfd, const char *path);
