// SPDX-License-Identifier: Apache-2.0
/*
 * Another process's way to the file tree of a sandbox, for one who watches the
 * command from outside. It gets a copy of the sandbox's mounts, which lasts as
 * long as it does, and the command's user namespace, in which files have the
 * owners that the command sees. It stays outside of everything else: the
 * command, in a PID namespace below, can neither find nor signal it, and with
 * fewer capabilities in their user namespace not trace it (ptrace(2)).
 */
#include "base/err.h"
#include "base/fs.h"
#include "sandbox/isolation/isolation.h"
#include "sandbox/isolation/mounts.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_namespace(const char *pid, const char *name, struct err *e)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "cannot open '%s'", path) : fd;
}

/* 1: this process is in that user namespace already; -1: trouble. */
static int is_ours(int user, struct err *e)
{
	autoclose int ours = open_namespace("self", "user", e);
	struct stat a, b;

	if (ours < 0)
		return -1;
	if (fstat(ours, &a) < 0 || fstat(user, &b) < 0)
		return err_sys(e, "cannot compare user namespaces");
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* setns(2) refuses the namespace that one is in. */
static int enter_user(int user, struct err *e)
{
	int ours = is_ours(user, e);

	if (ours)
		return ours < 0 ? -1 : 0;
	return setns(user, CLONE_NEWUSER) < 0
		       ? err_sys(e, "cannot enter a user namespace")
		       : 0;
}

static int own_mounts(struct err *e)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, "cannot copy a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, "cannot make mounts private");
	return 0;
}

/* The caller's /proc, where the sandbox has its own. */
static int place_proc(int proc, struct err *e)
{
	autoclose int at =
		open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (at < 0)
		return err_sys(e, "cannot open the sandbox's '/proc'");
	return mount_attach(proc, at, "/proc", e);
}

/* The effective ones stay: they own what this process has to write. */
static int take_ids(const struct isolation *iso, struct err *e)
{
	if (setresgid(iso->gid, (gid_t)-1, (gid_t)-1) < 0 ||
		setresuid(iso->uid, (uid_t)-1, (uid_t)-1) < 0)
		return err_sys(e, "cannot take the command's ids");
	return 0;
}

int isolation_enter(const struct isolation *iso, pid_t command, struct err *e)
{
	autoclose int mounts = -1, user = -1, owner = -1, proc = -1;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)command);
	mounts = open_namespace(pid, "mnt", e);
	user = mounts < 0 ? -1 : open_namespace(pid, "user", e);
	if (user < 0)
		return -1;
	owner = ioctl(mounts, NS_GET_USERNS);
	if (owner < 0)
		return err_sys(e, "cannot tell whose the sandbox's mounts are");
	if (enter_user(owner, e) < 0 || own_mounts(e) < 0)
		return -1;
	proc = mount_clone(AT_FDCWD, "/proc", e);
	if (proc < 0)
		return -1;
	if (setns(mounts, CLONE_NEWNS) < 0)
		return err_sys(e, "cannot enter the sandbox's mounts");
	if (own_mounts(e) < 0 || place_proc(proc, e) < 0 ||
		enter_user(user, e) < 0 || take_ids(iso, e) < 0)
		return -1;
	return chdir("/") < 0 ? err_sys(e, "cannot enter '/'") : 0;
}
