// SPDX-License-Identifier: Apache-2.0
/*
 * Programs that see another tree than the recorder: in mount, user and PID
 * namespaces of their own, in other roots. See matrix.h.
 */
#include "matrix.h"

#include <linux/mount.h>
#include <pthread.h>
#include <sys/mount.h>

static void map_id(const char *file, unsigned outside)
{
	char line[32];

	snprintf(line, sizeof(line), "0 %u 1", outside);
	put(file, O_WRONLY, line);
}

/* A mount namespace whose mounts nobody else sees, as any user may have. */
static void isolate(int more)
{
	unsigned uid = getuid(), gid = getgid();

	MUST(unshare(CLONE_NEWUSER | CLONE_NEWNS | more));
	put("/proc/self/setgroups", O_WRONLY, "deny");
	map_id("/proc/self/uid_map", uid);
	map_id("/proc/self/gid_map", gid);
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

static void new_namespaces(void)
{
	in("f");
	isolate(0);
	in("g");
	put("f", NEW, "NEW");
	put("new", NEW, "NEW");
	left("f");
	left("new");
}

static void by_clone(void)
{
	pid_t pid = (pid_t)syscall(
		SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		in("f");
		MUST(mount("d", "e", NULL, MS_BIND, NULL));
		say_file("in", "e/x", "e/x");
		_exit(0);
	}
	wait_for(pid);
	in("g");
	MUST(rmdir("e"));
}

static void prepare_e(void)
{
	MUST(mkdir("e", 0755));
}

static void bound(void)
{
	isolate(0);
	in("d/y");
	MUST(mount("d", "e", NULL, MS_BIND, NULL));
	say_file("in", "e/x", "e/x");
	MUST(chdir("e/sub"));
	say_file("in", "e/sub/z", "z");
	MUST(chdir("../.."));
	put("e/x", O_WRONLY, "NEW");
	say("gap", "e/x", "mount-namespace");
	put("e/new", NEW, "NEW");
	say("gap", "e/new", "mount-namespace");
}

/* Another file under a name that was read before. */
static void hidden(void)
{
	in("f");
	isolate(0);
	MUST(mount("g", "f", NULL, MS_BIND, NULL));
	own("f");
	say("gap", "f", "mount-namespace");
	/* Only looked at before: where the mount goes. */
	MUST(mount("d/x", "d/y", NULL, MS_BIND, NULL));
	own("d/y");
	say("gap", "d/y", "mount-namespace");
}

static void in_memory(void)
{
	isolate(0);
	in("d/x");
	MUST(mount("tmpfs", "d", "tmpfs", 0, NULL));
	put("d/new", NEW, "NEW");
	own("d/new");
	FAILS(ENOENT, open("d/y", O_RDONLY));
}

static void overlaid(void)
{
	isolate(0);
	MUST(mount("tmpfs", "e", "tmpfs", 0, NULL));
	MUST(mkdir("e/upper", 0755));
	MUST(mkdir("e/work", 0755));
	if (mount("overlay", "d", "overlay", 0,
		    "lowerdir=d,upperdir=e/upper,workdir=e/work") < 0) {
		in("d/x");
		return;
	}
	in("d/x");
	put("d/x", O_WRONLY, "NEW");
	say("gap", "d/x", "mount-namespace");
	in("d/y");
	own("d/x");
}

static void prepare_jail(void)
{
	MUST(mkdir("jail", 0755));
	MUST(mkdir("jail/in", 0755));
	MUST(mkdir("jail/proc", 0755));
	prepare_file("jail/a");
	prepare_file("jail/b");
	prepare_file("jail/in/c");
	prepare_file("jail/in/d");
	prepare_file("jail/in/e");
	MUST(symlink("/in/c", "jail/absolute"));
}

static void use_jail(int outside)
{
	char self[64];
	int fd;

	say_file("in", "jail/a", "/a");
	say_file("in", "jail/b", "../../b");
	say_file("in", "jail/in/c", "/absolute");
	say("link", "jail/absolute", "/in/c");
	MUST(chdir("in"));
	say_file("in", "jail/in/d", "d");
	fd = (int)MUST(open("e", O_PATH));
	say_fd("in", "f", (int)MUST(openat(outside, "f", O_RDONLY)));
	say_fd("in", "d/x", (int)MUST(openat(outside, "d/../d/x", O_RDONLY)));
	/* Only where there is a /proc. */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (access("/proc/self", F_OK) < 0)
		say_fd("in", "jail/in/e", (int)MUST(open("e", O_RDONLY)));
	else
		say_file("in", "jail/in/e", self);
}

static void jailed(void)
{
	int outside = (int)MUST(open(".", O_PATH));

	MUST(unshare(CLONE_NEWUSER));
	MUST(chroot("jail"));
	MUST(chdir("/"));
	use_jail(outside);
}

static void jailed_in_namespace(void)
{
	int outside = (int)MUST(open(".", O_PATH));

	isolate(0);
	MUST(mount("/proc", "jail/proc", NULL, MS_BIND | MS_REC, NULL));
	MUST(chroot("jail"));
	MUST(chdir("/"));
	use_jail(outside);
}

static void jailed_by_openat(void)
{
	int outside = (int)MUST(open(".", O_PATH));

	MUST(unshare(CLONE_NEWUSER));
	MUST(chroot("jail"));
	/* The working directory is still outside. */
	in("g");
	say_fd("in", "d/x", (int)MUST(openat(outside, "d/x", O_RDONLY)));
	say_file("in", "jail/a", "/a");
}

/* As bubblewrap and container runtimes do it. */
static void pivoted(void)
{
	isolate(0);
	MUST(mount("jail", "jail", NULL, MS_BIND | MS_REC, NULL));
	MUST(chdir("jail"));
	MUST(syscall(SYS_pivot_root, ".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
	say_file("in", "/a", "/a");
	say_file("in", "/in/c", "/absolute");
	MUST(chdir("in"));
	say_file("in", "/in/d", "../in/d");
}

static void own_processes(void)
{
	pid_t pid;

	isolate(CLONE_NEWPID);
	pid = fork();
	if (pid == 0) {
		char self[64];
		int fd = (int)MUST(open("f", O_PATH));

		MUST(mount("proc", "/proc", "proc", 0, NULL));
		snprintf(self, sizeof(self), "/proc/%d/fd/%d", getpid(), fd);
		say_file("in", "f", self);
		say_file("in", "g", "/proc/self/cwd/g");
		say_file("in", "d/x", "/proc/1/cwd/d/x");
		_exit(0);
	}
	wait_for(pid);
}

/* A mount that has no place in the tree. */
static void detached(void)
{
	int fd;

	isolate(0);
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, "d", OPEN_TREE_CLONE);
	if (fd < 0)
		return;
	say("say", "-", "detached");
	fd = (int)MUST(openat(fd, "x", O_RDONLY));
	close(fd);
	say("gap", "-", "unnamed-place");
}

static void by_handle(void)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = {.h.handle_bytes = MAX_HANDLE_SZ};
	int mount, d = (int)MUST(open("d", O_RDONLY)), fd;

	if (name_to_handle_at(AT_FDCWD, "d/x", &u.h, &mount, 0) < 0) {
		say("look", "d/x", "");
		return;
	}
	fd = open_by_handle_at(d, &u.h, O_RDONLY);
	if (fd < 0) {
		/* Not as an ordinary user. */
		say("look", "d/x", "");
		return;
	}
	say_fd("in", "d/x", fd);
	MUST(name_to_handle_at(AT_FDCWD, "f", &u.h, &mount, 0));
	fd = (int)MUST(open_by_handle_at(d, &u.h, O_WRONLY));
	put_fd(fd, "NEW");
	left("f");
	say("kept", "f", "");
	MUST(name_to_handle_at(AT_FDCWD, "g", &u.h, &mount, 0));
	fd = (int)MUST(open_by_handle_at(d, &u.h, O_WRONLY | O_TRUNC));
	put_fd(fd, "NEW");
	left("g");
	say("unread", "g", "");
}

/* A thread with another working directory and other descriptors. */
static void *apart(void *arg)
{
	int fd;

	MUST(unshare(CLONE_FS | CLONE_FILES));
	MUST(chdir("d"));
	fd = (int)MUST(open("sub", O_PATH));
	/* The same number is another directory to the other thread. */
	MUST(dup2(fd, *(int *)arg));
	say_file("in", "d/x", "x");
	say_fd("in", "d/sub/z", (int)MUST(openat(*(int *)arg, "z", O_RDONLY)));
	return NULL;
}

static void thread_apart(void)
{
	int fd = (int)MUST(open(".", O_PATH));
	pthread_t t;

	pthread_create(&t, NULL, apart, &fd);
	pthread_join(t, NULL);
	in("f");
	say_fd("in", "g", (int)MUST(openat(fd, "g", O_RDONLY)));
}

static void two_views(void)
{
	int p[2];
	char byte;
	pid_t pid;

	MUST(pipe(p));
	pid = fork();
	if (pid == 0) {
		isolate(0);
		MUST(mount("d/sub", "d", NULL, MS_BIND, NULL));
		MUST(write(p[1], "x", 1));
		say_file("in", "d/z", "d/z");
		_exit(0);
	}
	MUST(read(p[0], &byte, 1));
	wait_for(pid);
	in("d/x");
	in("d/sub/z");
	FAILS(ENOENT, open("d/z", O_RDONLY));
}

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}
#define WITH(f, p)                 \
	{                          \
#f, f, prepare_##p \
	}

const struct cell cells[] = {
	CELL(new_namespaces),
	WITH(by_clone, e),
	WITH(bound, e),
	CELL(hidden),
	CELL(in_memory),
	WITH(overlaid, e),
	WITH(jailed, jail),
	WITH(jailed_in_namespace, jail),
	WITH(jailed_by_openat, jail),
	WITH(pivoted, jail),
	CELL(own_processes),
	CELL(detached),
	CELL(two_views),
	CELL(thread_apart),
	CELL(by_handle),
	{NULL, NULL, NULL},
};
