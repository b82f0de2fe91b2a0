// SPDX-License-Identifier: Apache-2.0
/* A fresh /proc and /sys, and what in them is hidden, fixed or faked. */
#include "base/fs.h"
#include "sandbox/isolation/mounts.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { HIDE, FIX };

/* Writes here reach the whole machine, or reads tell about it. Files that are
 * hidden read as empty, directories as empty ones. */
static const struct {
	const char *path;
	int how;
} masks[] = {
	{"/proc/acpi", HIDE},
	{"/proc/bus", FIX},
	{"/proc/fs", FIX},
	{"/proc/irq", FIX},
	{"/proc/kcore", HIDE},
	{"/proc/keys", HIDE},
	{"/proc/kmsg", HIDE},
	{"/proc/latency_stats", HIDE},
	{"/proc/sched_debug", HIDE},
	{"/proc/scsi", HIDE},
	{"/proc/sys", FIX},
	{"/proc/sysrq-trigger", HIDE},
	{"/proc/timer_list", HIDE},
	{"/proc/timer_stats", HIDE},
	{"/sys/devices/virtual/powercap", HIDE},
	{"/sys/firmware", HIDE},
	{"/sys/fs/bpf", HIDE},
	{"/sys/kernel/debug", HIDE},
	{"/sys/kernel/security", HIDE},
	{"/sys/kernel/tracing", HIDE},
};

int step_proc(struct setup *s, struct err *e)
{
	autoclose int target = mount_point(s->root, "/proc", e), fd = -1;

	if (target < 0)
		return -1;
	fd = mount_new("proc", NULL,
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, e);
	if (fd < 0) {
		/* mount_too_revealing() of the kernel's fs/namespace.c. */
		if (e->code == EPERM)
			err_wrap(e, "parts of this machine's own /proc are "
				    "covered (in a container: start it with "
				    "systempaths=unconfined, or --privileged)");
		return -1;
	}
	s->proc_user = openat(fd, "sys/user", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->proc_user < 0)
		return err_sys(e, "cannot open '/proc/sys/user'");
	return mount_attach(fd, target, "/proc", e);
}

/*
 * The set-up has taken numbers, for threads, too, and how many depends
 * on this host: the command's own is the same everywhere. Some kernels cannot
 * (no CONFIG_CHECKPOINT_RESTORE): proc_sys_kernel(5), ns_last_pid. Before
 * /proc/sys is covered.
 */
int step_pids(struct setup *s, struct err *e)
{
	autoclose int fd = -1;

	if (!guard_on(s->iso, "pidns"))
		return 0; /* it would be the host's */
	fd = openat(s->proc_user, "../kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)!write(fd, "1", 1);
	return 0;
}

int step_sys(struct setup *s, struct err *e)
{
	const unsigned attrs = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
			       MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	autoclose int target = mount_point(s->root, "/sys", e), fd = -1;

	if (target < 0)
		return -1;
	fd = mount_new("sysfs", NULL, attrs, e);
	if (fd < 0 && e->code == EPERM) {
		/* With the host's network, or nested where /sys has mounts on
		 * it, a fresh one is refused: show the host's, read-only. */
		fd = mount_clone(AT_FDCWD, "/sys", e);
		if (fd < 0 || mount_restrict(fd, attrs, true, e) < 0)
			return -1;
		setup_note(s, "/sys is this host's own, read-only, with its "
			      "network devices and control groups");
	}
	if (fd < 0)
		return -1;
	return mount_attach(fd, target, "/sys", e);
}

/* An empty file (the null device: nothing to fill or change) or directory. */
static int make_cover(bool directory, struct err *e)
{
	static const struct mount_option empty[] = {
		{"mode", "0555"}, {"nr_inodes", "1"}, {NULL, NULL}};
	struct stat st;
	int fd;

	if (directory)
		return mount_new("tmpfs", empty,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
				MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
			e);
	fd = mount_clone(AT_FDCWD, "/dev/null", e);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) ||
		st.st_rdev != makedev(1, 3)) {
		close(fd);
		return err_set(e, "'/dev/null' is not the null device");
	}
	return fd;
}

static int mask_one(struct setup *s, const char *path, int how, struct err *e)
{
	autoclose int target = mount_target(s->root, path), fd = -1;
	struct stat st;

	if (target < 0 && (errno == ENOENT || errno == EACCES))
		return 0;
	if (target < 0 || fstat(target, &st) < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (how == FIX) {
		fd = mount_clone(target, "", e);
		if (fd < 0 || mount_restrict(fd, MOUNT_ATTR_RDONLY, true, e))
			return -1;
	} else {
		fd = make_cover(S_ISDIR(st.st_mode), e);
		if (fd < 0)
			return -1;
	}
	return mount_attach(fd, target, path, e);
}

int step_masks(struct setup *s, struct err *e)
{
	for (size_t i = 0;
		i < sizeof(masks) / sizeof(*masks) && guard_on(s->iso, "masks");
		i++)
		if (mask_one(s, masks[i].path, masks[i].how, e) < 0)
			return -1;
	return 0;
}

static int fake_one(struct setup *s, int dir, size_t n, struct err *e)
{
	const struct iso_fake *f = &s->iso->fakes[n];
	autoclose int target = mount_target(s->root, f->target);
	autoclose int fd = -1, mount = -1;
	char name[32];

	if (target < 0)
		return err_sys(e, "cannot find '%s' in the root", f->target);
	snprintf(name, sizeof(name), "%zu", n);
	fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
	if (fd < 0 || fs_write_all(fd, f->content, f->len) < 0 ||
		ids_own(s, fd, "") < 0)
		return err_sys(e, "cannot write the content of '%s'", f->target);
	mount = mount_clone(dir, name, e);
	if (mount < 0 || mount_restrict(mount,
				 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					 MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
				 false, e) < 0)
		return -1;
	return mount_attach(mount, target, f->target, e);
}

/*
 * The contents lie on a tmpfs of ours. Only a mount in the tree can be copied
 * (before Linux 6.15), so it covers the old root's /proc, which is not needed
 * any more and goes away with that root.
 */
int step_fakes(struct setup *s, struct err *e)
{
	autoclose int dir = -1, cover = -1;

	if (!s->iso->fake_count)
		return 0;
	cover = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	dir = mount_new("tmpfs", NULL,
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, e);
	if (dir < 0)
		return -1;
	if (cover < 0)
		return err_sys(e, "cannot open '/proc'");
	if (mount_attach(dir, cover, "/proc", e) < 0)
		return -1;
	for (size_t i = 0; i < s->iso->fake_count; i++)
		if (fake_one(s, dir, i, e) < 0)
			return -1;
	return 0;
}
