// SPDX-License-Identifier: Apache-2.0
/* The new root: attached, filled with binds, and made the only one. */
#include "base/fs.h"
#include "sandbox/isolation/mounts.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int step_private(struct setup *s, struct err *e)
{
	/* What is mounted from here on must not appear on the host. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return 0;
	err_sys(e, "cannot make the mounts private");
	return host_add_remedy(e);
}

int step_root(struct setup *s, struct err *e)
{
	autoclose int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = s->iso->build_root(s->iso->build_arg, &s->ids, e);

	if (fd < 0)
		return -1;
	s->root = fd;
	if (mount_restrict(fd, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false, e) < 0)
		return -1;
	/*
	 * On top of the host's root: the one directory that is sure to be
	 * there. Paths still resolve below it, from this process's root.
	 */
	return mount_attach(fd, host, "/", e);
}

int step_read_only(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;

	for (size_t i = 0;
		i < iso->read_only_count && guard_on(iso, "read_only"); i++) {
		const char *path = iso->read_only[i];
		autoclose int fd = -1, target = -1;

		if (strcmp(path, "/") == 0) {
			if (mount_restrict(s->root, MOUNT_ATTR_RDONLY, true, e) <
				0)
				return -1;
			continue;
		}
		target = mount_target(s->root, path);
		if (target < 0)
			return err_sys(e, "cannot find '%s' in the root", path);
		fd = mount_clone(target, "", e);
		if (fd < 0 || mount_restrict(fd, MOUNT_ATTR_RDONLY, true, e) < 0 ||
			mount_attach(fd, target, path, e) < 0)
			return err_wrap(e, "'%s'", path);
	}
	return 0;
}

static int same_kind(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	       S_ISDIR(sa.st_mode) == S_ISDIR(sb.st_mode);
}

static int bind_one(struct setup *s, const struct iso_bind *b, struct err *e)
{
	uint64_t attrs = MOUNT_ATTR_NOSUID;
	autoclose int fd = -1, target = -1;

	attrs |= b->read_only ? MOUNT_ATTR_RDONLY : 0;
	attrs |= b->devices ? 0 : MOUNT_ATTR_NODEV;
	target = mount_target(s->root, b->target);
	if (target < 0 && errno == ENOENT && b->optional)
		return 0;
	if (target < 0)
		return err_sys(e, "cannot find '%s' in the root", b->target);
	fd = mount_clone(AT_FDCWD, b->source, e);
	if (fd < 0)
		return -1;
	if (!same_kind(fd, target))
		return err_set(e,
			"'%s' and '%s' are not both directories or "
			"both files",
			b->source, b->target);
	if (mount_restrict(fd, attrs, true, e) < 0)
		return -1;
	return mount_attach(fd, target, b->target, e);
}

int step_binds(struct setup *s, struct err *e)
{
	for (size_t i = 0; i < s->iso->bind_count; i++)
		if (bind_one(s, &s->iso->binds[i], e) < 0)
			return -1;
	return 0;
}

int step_pivot(struct setup *s, struct err *e)
{
	if (fchdir(s->root) < 0)
		return err_sys(e, "cannot enter the new root");
	/* The old root ends on top of the new one, and is then let go:
	 * pivot_root(2), "pivot_root(".", ".")". */
	if (syscall(SYS_pivot_root, ".", ".") < 0) {
		err_sys(e, "cannot change the root");
		if (e->code == EINVAL)
			err_wrap(e, "the root directory is no mount point (a "
				    "chroot or an initramfs)");
		return -1;
	}
	if (umount2(".", MNT_DETACH) < 0)
		return err_sys(e, "cannot let the host's root go");
	if (chdir("/") < 0)
		return err_sys(e, "cannot enter the new root");
	return 0;
}
