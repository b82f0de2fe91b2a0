// SPDX-License-Identifier: Apache-2.0
/* Building the root: what both strategies share. */
#include "replay/stage.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "replay/cpu_tree.h"
#include "replay/layer.h"
#include "replay/plan.h"
#include "replay/scratch.h"
#include "sandbox/isolation/isolation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int stage_dir(int dirfd, const char *name, struct err *e)
{
	int fd;

	if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make the layer '%s'", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open the layer '%s'", name);
	return fd;
}

/* The kernel says more than errno in the context's log: fsopen(2). */
static int refused(int fs, const char *what, struct err *e)
{
	int code = errno;
	char log[256];
	ssize_t n = read(fs, log, sizeof(log) - 1);

	errno = code;
	err_sys(e, "the overlay refuses %s", what);
	if (n > 0) {
		log[n] = 0;
		log[strcspn(log, "\n")] = 0;
		err_wrap(e, "%s", log);
		e->code = code;
	}
	return -1;
}

int stage_set(int fs, const char *key, const char *value, struct err *e)
{
	unsigned cmd = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	if (fsconfig(fs, cmd, key, value, 0) < 0)
		return refused(fs, key, e);
	return 0;
}

int stage_set_layer(int fs, const char *key, int fd, struct err *e)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return stage_set(fs, key, path, e);
}

int stage_mount(int fs, struct err *e)
{
	int fd;

	if (FAULT("replay.mount") ||
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return refused(fs, "its layers", e);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "cannot mount the root");
	return fd;
}

/* The metadata's tmpfs, attached where only this namespace sees it: before
 * 6.13 a layer must lie in a mounted tree. */
static int mount_meta(int at, struct err *e)
{
	autoclose int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), fd = -1;

	/* The default of inodes is half of the memory's pages: ImageNet has
	 * more files. */
	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0 ||
		fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "0", 0) < 0 ||
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(e, "cannot make a tmpfs");
	fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
	if (fd < 0 ||
		move_mount(fd, "", at, "",
			MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, "cannot mount a tmpfs");
	return steal_fd(&fd);
}

#define PROBE_NAMES 5

/*
 * That a tmpfs lists the newest name first is how it is built, not a promise:
 * so it is looked at before it is relied upon.
 */
static bool lists_newest_first(int meta)
{
	static const char names[PROBE_NAMES + 1] = "qdzam";
	int dir = stage_dir(meta, "probe", NULL);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	int left = PROBE_NAMES;
	bool good = true;
	struct dirent *ent;

	for (int i = 0; d && i < PROBE_NAMES; i++)
		good &= mknodat(dir, (char[]){names[i], 0}, S_IFREG, 0) == 0;
	while (d && (ent = readdir(d)))
		if (ent->d_name[0] != '.')
			good &= left > 0 && ent->d_name[0] == names[--left];
	for (int i = 0; d && i < PROBE_NAMES; i++)
		unlinkat(dir, (char[]){names[i], 0}, 0);
	if (d)
		closedir(d);
	unlinkat(meta, "probe", AT_REMOVEDIR);
	return d && good && left == 0;
}

const char *stage_cpus_path(const struct stage *s)
{
	return arena_printf(s->plan->arena, "%s/meta/cpus", s->scratch->path);
}

/*
 * By path and in this mount namespace: a descriptor from before it cannot be
 * a layer ("failed to clone lowerpath").
 */
static int open_scratch(const struct replay_scratch *s, struct err *e)
{
	struct stat a, b;
	int fd = open(s->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &a) < 0 || fstat(s->fd, &b) < 0)
		return err_sys(e, "cannot open '%s' again", s->path);
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return err_set(e, "'%s' was replaced", s->path);
	return fd;
}

int stage_build(void *arg, const struct iso_ids *ids, struct err *e)
{
	struct stage *s = arg;
	struct tree *tree = &s->plan->tree;
	autoclose int scratch = open_scratch(s->scratch, e);
	autoclose int at = -1, meta = -1, upper = -1, work = -1;
	struct stage_layers l;

	if (scratch < 0)
		return -1;
	at = stage_dir(scratch, "meta", e);
	upper = stage_dir(scratch, "upper", e);
	work = stage_dir(scratch, "work", e);
	if (at < 0 || upper < 0 || work < 0)
		return -1;
	meta = mount_meta(at, e);
	if (meta < 0)
		return -1;
	s->report->order_lost = !lists_newest_first(meta);
	if (s->cpus &&
		cpu_dir_make(s->cpus, stage_cpus_path(s), ids->range, e) < 0)
		return -1;
	if (layer_fill(&layer_upper, tree, s->store, ids, upper,
		    &s->report->lost, e) < 0)
		return -1;
	l = (struct stage_layers){meta, upper, work, ids};
	return s->plan->strategy == 'A' ? stage_a(s, &l, e) : stage_b(s, &l, e);
}
