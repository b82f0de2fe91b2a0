// SPDX-License-Identifier: Apache-2.0
/*
 * Each way there is to reach a file: relative to descriptors and directories,
 * through links, by the names that /proc gives it, without a name. See
 * matrix.h.
 */
#include "matrix.h"

#include <linux/openat2.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static int how(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how h = {.flags = flags, .resolve = resolve};

	return (int)syscall(SYS_openat2, dir, path, &h, sizeof(h));
}

static void relative(void)
{
	in("f");
	say_file("in", "g", "./g");
	say_file("in", "d/x", "d//x");
	say_file("in", "d/y", "d/../d/./y");
	say_file("in", "one", "d/sub/../../one");
}

static void by_directory_descriptor(void)
{
	int d = (int)MUST(open("d", O_RDONLY | O_DIRECTORY));
	int path = (int)MUST(open("d", O_PATH));

	say_fd("in", "d/x", (int)MUST(openat(d, "x", O_RDONLY)));
	say_fd("in", "d/sub/z", (int)MUST(openat(path, "sub/z", O_RDONLY)));
	say_fd("in", "f", (int)MUST(openat(path, "../f", O_RDONLY)));
	say_fd("in", "g", (int)MUST(openat(d, "./.././g", O_RDONLY)));
	FAILS(ENOENT, openat(path, "nothing", O_RDONLY));
	say("absent", "d/nothing", "");
}

static void by_openat2(void)
{
	int d = (int)MUST(open("d", O_PATH));

	if (how(AT_FDCWD, "f", O_RDONLY, 0) < 0 && errno == ENOSYS) {
		in("f");
		return;
	}
	say_fd("in", "f", (int)MUST(how(AT_FDCWD, "f", O_RDONLY, 0)));
	say_fd("in", "d/x", (int)MUST(how(d, "x", O_RDONLY, RESOLVE_BENEATH)));
	say_fd("in", "d/sub/z",
		(int)MUST(how(d, "sub/../sub/z", O_RDONLY, RESOLVE_NO_SYMLINKS)));
	FAILS(EXDEV, how(d, "../g", O_RDONLY, RESOLVE_BENEATH));
}

/* The directory is the root then, for ".." and for absolute paths. */
static void in_root(void)
{
	int d = (int)MUST(open("d", O_PATH));

	if (how(AT_FDCWD, "f", O_RDONLY, 0) < 0 && errno == ENOSYS)
		return;
	say_fd("in", "d/x", (int)MUST(how(d, "/x", O_RDONLY, RESOLVE_IN_ROOT)));
	say_fd("in", "d/y",
		(int)MUST(how(d, "../../y", O_RDONLY, RESOLVE_IN_ROOT)));
	say_fd("in", "d/sub/z",
		(int)MUST(how(d, "absolute", O_RDONLY, RESOLVE_IN_ROOT)));
	FAILS(ENOENT, how(d, "/f", O_RDONLY, RESOLVE_IN_ROOT));
	say("absent", "d/f", "");
	/* The same path from another root. */
	say_fd("in", "d/same",
		(int)MUST(how(d, "/same", O_RDONLY, RESOLVE_IN_ROOT)));
	d = (int)MUST(open("d/sub", O_PATH));
	say_fd("in", "d/sub/same",
		(int)MUST(how(d, "/same", O_RDONLY, RESOLVE_IN_ROOT)));
}

static void prepare_in_root(void)
{
	MUST(symlink("/sub/z", "d/absolute"));
	prepare_file("d/same");
	prepare_file("d/sub/same");
}

static void changed_directory(void)
{
	int d = (int)MUST(open("d", O_PATH));

	MUST(chdir("d/sub"));
	say_file("in", "d/sub/z", "z");
	say_file("in", "f", "../../f");
	MUST(fchdir(d));
	say_file("in", "d/x", "x");
	MUST(chdir(".."));
	in("g");
}

static void directory_moved_under_us(void)
{
	MUST(chdir("d"));
	say_file("in", "d/x", "x");
	MUST(rename("../d", "../e"));
	say_file("in", "d/y", "y");
	say_file("in", "d/sub/z", "../e/sub/z");
	MUST(rename("../e", "../d"));
	say_file("in", "f", "../f");
}

static void directory_gone_under_us(void)
{
	MUST(mkdir("e", 0755));
	MUST(mkdir("e/deeper", 0755));
	MUST(chdir("e/deeper"));
	MUST(rmdir("../deeper"));
	FAILS(ENOENT, open("f", O_RDONLY));
	say_file("in", "f", "../../f");
	say_file("in", "d/x", ".././../d/x");
}

static void prepare_deleted(void)
{
	prepare_file("f (deleted)");
	MUST(mkdir("d (deleted)", 0755));
	prepare_file("d (deleted)/x");
}

/* Names as the kernel gives them to what has gone. */
static void called_deleted(void)
{
	int fd = (int)MUST(open("f (deleted)", O_RDONLY));
	char self[64];

	in("f (deleted)");
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	say_file("in", "f (deleted)", self);
	MUST(chdir("d (deleted)"));
	say_file("in", "d (deleted)/x", "x");
	MUST(chdir(".."));
	fd = (int)MUST(open("g", O_PATH));
	MUST(unlink("g"));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	say_file("in", "g", self);
}

static void through_links(void)
{
	say_file("in", "f", "s");
	say("link", "s", "f");
	say_file("in", "d/x", "sd/x");
	say("link", "sd", "d");
	say_file("in", "g", "sd/../g");
	say_file("in", "d/sub/z", "sd/sub/../sub/z");
	say_file("in", "one", "chain");
	say("link", "chain", "sd/../mid");
	say("link", "mid", "one");
	FAILS(ELOOP, open("loop", O_RDONLY));
	FAILS(ELOOP, open("s", O_RDONLY | O_NOFOLLOW));
}

static void prepare_through_links(void)
{
	MUST(symlink("one", "mid"));
	MUST(symlink("sd/../mid", "chain"));
	MUST(symlink("loop", "loop"));
}

static void by_proc(void)
{
	char self[300];
	int fd = (int)MUST(open("f", O_PATH));
	int d = (int)MUST(open("d", O_PATH));

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	say_file("in", "f", self);
	snprintf(self, sizeof(self), "/proc/%d/cwd/g", getpid());
	say_file("in", "g", self);
	snprintf(self, sizeof(self), "/dev/fd/%d/x", d);
	say_file("in", "d/x", self);
	snprintf(self, sizeof(self), "/proc/self/./task/%ld/fd//%d/../d/y",
		syscall(SYS_gettid), d);
	say_file("in", "d/y", self);
	fd = (int)MUST(open("one", O_PATH));
	snprintf(self, sizeof(self), "/proc/self/fdinfo/../fd/%d", fd);
	say_file("in", "one", self);
	snprintf(self, sizeof(self),
		"/proc/self/root/proc/thread-self/cwd/d/"
		"sub/z");
	say_file("in", "d/sub/z", self);
}

static void by_proc_for_writing(void)
{
	char self[64];
	int fd = (int)MUST(open("f", O_RDONLY));

	snprintf(self, sizeof(self), "/proc/thread-self/fd/%d", fd);
	put(self, O_RDWR, "NEW");
	left("f");
	say("kept", "f", "");
	fd = (int)MUST(open("g", O_PATH));
	snprintf(self, sizeof(self), "/proc/self/task/%ld/fd/%d",
		syscall(SYS_gettid), fd);
	in("g");
	MUST(truncate(self, 4));
	left("g");
}

/* The same name means another file to each process, and each time. */
static void standard_input(void)
{
	const char *const names[] = {"f", "g", "d/x"};

	for (int i = 0; i < 3; i++) {
		int fd = (int)MUST(open(names[i], O_PATH));

		MUST(dup2(fd, 0));
		close(fd);
		say_file("in", names[i], "/dev/stdin");
	}
	MUST(dup2((int)MUST(open("one", O_PATH)), 0));
	say_file("in", "one", "stdin");
	MUST(dup2((int)MUST(open("d/y", O_PATH)), 0));
	say_file("in", "d/y", "stdin");
}

static void prepare_standard_input(void)
{
	MUST(symlink("/dev/stdin", "stdin"));
}

static void send_descriptor(int to, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	MUST(sendmsg(to, &m, 0));
}

static int receive_descriptor(int from)
{
	char room[CMSG_SPACE(sizeof(int))], byte;
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	int fd = -1;

	if (MUST(recvmsg(from, &m, 0)) == 1)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

/* From one process of the run to another one, which only has a descriptor. */
static void descriptor_passed(void)
{
	int pair[2];
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	if (pid == 0) {
		send_descriptor(pair[1], (int)MUST(open("f", O_RDONLY)));
		send_descriptor(pair[1], (int)MUST(open("g", O_PATH)));
		send_descriptor(pair[1], (int)MUST(open("d", O_PATH)));
		send_descriptor(pair[1], (int)MUST(open("one", O_RDWR)));
		_exit(0);
	}
	say_fd("in", "f", receive_descriptor(pair[0]));
	{
		char self[64];
		int fd = receive_descriptor(pair[0]);

		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		say_file("in", "g", self);
		fd = (int)MUST(
			openat(receive_descriptor(pair[0]), "x", O_RDONLY));
		say_fd("in", "d/x", fd);
		MUST(write(receive_descriptor(pair[0]), "NEW", 3));
	}
	wait_for(pid);
	left("one");
	say("kept", "one", "");
}

static void ways_of_reading(void)
{
	char buf[100];
	struct iovec v = {buf, sizeof(buf)};
	int fd = (int)MUST(open("f", O_RDONLY)), p[2];
	char *map = mmap(NULL, 10, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	say_bytes("in", "f", map, strlen(map));
	fd = (int)MUST(open("g", O_RDONLY));
	say_bytes("in", "g", buf, (size_t)MUST(preadv(fd, &v, 1, 0)));
	MUST(pipe(p));
	fd = (int)MUST(open("one", O_RDONLY));
	MUST(splice(fd, NULL, p[1], NULL, sizeof(buf), 0));
	say_bytes("in", "one", buf, (size_t)MUST(read(p[0], buf, 100)));
	fd = (int)MUST(open("d/x", O_RDONLY));
	MUST(sendfile(p[1], fd, NULL, sizeof(buf)));
	say_bytes("in", "d/x", buf, (size_t)MUST(read(p[0], buf, 100)));
	fd = (int)MUST(open("d/y", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_ASYNC));
	say_bytes("in", "d/y", buf, (size_t)MUST(pread(fd, buf, 100, 0)));
	/* For ioctl only, but it is open. */
	close((int)MUST(open("d/sub/z", O_ACCMODE)));
	say("kept", "d/sub/z", "");
}

static void *thread_reads(void *arg)
{
	in("f");
	return arg;
}

static void thread_with_own_directory(void)
{
	pthread_t t;

	MUST(chdir("d"));
	MUST(chdir(".."));
	pthread_create(&t, NULL, thread_reads, NULL);
	pthread_join(t, NULL);
	in("g");
}

static void refused_ring(void)
{
	char params[128] = "";

	FAILS(ENOSYS, syscall(SYS_io_uring_setup, 4, params));
	in("f");
	say("note", "-", "io-uring");
}

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}
#define PREPARED(f)                \
	{                          \
#f, f, prepare_##f \
	}

const struct cell cells[] = {
	CELL(relative),
	CELL(by_directory_descriptor),
	CELL(by_openat2),
	PREPARED(in_root),
	CELL(changed_directory),
	CELL(directory_moved_under_us),
	CELL(directory_gone_under_us),
	{"called_deleted", called_deleted, prepare_deleted},
	PREPARED(through_links),
	CELL(by_proc),
	CELL(by_proc_for_writing),
	PREPARED(standard_input),
	CELL(descriptor_passed),
	CELL(ways_of_reading),
	CELL(thread_with_own_directory),
	CELL(refused_ring),
	{NULL, NULL, NULL},
};
