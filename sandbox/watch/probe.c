// SPDX-License-Identifier: Apache-2.0
/*
 * What of watching works here, found out by doing it: a small piece of each
 * engine, in a child, since a filter stays for good and a profile may kill
 * whoever makes a call that it does not allow.
 */
#include "base/fs.h"
#include "base/packet.h"
#include "base/strbuf.h"
#include "sandbox/watch/internal.h"
#include "sandbox/watch/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* A filter that has `action` for one call. */
static int load_for(int nr, unsigned action, bool listener)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(*code), code};

	return watch_load_filter(&prog, listener, NULL);
}

static pid_t start(void (*child)(int sock), int *sock)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		child(pair[1]);
		_exit(0);
	}
	close(pair[1]);
	*sock = pair[0];
	return pid;
}

static void end(pid_t pid, int sock)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	close(sock);
}

static void say(int sock, int value, int fd)
{
	const struct watch_msg m = {.type = MSG_LISTENER, .value = value};

	packet_send(sock, &m, sizeof(m), fd);
}

/* What the child said; -1 when it could not, killed for its call. */
static int hear(int sock, int *fd)
{
	struct watch_msg m;

	return packet_recv(sock, &m, sizeof(m), fd) ? m.value : -1;
}

/* Is somebody above who answers? */
static void greet(int sock)
{
	int none;

	if (hear(sock, &none) < 0)
		return;
	syscall(SYS_seccomp, WATCH_HELLO, 0, NULL);
	say(sock, errno, -1);
}

static void probe_common(struct watch_support *s)
{
	static const char word[] = "reprise";
	char buf[sizeof(word)];
	int sock, none;
	pid_t pid = start(greet, &sock);

	if (pid < 0) {
		s->memory = errno;
		return;
	}
	/* The child has the same bytes at the same place. */
	if (watch_read(pid, (uintptr_t)word, buf, sizeof(buf)) < 0)
		s->memory = errno;
	say(sock, 0, -1);
	s->captured = hear(sock, &none) == WATCH_HELLO_BACK;
	/* Not killed: a watch above would miss the end of its exit_group. */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(sock);
}

static void be_notified(int sock)
{
	int fd = load_for(SYS_getppid, SECCOMP_RET_USER_NOTIF, true);

	say(sock, fd < 0 ? errno : 0, fd);
	if (fd >= 0) {
		close(fd);
		syscall(SYS_getppid);
	}
}

/* Receive the call and let it through. */
static int pass_one(int listener, int sock)
{
	struct pollfd p[] = {{.fd = listener, .events = POLLIN}, {.fd = sock}};
	struct seccomp_notif n = {0};

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return errno;
	if (!(p[0].revents & POLLIN))
		return EIO;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0 ||
		watch_notify_continue(listener, n.id) < 0)
		return errno;
	return 0;
}

static int probe_notify(void)
{
	int sock, listener = -1, code;
	pid_t pid = start(be_notified, &sock);

	if (pid < 0)
		return errno;
	code = hear(sock, &listener);
	if (code < 0)
		code = EPERM;
	else if (code == 0)
		code = listener < 0 ? EIO : pass_one(listener, sock);
	if (listener >= 0)
		close(listener);
	end(pid, sock);
	return code;
}

/* openat is what a listener above would take first. */
static void be_traced(int sock)
{
	int none;

	if (hear(sock, &none) < 0)
		return;
	if (load_for(SYS_openat, SECCOMP_RET_TRACE, false) < 0)
		_exit(errno);
	syscall(SYS_openat, -1, NULL, 0);
	_exit(EBUSY);
}

static int until_stopped(pid_t pid)
{
	struct __ptrace_syscall_info info;
	int status;

	for (;;) {
		if (waitpid(pid, &status, __WALL) < 0) {
			if (errno != EINTR)
				return errno;
			continue;
		}
		if (WIFEXITED(status))
			return WEXITSTATUS(status) ? WEXITSTATUS(status) : EIO;
		if (WIFSIGNALED(status))
			return EPERM;
		if (status >> 16 == PTRACE_EVENT_SECCOMP)
			break;
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) <=
			0 ||
		info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return EOPNOTSUPP;
	return 0;
}

static int probe_ptrace(void)
{
	int sock, code;
	pid_t pid = start(be_traced, &sock);

	if (pid < 0)
		return errno;
	if (watch_ptrace_attach(pid) < 0) {
		code = errno;
	} else {
		say(sock, 0, -1);
		code = until_stopped(pid);
	}
	end(pid, sock);
	return code;
}

/* Process ids would be taken for others, silently. */
static int probe_proc(void)
{
	char link[32], own[32];
	ssize_t n = readlink("/proc/self", link, sizeof(link) - 1);

	if (n < 0)
		return ENOENT;
	link[n] = 0;
	snprintf(own, sizeof(own), "%d", getpid());
	return strcmp(link, own) ? EXDEV : 0;
}

/* A number that stands behind `key`; -1 when there is none. */
static int number_in(const char *path, const char *key)
{
	autostrbuf text = STRBUF_INIT;
	const char *p;

	if (fs_slurp(path, &text) < 0 || !text.s)
		return -1;
	p = strstr(text.s, key);
	return p ? atoi(p + strlen(key)) : -1;
}

static bool kernel_before(unsigned major, unsigned minor)
{
	struct utsname u;
	unsigned a = 0, b = 0;

	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &a, &b) != 2)
		return false;
	return a < major || (a == major && b < minor);
}

void watch_support_probe(
	struct watch_support *s, enum watch_backend asked, bool all)
{
	struct sigaction none = {.sa_handler = SIG_DFL}, had;
	int tracer = number_in("/proc/self/status", "\nTracerPid:");

	*s = (struct watch_support){
		.notify = WATCH_UNTRIED,
		.ptrace = WATCH_UNTRIED,
		.proc = probe_proc(),
		.interrupts = kernel_before(5, 19),
		.yama = number_in("/proc/sys/kernel/yama/ptrace_scope", ""),
		.tracer = tracer > 0 ? tracer : 0,
	};
	/* An ignored SIGCHLD would take the children's ends away. */
	sigaction(SIGCHLD, &none, &had);
	probe_common(s);
	/* What is tried would be a gap in the record of the watch above. */
	if (s->captured && !all)
		goto out;
	s->notify = probe_notify();
	if (all || asked == BACKEND_PTRACE || s->notify || s->interrupts)
		s->ptrace = probe_ptrace();
out:
	sigaction(SIGCHLD, &had, NULL);
}
