/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that resolve paths; nobody else includes this. */
#pragma once

#include "base/strbuf.h"
#include "capture/resolve.h"

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

/* How one task sees the tree. */
struct view {
	const char *root;   /* "" or the path at which "/" is */
	const char *prefix; /* "", or "/proc/TID/root" of another namespace */
	const char *behind; /* "" or the path that the prefix stands for */
	bool cached;        /* the remembered directories hold */
};

struct walk {
	struct resolver *r;
	struct arena *a;
	struct view view;
	pid_t tid;
	struct place *out;
	struct strbuf cur;  /* canonical so far, "" is the root */
	struct strbuf rest; /* still to walk */
	bool nofollow;
	int links;
};

/* The next component of `rest`; NULL at its end. `last` when none follows. */
char *walk_next(struct walk *w, bool *last);
/* Continue with `target` in place of the component. */
void walk_into(struct walk *w, const char *target);
/* Is it in a file system that the run serves, and not to be asked about? Then
 * the walk is over: out->served is `path`. */
bool walk_is_served(
	struct walk *w, int dirfd, const char *access, const char *path);
/* As this process can open it. */
const char *walk_access(struct walk *w, const char *path);
/* The same of /proc/NUMBER, by the task's own numbers. */
const char *walk_process(struct walk *w, const char *number);
/* A descriptor may be of a file outside of the task's tree, whose name is
 * another file's there. */
bool walk_doubts_names(const struct walk *w);

/*
 * The magic links below /proc/PID: fd/N, cwd, root, exe, task/TID/fd/N. They
 * lead to an object and not to a name, but the kernel tells the object's name.
 * Everything else in /proc is the kernel's and is not recorded. True: go on
 * walking.
 */
bool walk_proc(struct walk *w, const char *first);

/*
 * The name of the directory that a path begins at. One that was removed has
 * none, but the way up from it still leads somewhere: *path goes on there.
 * NULL: nothing can be found, or out->unnamed, or out->served.
 */
const char *walk_begin(struct walk *w, int dirfd, const char **path);
