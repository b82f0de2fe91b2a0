/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control group for one sandbox, version 2: cgroups(7) and the kernel's
 * Documentation/admin-guide/cgroup-v2.rst. It is a child of the caller's own
 * group, which must be the caller's to change ("delegation"). Groups with
 * processes in them cannot have limited children, the topmost one aside: so the
 * caller must be alone in its own, and goes into a child, too, meanwhile.
 *
 * A group is locked as long as its replay lives; what a killed one left is
 * removed by the next.
 */
#pragma once

#include "sandbox/isolation/isolation.h"

struct err;

struct own_group {
	int own;    /* directory of the caller's group, or -1: none */
	int dir;    /* the sandbox's, locked */
	int caller; /* where the caller is meanwhile, locked, or -1 */
	char name[32], caller_name[32];
	unsigned enabled; /* controllers that we enabled for children */
};

#define GROUP_INIT                                 \
	{                                          \
		.own = -1, .dir = -1, .caller = -1 \
	}

/*
 * With the limits of iso->group. 0 also where no group can be made: then
 * group->own is -1, which host_support_group() explains.
 */
int group_make(struct own_group *g, const struct isolation *iso, struct err *e);
/* The process, with those that it makes from now on. */
int group_enter(const struct own_group *g, pid_t pid, struct err *e);
/* When all in it have ended. The caller is where it was. */
void group_remove(struct own_group *g);

/* In a process that was forked meanwhile. */
void group_let_go(struct own_group *g);

/*
 * Between the two files: the directory of the caller's group below `root` (""
 * for this machine) in `path`, and what can be limited in a child of it.
 * `topmost`: processes may be in it all the same.
 */
void group_find(struct iso_group_support *s, const char *root, char *path,
	size_t size, bool *topmost);
extern const char *const group_controllers[3];
/* Is the controller in such a list ("cpu memory pids")? */
bool group_lists(const char *list, const char *controller);
