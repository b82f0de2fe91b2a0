// SPDX-License-Identifier: Apache-2.0
/* Parts of the host that the command works on itself. */
#include "base/fs.h"
#include "sandbox/isolation/mounts.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The command's root is another user to the host, who owns nothing there. An
 * idmapped mount shows uid 0 as the command's 0, and makes what it writes
 * uid 0's (mount_setattr(2); not all file systems can).
 */
static void map_owners(struct setup *s, int mount, const struct iso_volume *v)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};

	/* Without a range the command's user is the caller. */
	if (s->userns < 0)
		return;
	attr.userns_fd = (uint64_t)s->userns;
	if (mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) == 0 ||
		mount_setattr(mount, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		return;
	setup_note(s,
		"the owners of '%.100s' show as nobody, as far as the command "
		"may use it at all: its file system has no idmapped mounts",
		v->target);
}

static int check_source(int fd, const struct iso_volume *v, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot look at '%s'", v->source);
	if (st.st_dev != v->dev || st.st_ino != v->ino)
		return err_set(e, "'%s' was replaced", v->source);
	return 0;
}

static int mount_volume(
	struct setup *s, const struct iso_volume *v, struct err *e)
{
	const uint64_t attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			       (v->read_only ? MOUNT_ATTR_RDONLY : 0);
	autoclose int fd = mount_clone(AT_FDCWD, v->source, e), target = -1;

	if (fd < 0 || check_source(fd, v, e) < 0)
		return -1;
	target = mount_place(s->root, v->target);
	if (target < 0)
		return err_sys(e, "cannot find '%s' in the root", v->target);
	if (mount_restrict(fd, attrs, true, e) < 0)
		return -1;
	map_owners(s, fd, v);
	return mount_attach(fd, target, v->target, e);
}

int step_volumes(struct setup *s, struct err *e)
{
	for (size_t i = 0; i < s->iso->volume_count; i++)
		if (mount_volume(s, &s->iso->volumes[i], e) < 0)
			return -1;
	return 0;
}
