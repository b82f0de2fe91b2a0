/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the path that a task gives to the place that the kernel will find: by
 * asking the kernel for the very task's root, working directory and
 * descriptors, never by a shadow copy of them.
 */
#pragma once

#include "capture/state.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct arena;
struct touch;
struct resolver;

/* A symbolic link that was followed, or a directory that was passed. */
struct step {
	const char *path;
	const char *target; /* NULL: a directory */
	struct state st;
};

struct place {
	/* Canonical and absolute; NULL when it is nothing with a name (a pipe,
	 * a deleted file: then there may still be `st`) or lies in /proc. */
	const char *path;
	/* The same, as this process can open it: through another mount
	 * namespace, or by the descriptor of what has no name. */
	const char *access;
	struct state st;
	const char *target; /* of a symbolic link that was meant itself */
	struct step *steps; /* links, and directories not passed before */
	size_t step_count;
	/* In a mount namespace that is not ours: it may vanish with it. */
	bool foreign;
	/* It begins in a directory that is there, but where no name leads: in
	 * a mount without a place, or below another one. */
	bool unnamed;
	/* The way led through /proc: another one for each task. */
	bool by_proc;
	/* The way goes on below `path`, which is absent or no directory: the
	 * call fails with ENOENT or ENOTDIR. */
	bool beyond;
	/* The root of a file system that a process of the run serves: what is
	 * there cannot be looked at while that process is watched. */
	const char *served;
};

struct resolver *resolver_new(void);
void resolver_free(struct resolver *r);

/* 0; -1 when the task is gone. What is absent has st.exists false, and `path`
 * is the first name on the way that does not exist. */
int resolve(struct resolver *r, pid_t tid, const struct touch *t,
	struct arena *scratch, struct place *out);

/* What a descriptor of a task refers to. */
int resolve_fd(struct resolver *r, pid_t tid, int fd, struct arena *scratch,
	struct place *out);

/* Directories or links may have changed: forget what was passed. */
void resolver_forget(struct resolver *r);
/* Every task has the file tree that this process has, but for /proc, where its
 * own numbers of processes are: isolation_enter(). */
void resolver_proc_differs(struct resolver *r);
/* From now on, ask for each task's root and mount namespace, too. */
void resolver_views_matter(struct resolver *r);
/* Does an absolute path mean the same for every task? */
bool resolver_one_view(const struct resolver *r);
