// SPDX-License-Identifier: Apache-2.0
/*
 * same_mounts [CASE...]: a file system that the program serves itself, as
 * squashfuse does for an image; what the program is told of its own files; a
 * root and mounts of its own.
 */
#include "cases.h"

#include <dirent.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/uio.h>

/* File system of one file, "file", with this content. */
static const char text[] = "served";

static void answer(int fd, uint64_t unique, int error, const void *data, size_t n)
{
	struct fuse_out_header h = {(uint32_t)(sizeof(h) + n), -error, unique};
	struct iovec v[] = {{&h, sizeof(h)}, {(void *)data, n}};

	if (writev(fd, v, n ? 2 : 1) < 0)
		_exit(errno);
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){.ino = node,
		.size = node == 1 ? 0 : sizeof(text) - 1,
		.mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0755,
		.nlink = 1,
		.uid = getuid(),
		.gid = getgid()};
}

static void serve_one(int fd, const struct fuse_in_header *h, const char *body)
{
	struct fuse_init_out init = {.major = 7, .minor = 31, .max_write = 4096};
	struct fuse_entry_out entry = {.nodeid = 2, .attr = attributes(2)};
	struct fuse_attr_out attr = {.attr = attributes(h->nodeid)};
	struct fuse_open_out opened = {0};
	struct fuse_read_in *r = (struct fuse_read_in *)body;

	/* It looks something up itself before each answer. */
	access("/etc/passwd", R_OK);
	switch (h->opcode) {
	case FUSE_INIT:
		answer(fd, h->unique, 0, &init, sizeof(init));
		return;
	case FUSE_LOOKUP:
		answer(fd, h->unique, strcmp(body, "file") ? ENOENT : 0, &entry,
			strcmp(body, "file") ? 0 : sizeof(entry));
		return;
	case FUSE_GETATTR:
		answer(fd, h->unique, 0, &attr, sizeof(attr));
		return;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(fd, h->unique, 0, &opened, sizeof(opened));
		return;
	case FUSE_READ:
		answer(fd, h->unique, 0, text, r->offset ? 0 : sizeof(text) - 1);
		return;
	case FUSE_READDIR:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
		answer(fd, h->unique, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return;
	default:
		answer(fd, h->unique, ENOSYS, NULL, 0);
	}
}

static void serve(int fd)
{
	static char buf[FUSE_MIN_READ_BUFFER + 4096];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == ENODEV)
			_exit(0);
		if (n > 0)
			serve_one(fd, (struct fuse_in_header *)buf,
				buf + sizeof(struct fuse_in_header));
	}
}

static void write_line(const char *path, const char *line)
{
	int fd = (int)must(open(path, O_WRONLY));

	must(write(fd, line, strlen(line)));
	close(fd);
}

static void map_id(const char *path, unsigned id)
{
	char line[64];

	snprintf(line, sizeof(line), "%u %u 1", id, id);
	write_line(path, line);
}

static void own_mounts(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (geteuid() == 0) {
		must(unshare(CLONE_NEWNS));
	} else {
		must(unshare(CLONE_NEWNS | CLONE_NEWUSER));
		write_line("/proc/self/setgroups", "deny");
		map_id("/proc/self/uid_map", uid);
		map_id("/proc/self/gid_map", gid);
	}
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

static void served(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[100], line[32] = "";
	struct stat st;
	pid_t pid;

	say("device %d", fd > 2);
	if (fd < 0)
		return;
	own_mounts();
	must(mkdir("mounted", 0755));
	snprintf(options, sizeof(options),
		"fd=%d,rootmode=40000,user_id=%u,group_id=%u", fd, getuid(),
		getgid());
	say("mount %s",
		result(mount("probe", "mounted", "fuse.probe", 0, options)));
	pid = (pid_t)must(fork());
	if (pid == 0)
		serve(fd);
	close(fd);
	say("stat %s", result(stat("mounted/file", &st)));
	say("size %ld", (long)st.st_size);
	say("missing %s", result(access("mounted/missing", F_OK)));
	fd = open("mounted/file", O_RDONLY);
	say("read %s", result(read(fd, line, sizeof(line))));
	say("content %s", line);
	close(fd);
	say("execute %s", result(execl("mounted/file", "file", NULL)));
	say("list %d", opendir("mounted") != NULL);
	say("unmount %s", result(umount2("mounted", MNT_DETACH)));
	kill(pid, SIGKILL);
	say("server %s", ending(end_of(pid)));
}

static const struct {
	uint32_t mask;
	const char *name;
} events[] = {{IN_ACCESS, "access"}, {IN_MODIFY, "modify"},
	{IN_ATTRIB, "attributes"}, {IN_CLOSE_WRITE, "close-write"},
	{IN_CLOSE_NOWRITE, "close"}, {IN_OPEN, "open"}, {IN_CREATE, "create"},
	{IN_DELETE, "delete"}, {IN_MOVED_FROM, "from"}, {IN_MOVED_TO, "to"}};

/* Everything that was told since the last time. */
static void told(int fd, const char *what)
{
	char buf[8192] __attribute__((aligned(8))), line[4096];
	ssize_t n = read(fd, buf, sizeof(buf));
	size_t len = 0;

	line[0] = 0;
	for (char *p = buf; n > 0 && p < buf + n;) {
		struct inotify_event *e = (struct inotify_event *)p;

		for (size_t i = 0; i < COUNT(events); i++)
			if (e->mask & events[i].mask)
				len += (size_t)snprintf(line + len,
					sizeof(line) - len, " %s",
					events[i].name);
		p += sizeof(*e) + e->len;
	}
	say("%s:%s", what, line);
}

static void overwrite(const char *name, int flags)
{
	int fd = (int)must(open(name, flags, 0644));
	char c;

	if ((flags & O_ACCMODE) != O_WRONLY)
		must(read(fd, &c, 1));
	if ((flags & O_ACCMODE) != O_RDONLY)
		must(write(fd, "new", 3));
	close(fd);
}

static void notified(void)
{
	int fd = (int)must(inotify_init1(IN_NONBLOCK));

	must(system("mkdir watched; echo old >watched/file; printf "
		    "'#!/bin/sh\\nexit 3\\n' >watched/script; chmod +x "
		    "watched/script")
			? -1
			: 0);
	must(inotify_add_watch(fd, "watched", IN_ALL_EVENTS));
	must(access("watched/file", R_OK));
	told(fd, "look");
	overwrite("watched/file", O_RDONLY);
	told(fd, "read");
	overwrite("watched/file", O_RDWR);
	told(fd, "change");
	overwrite("watched/file", O_WRONLY | O_TRUNC);
	told(fd, "truncate");
	overwrite("watched/new", O_RDWR | O_CREAT | O_EXCL | O_TRUNC);
	told(fd, "create");
	must(rename("watched/new", "watched/file"));
	told(fd, "replace");
	must(unlink("watched/file"));
	told(fd, "remove");
	say("%s", ending(system("watched/script")));
	told(fd, "execute");
	must(opendir("watched") ? 0 : -1);
	told(fd, "list");
}

/* Reading changes the time of access only when it is older (relatime). */
static void read_times(void)
{
	struct timespec t[2] = {{1000, 0}, {2000, 0}};
	struct stat st;

	must(system("echo old >file"));
	must(utimensat(AT_FDCWD, "file", t, 0));
	must(access("file", R_OK));
	must(stat("file", &st));
	say("looked at %ld", (long)st.st_atime);
	overwrite("file", O_WRONLY);
	must(stat("file", &st));
	say("written %ld, now %d", (long)st.st_atime, st.st_mtime > 2000);
	overwrite("file", O_RDONLY);
	must(stat("file", &st));
	say("read %d", st.st_atime > 2000);
}

static void other_root(void)
{
	pid_t pid;

	own_mounts();
	must(mkdir("root", 0755) | mkdir("root/etc", 0755));
	must(mount("none", "root/etc", "tmpfs", 0, NULL));
	must(close((int)must(creat("root/etc/only-here", 0644))));
	must(symlink("/etc/only-here", "root/link"));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		must(chroot("root"));
		say("before chdir %s",
			result(access("root/etc/only-here", F_OK)));
		must(chdir("/"));
		say("own %s", result(access("/etc/only-here", F_OK)));
		say("link %s", result(access("/link", F_OK)));
		say("other %s", result(access("/etc/passwd", F_OK)));
		say("up %s", result(access("/../../etc/only-here", F_OK)));
		say("proc %s", result(access("/proc/self", F_OK)));
		_exit(0);
	}
	say("%s", ending(end_of(pid)));
	must(mount("root", "root", NULL, MS_BIND | MS_REC, NULL));
	must(chdir("root"));
	say("pivot %s", result(syscall(SYS_pivot_root, ".", ".")));
	say("unmount %s", result(umount2(".", MNT_DETACH)));
	say("own %s", result(access("/etc/only-here", F_OK)));
	say("other %s", result(access("/etc/passwd", F_OK)));
}

/* A mount hides what was there. */
static void hides(void)
{
	own_mounts();
	must(mkdir("dir", 0755));
	must(close((int)must(creat("dir/file", 0644))));
	say("there %s", result(access("dir/file", F_OK)));
	must(mount("none", "dir", "tmpfs", 0, NULL));
	say("hidden %s", result(access("dir/file", F_OK)));
	say("busy %s", result(rmdir("dir")));
	must(umount("dir"));
	say("there %s", result(access("dir/file", F_OK)));
	must(mount("dir", "dir", NULL, MS_BIND, NULL));
	must(mount(NULL, "dir", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	say("read-only %s", result(open("dir/file", O_WRONLY)));
	say("make %s", result(creat("dir/new", 0644)));
	say("unlink %s", result(unlink("dir/file")));
	must(umount("dir"));
	say("unlink %s", result(unlink("dir/file")));
}

static const struct probe_case cases[] = {
	{"served", served},
	{"notified", notified},
	{"read-times", read_times},
	{"other-root", other_root},
	{"hides", hides},
};

int main(int argc, char **argv)
{
	return run_cases("mounts", cases, COUNT(cases), argc, argv);
}
