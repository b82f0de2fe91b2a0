// SPDX-License-Identifier: Apache-2.0
/*
 * floor COMMAND [ARG...]: runs the command with every call stopped that names a
 * path, reads the path, lets the call through, and does nothing else. What
 * this costs, no recorder by seccomp user notification can fall below on this
 * machine.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#define SYNC_WAKE_UP 1UL

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define STOP BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)
#define GO BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define WHEN(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), STOP

static struct sock_filter code[] = {
	LOAD(nr),
	WHEN(SYS_openat),
	WHEN(SYS_execve),
	WHEN(SYS_faccessat),
	WHEN(SYS_readlinkat),
#ifdef SYS_open
	WHEN(SYS_open),
	WHEN(SYS_access),
	WHEN(SYS_readlink),
	WHEN(SYS_stat),
	WHEN(SYS_lstat),
#endif
	/* Not fstat(3), which is newfstatat with AT_EMPTY_PATH. */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_newfstatat, 0, 4),
	LOAD(args[3]),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x1000, 1, 0),
	STOP,
	GO,
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
	LOAD(args[2]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
	STOP,
	GO,
};

static int load(void)
{
	struct sock_fprog prog = {sizeof(code) / sizeof(*code), code};
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
			      SECCOMP_FILTER_FLAG_SPEC_ALLOW |
			      SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

union control {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void pass(int sock, int fd)
{
	union control c = {0};
	char byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr h = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.buf,
		.msg_controllen = sizeof(c.buf)};
	struct cmsghdr *m = CMSG_FIRSTHDR(&h);

	m->cmsg_level = SOL_SOCKET;
	m->cmsg_type = SCM_RIGHTS;
	m->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(m), &fd, sizeof(int));
	sendmsg(sock, &h, 0);
}

static int take(int sock)
{
	union control c = {0};
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr h = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.buf,
		.msg_controllen = sizeof(c.buf)};
	int fd = -1;

	if (recvmsg(sock, &h, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&h))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&h)), sizeof(int));
	return fd;
}

static void answer_all(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};
	struct seccomp_notif_resp r = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	struct seccomp_notif n;
	char path[256];

	for (;;) {
		memset(&n, 0, sizeof(n));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0) {
			if (poll(&p, 1, 0) == 1 && (p.revents & POLLHUP))
				return;
			continue;
		}
		if (n.data.nr != SYS_mmap) {
			int at = n.data.nr == SYS_openat ||
				 n.data.nr == SYS_newfstatat ||
				 n.data.nr == SYS_faccessat ||
				 n.data.nr == SYS_readlinkat;
			struct iovec local = {path, sizeof(path)};
			struct iovec remote = {
				(void *)n.data.args[at], sizeof(path)};

			process_vm_readv((pid_t)n.pid, &local, 1, &remote, 1, 0);
		}
		r.id = n.id;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
	}
}

int main(int argc, char **argv)
{
	int sock[2], listener, status;
	pid_t pid;

	if (argc < 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		return 125;
	pid = fork();
	if (pid == 0) {
		listener = load();
		pass(sock[1], listener);
		close(listener);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	listener = take(sock[0]);
	if (pid < 0 || listener < 0)
		return 125;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP);
	answer_all(listener);
	if (waitpid(pid, &status, 0) != pid)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
