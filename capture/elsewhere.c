// SPDX-License-Identifier: Apache-2.0
/* What is written where only a mount namespace of the run's has it. */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"
#include "capture/touch.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/* Does a file system have a place in our own tree (proc_pid_mountinfo(5))? */
static bool is_mounted_here(uint64_t dev)
{
	autofile *f = fopen("/proc/self/mountinfo", "re");
	char line[8192];
	unsigned major, minor;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*u %*u %u:%u", &major, &minor) == 2 &&
			makedev(major, minor) == dev)
			return true;
	return false;
}

/* A file system in memory goes away with the namespace, and all that is in
 * it: nothing of that is left behind. */
static bool goes_away(struct arena *a, const char *access, uint64_t dev)
{
	struct statfs fs;
	const char *dir = arena_printf(
		a, "%.*s/.", (int)(strrchr(access, '/') - access), access);

	return statfs(dir, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
	       !is_mounted_here(dev);
}

void touch_elsewhere(struct capture *cap, const struct place *p)
{
	struct state theirs = p->st, ours;
	autoarena *a = arena_new();

	if (theirs.exists) {
		state_of(AT_FDCWD, p->path, &ours);
	} else {
		state_of_parent(a, p->path, &ours);
		state_of_parent(a, p->access, &theirs);
	}
	if (!state_same_file(&ours, &theirs) &&
		!goes_away(a, p->access, theirs.dev))
		record_gap(&cap->rec, "mount-namespace", p->path,
			"was written in a mount namespace that the run made, "
			"and is not there outside of it: it is not recorded");
}
