// SPDX-License-Identifier: Apache-2.0
/*
 * same_confined [CASE...]: a program that has seccomp filters of its own, or a
 * listener, or strict mode.
 */
#include "cases.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1
#endif

static long load(int nr, unsigned action, unsigned flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = {COUNT(f), f};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

static long look(void)
{
	return syscall(SYS_readlink, "/proc/self/exe", (char[100]){0}, 100);
}

static volatile sig_atomic_t trapped;

static void trap(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	trapped = info->si_syscall == SYS_readlink && info->si_code == 1 &&
		  info->si_errno == 12;
}

static void errors(void)
{
	say("load %s", result(load(SYS_readlink, SECCOMP_RET_ERRNO | EXDEV, 0)));
	say("watched %s", result(look()));
	say("again %s", result(load(SYS_getpid, SECCOMP_RET_ERRNO | 77, 0)));
	say("other %s", result(syscall(SYS_getpid)));
	say("still %d", open("/etc/passwd", O_RDONLY) > 2);
	say("child %s", ending(system("exec readlink /proc/self/exe")));
}

static void traps(void)
{
	struct sigaction a = {.sa_sigaction = trap, .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &a, NULL);
	say("load %s", result(load(SYS_readlink, SECCOMP_RET_TRAP | 12, 0)));
	look();
	say("trapped %d", trapped);
}

static void kill_process(void)
{
	must(load(SYS_readlink, SECCOMP_RET_KILL_PROCESS, 0));
	look();
}

static void *killed_thread(void *arg)
{
	must(load(SYS_readlink, SECCOMP_RET_KILL_THREAD, 0));
	look();
	return arg;
}

static void kill_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, killed_thread, NULL);
	pause_ms(50);
	_exit(look() > 0 ? 6 : 7);
}

static void kills(void)
{
	say("process %s", in_child(kill_process));
	say("thread %s", in_child(kill_thread));
}

static void logs(void)
{
	say("log %s", result(load(SYS_readlink, SECCOMP_RET_LOG, 0)));
	say("goes on %d", look() > 0);
	say("allow %s", result(load(SYS_readlink, SECCOMP_RET_ALLOW, 0)));
	say("goes on %d", look() > 0);
}

/* A tracer of its own asks for the stop: whose filter counts? */
static void traced(void)
{
	pid_t pid = (pid_t)must(fork());
	int status = 0, stops = 0;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(99);
		raise(SIGSTOP);
		if (load(SYS_readlink, SECCOMP_RET_TRACE | 5, 0) < 0)
			_exit(98);
		look();
		look();
		_exit(0);
	}
	must(waitpid(pid, &status, 0));
	if (WIFSTOPPED(status))
		ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP);
	while (WIFSTOPPED(status)) {
		stops += status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
		ptrace(PTRACE_CONT, pid, 0, 0);
		must(waitpid(pid, &status, 0));
	}
	say("stops %d, %s", stops, ending(status));
}

/* Without a tracer such a call fails (seccomp(2)). */
static void untraced(void)
{
	must(load(SYS_readlink, SECCOMP_RET_TRACE, 0));
	say("watched %s", result(look() > 0 ? 0 : -1));
	must(load(SYS_getpid, SECCOMP_RET_TRACE, 0));
	say("other %s", result(syscall(SYS_getpid) > 0 ? 0 : -1));
}

static void *answers(void *arg)
{
	int fd = *(int *)arg;

	for (int i = 0; i < 2; i++) {
		struct seccomp_notif n = {0};
		struct seccomp_notif_resp r = {0};

		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
			return NULL;
		r.id = n.id;
		r.flags = i ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
		r.val = i ? 0 : 4711;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
	}
	return NULL;
}

static void listener(void)
{
	static int fd;
	pthread_t t;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = (int)load(SYS_readlink, SECCOMP_RET_USER_NOTIF,
		SECCOMP_FILTER_FLAG_NEW_LISTENER);
	say("listener %s", fd < 0 ? result(-1) : "0");
	if (fd < 0)
		return;
	pthread_create(&t, NULL, answers, &fd);
	say("answered %s", result(look()));
	say("goes on %d", look() > 0);
	pthread_join(t, NULL);
}

static void strict(void)
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
			_exit(errno);
		syscall(SYS_write, -1, "", 0);
		syscall(SYS_exit, 0);
	}
	say("quiet %s", ending(end_of(pid)));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
			_exit(errno);
		look();
		syscall(SYS_exit, 0);
	}
	say("not allowed %s", ending(end_of(pid)));
}

static atomic_int ready;

static void *is_filtered(void *arg)
{
	(void)arg;
	while (!atomic_load(&ready))
		access("/etc/passwd", R_OK);
	return (void *)(intptr_t)(look() < 0 ? errno : 0);
}

static void all_threads(void)
{
	pthread_t t[3];
	void *r;

	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, is_filtered, NULL);
	say("load %s", result(load(SYS_readlink, SECCOMP_RET_ERRNO | EXDEV,
			       SECCOMP_FILTER_FLAG_TSYNC)));
	atomic_store(&ready, 1);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &r);
		say("thread %s", strerrorname_np((int)(intptr_t)r));
	}
}

/* What it can see of being watched. */
static void modes(void)
{
	unsigned action = SECCOMP_RET_USER_NOTIF;

	say("mode %s", result(prctl(PR_GET_SECCOMP)));
	say("no new privileges %s",
		result(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
	say("available %s", result(syscall(SYS_seccomp,
				    SECCOMP_GET_ACTION_AVAIL, 0, &action)));
	say("bad flags %s", result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				    0x80000000, NULL)));
	say("no program %s",
		result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL)));
	say("io_uring %s", result(syscall(425, 4, (char[256]){0})));
}

/* Without no_new_privs only the privileged may filter. */
static void privileged(void)
{
	struct sock_filter ok = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog p = {1, &ok};

	say("%s", result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p)));
}

static const struct probe_case cases[] = {
	{"errors", errors},
	{"traps", traps},
	{"kills", kills},
	{"logs", logs},
	{"traced", traced},
	{"untraced", untraced},
	{"listener", listener},
	{"strict", strict},
	{"all-threads", all_threads},
	{"modes", modes},
	{"privileged", privileged},
};

int main(int argc, char **argv)
{
	return run_cases("confined", cases, COUNT(cases), argc, argv);
}
