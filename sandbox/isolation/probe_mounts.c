// SPDX-License-Identifier: Apache-2.0
/* Probes of namespaces and mounts, in the way in which a sandbox uses them. */
#include "base/arena.h"
#include "base/fs.h"
#include "sandbox/isolation/host_probe.h"
#include "sandbox/isolation/mounts.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int write_file(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	return fd < 0 ? -1 : fs_write_all(fd, text, strlen(text));
}

static void refused(struct finding *f, const char *what)
{
	int code = errno;
	char remedy[300];

	host_userns_remedy(code, remedy, sizeof(remedy));
	found(f, SUPPORT_NO, remedy, "%s: %s", what, strerror(code));
}

/* Namespaces in which this process may mount, as isolation_run() makes them. */
static int enter(unsigned more)
{
	char uid[32], gid[32];
	int flags = CLONE_NEWNS | (int)more;

	if (!ids_can_range()) {
		snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)geteuid());
		snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getegid());
		if (unshare(flags | CLONE_NEWUSER) < 0 ||
			write_file("/proc/self/setgroups", "deny") < 0 ||
			write_file("/proc/self/uid_map", uid) < 0 ||
			write_file("/proc/self/gid_map", gid) < 0)
			return -1;
	} else if (unshare(flags) < 0) {
		return -1;
	}
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

void probe_user_namespaces(struct finding *f)
{
	if (unshare(CLONE_NEWUSER) < 0)
		refused(f, "a user namespace cannot be made");
	else
		found(f, SUPPORT_YES, NULL, "can be made");
}

void probe_host_name(struct finding *f)
{
	char name[HOST_NAME_MAX + 1] = "";

	gethostname(name, sizeof(name) - 1);
	if (enter(CLONE_NEWUTS) < 0)
		refused(f, "namespaces cannot be made");
	else if (sethostname(name, strlen(name)) < 0)
		refused(f, "a namespace's host name cannot be set");
	else
		found(f, SUPPORT_YES, NULL, "can be set");
}

void probe_mounts(struct finding *f)
{
	struct err e = ERR_INIT;
	int fd;

	if (enter(0) < 0) {
		refused(f, "mounts cannot be made private");
		return;
	}
	fd = mount_new("tmpfs", NULL, 0, &e);
	if (fd < 0 || mount_restrict(fd, MOUNT_ATTR_NOSUID, false, &e) < 0) {
		errno = e.code;
		refused(f, "a tmpfs cannot be mounted");
		return;
	}
	found(f, SUPPORT_YES, NULL, "%s",
		ids_can_range() ? "can be made, as root"
				: "can be made in a user namespace");
}

void probe_proc(struct finding *f)
{
	struct err e = ERR_INIT;
	int status = 0;
	pid_t pid;

	if (enter(CLONE_NEWPID) < 0) {
		refused(f, "namespaces cannot be made");
		return;
	}
	pid = fork(); /* the first process of the namespace */
	if (pid == 0)
		_exit(mount_new("proc", NULL, 0, &e) < 0 ? e.code : 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		found(f, SUPPORT_UNKNOWN, NULL, "cannot fork: %s",
			strerror(errno));
	} else if (status) {
		errno = WEXITSTATUS(status);
		found(f, SUPPORT_NO,
			"in a container: start it with --security-opt "
			"systempaths=unconfined, or --privileged",
			"a new /proc cannot be mounted (parts of the "
			"present one are covered): %s",
			strerror(errno));
	} else {
		found(f, SUPPORT_YES, NULL, "a new /proc can be mounted");
	}
}

/* A file of 4 bytes whose content is that of data/x. */
static int make_layers(void)
{
	if (mkdir("meta", 0755) < 0 || mkdir("data", 0755) < 0 ||
		mkdir("mnt", 0755) < 0 || write_file("data/x", "good") < 0 ||
		write_file("meta/f", "") < 0 || truncate("meta/f", 4) < 0)
		return -1;
	if (setxattr("meta/f", "user.overlay.metacopy", "", 0, 0) < 0)
		return -1;
	return setxattr("meta/f", "user.overlay.redirect", "/x", 2, 0);
}

void probe_metadata_root(struct finding *f)
{
	autoclose int host = -1, fd = -1, file = -1;
	struct err e = ERR_INIT;
	char text[5] = "";

	if (enter(0) < 0) {
		refused(f, "namespaces cannot be made");
		return;
	}
	host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = mount_new("tmpfs", NULL, 0, &e);
	if (fd < 0 || mount_attach(fd, host, "/", &e) < 0 || fchdir(fd) < 0) {
		found(f, SUPPORT_NO, NULL, "%s", e.msg);
		return;
	}
	if (make_layers() < 0) {
		found(f, SUPPORT_NO, "Linux 6.6 or later",
			"a tmpfs holds no extended user attributes: %s",
			strerror(errno));
		return;
	}
	if (mount("overlay", "mnt", "overlay", 0,
		    "userxattr,lowerdir=meta::data") < 0) {
		found(f, SUPPORT_NO, "Linux 6.16 or later",
			"an overlay with a data-only layer cannot be mounted: "
			"%s",
			strerror(errno));
		return;
	}
	file = open("mnt/f", O_RDONLY | O_CLOEXEC);
	if (file < 0 || fs_read_all(file, text, 4) != 4 ||
		strcmp(text, "good") != 0)
		found(f, SUPPORT_NO, NULL,
			"an overlay does not follow its metadata layer");
	else
		found(f, SUPPORT_YES, NULL, "works");
}

/* The directory of the cache, or the nearest one above that exists. */
static char *cache_directory(struct arena *a)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir, *slash;

	if (cache && *cache == '/')
		dir = arena_printf(a, "%s/reprise", cache);
	else
		dir = arena_printf(a, "%s/.cache/reprise", home ? home : "");
	while (access(dir, F_OK) < 0 && (slash = strrchr(dir, '/')))
		*slash = '\0';
	return *dir ? dir : arena_strdup(a, "/");
}

/* What strategy B asks of its upper layer, in the current directory. */
static int try_upper(void)
{
	if (mkdir("lower", 0755) < 0 || mkdir("lower/d", 0755) < 0 ||
		mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0 ||
		mkdir("mnt", 0755) < 0)
		return -1;
	if (setxattr("lower", "user.reprise.probe", "", 0, 0) < 0)
		return -1;
	if (mount("overlay", "mnt", "overlay", 0,
		    "userxattr,lowerdir=lower,upperdir=upper,workdir=work") < 0)
		return -1;
	/* On a tmpfs of Linux 6.1 this gives EIO. */
	return rmdir("mnt/d") < 0 || mkdir("mnt/d", 0755) < 0 ? -1 : 0;
}

void probe_cache_root(struct finding *f)
{
	autoarena *a = arena_new();
	char *cache = cache_directory(a);
	char *dir = arena_printf(a, "%s/.reprise-probe-XXXXXX", cache);
	int rc, code;

	if (!mkdtemp(dir)) {
		found(f, SUPPORT_NO,
			"set XDG_CACHE_HOME to a directory that "
			"can be written",
			"cannot write in '%s': %s", cache, strerror(errno));
		return;
	}
	if (enter(0) < 0) {
		refused(f, "namespaces cannot be made");
		rmdir(dir);
		return;
	}
	rc = chdir(dir) < 0 ? -1 : try_upper();
	code = errno;
	umount2("mnt", MNT_DETACH);
	chmod("work/work", 0700); /* the kernel's, with mode 0 */
	fs_remove_tree(AT_FDCWD, dir, NULL);
	if (rc == 0)
		found(f, SUPPORT_YES, NULL, "works in '%s'", cache);
	else
		found(f, SUPPORT_NO,
			"set XDG_CACHE_HOME to a directory on a local ext4, "
			"xfs or btrfs; Linux 5.11 or later",
			"'%s' cannot hold the upper layer of an overlay: %s",
			cache, strerror(code));
}
