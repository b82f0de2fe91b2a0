// SPDX-License-Identifier: Apache-2.0
/* The few mount operations, all by descriptor. */
#include "sandbox/isolation/mounts.h"

#include "base/err.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int mount_new(const char *type, const struct mount_option *options,
	unsigned attrs, struct err *e)
{
	autoclose int fs = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return err_sys(e, "cannot make a %s file system", type);
	for (; options && options->key; options++) {
		unsigned kind = options->value ? FSCONFIG_SET_STRING
					       : FSCONFIG_SET_FLAG;

		if (fsconfig(fs, kind, options->key, options->value, 0) < 0)
			return err_sys(e, "cannot set %s of a %s file system",
				options->key, type);
	}
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(e, "cannot make a %s file system", type);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attrs);
	if (fd < 0)
		return err_sys(e, "cannot mount a %s file system", type);
	return fd;
}

int mount_clone(int dirfd, const char *path, struct err *e)
{
	int fd = open_tree(dirfd, path,
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
			(*path ? 0 : AT_EMPTY_PATH));

	if (fd < 0)
		return err_sys(e, "cannot copy the mount '%s'", path);
	return fd;
}

int mount_restrict(int mount, uint64_t attrs, bool below, struct err *e)
{
	struct mount_attr attr = {.attr_set = attrs};

	if (mount_setattr(mount, "", AT_EMPTY_PATH | (below ? AT_RECURSIVE : 0),
		    &attr, sizeof(attr)) < 0)
		return err_sys(e, "cannot restrict a mount");
	return 0;
}

int mount_attach(int mount, int target, const char *name, struct err *e)
{
	if (move_mount(mount, "", target, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, "cannot mount at '%s'", name);
	return 0;
}

static int open_inside(
	int root, const char *path, uint64_t flags, uint64_t resolve)
{
	int fd;

	/* EAGAIN: a rename somewhere raced with a ".." (openat2(2)). */
	do {
		fd = fs_openat2(root, path, O_PATH | O_CLOEXEC | flags, 0,
			RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve);
	} while (fd < 0 && errno == EAGAIN);
	return fd;
}

int mount_target(int root, const char *path)
{
	return open_inside(root, path, 0, 0);
}

int mount_place(int root, const char *path)
{
	return open_inside(root, path, 0, RESOLVE_NO_SYMLINKS);
}

int mount_point(int root, const char *path, struct err *e)
{
	int fd = open_inside(root, path, O_DIRECTORY, RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		return err_sys(e, "the root has no directory '%s'", path);
	return fd;
}
