// SPDX-License-Identifier: Apache-2.0
/*
 * File systems that a process of the run serves (FUSE). Looking at them asks
 * that process, which may wait at a watched call of its own for whoever is
 * looking: so it is found out without asking, and left alone.
 */
#include "capture/served.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strbuf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Values of struct map. */
static char served_yes, served_no;

struct served {
	struct arena *arena;
	struct map before; /* devices that others have served all along */
	struct map known;  /* device -> served_yes or served_no */
	struct arena *keys;
};

/* Lines of mountinfo (proc(5)): field 3 is "major:minor", the type follows
 * " - ". Calls f for each one of FUSE; true ends it. */
static bool each_fuse(const char *path, bool (*f)(void *arg, dev_t dev), void *arg)
{
	autostrbuf text = STRBUF_INIT;
	char *line, *next;

	if (fs_slurp(path, &text) < 0 || !text.s)
		return false;
	for (line = text.s; line && *line; line = next) {
		unsigned major, minor;
		char *type;

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		type = strstr(line, " - ");
		if (type && !strncmp(type + 3, "fuse", 4) &&
			strncmp(type + 3, "fusectl", 7) != 0 &&
			sscanf(line, "%*d %*d %u:%u", &major, &minor) == 2 &&
			f(arg, makedev(major, minor)))
			return true;
	}
	return false;
}

static bool add_before(void *arg, dev_t dev)
{
	struct served *s = arg;

	map_put(&s->before, arena_memdup(s->arena, &dev, sizeof(dev)),
		sizeof(dev), s);
	return false;
}

struct served *served_new(void)
{
	struct served *s = xcalloc(1, sizeof(*s));

	s->arena = arena_new();
	s->keys = arena_new();
	each_fuse("/proc/self/mountinfo", add_before, s);
	return s;
}

void served_free(struct served *s)
{
	if (!s)
		return;
	map_release(&s->before);
	map_release(&s->known);
	arena_free(s->arena);
	arena_free(s->keys);
	free(s);
}

void served_forget(struct served *s)
{
	map_clear(&s->known);
	arena_clear(s->keys);
}

static bool is_same(void *arg, dev_t dev)
{
	return *(dev_t *)arg == dev;
}

bool served_has(struct served *s, pid_t tid, int dirfd, const char *path)
{
	struct statx x;
	char *known, info[64];
	dev_t dev;

	/* What the kernel knows already, and of whom it would ask (statx(2)):
	 * the root of a mount is known, and nothing below is looked up. Who
	 * asks for no field is told the device even by a file system of another
	 * user namespace (fuse_update_get_attr). */
	if (statx(dirfd, path,
		    AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
			    (*path ? 0 : AT_EMPTY_PATH),
		    0, &x) < 0)
		return false;
	dev = makedev(x.stx_dev_major, x.stx_dev_minor);
	known = map_get(&s->known, &dev, sizeof(dev));
	if (!known) {
		snprintf(info, sizeof(info), "/proc/%d/mountinfo", tid);
		known = !map_get(&s->before, &dev, sizeof(dev)) &&
					each_fuse(info, is_same, &dev)
				? &served_yes
				: &served_no;
		map_put(&s->known, arena_memdup(s->keys, &dev, sizeof(dev)),
			sizeof(dev), known);
	}
	return known == &served_yes;
}
