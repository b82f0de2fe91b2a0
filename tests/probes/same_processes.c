// SPDX-License-Identifier: Apache-2.0
/*
 * same_processes [CASE...]: fork and its relatives, exec in all its ways, and
 * how processes end.
 */
#include "cases.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

static void exit_statuses(void)
{
	for (int i = 0; i < 256; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(i);
		say("%d %s", i, ending(end_of(pid)));
	}
}

static void deaths(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	for (int s = 1; s < NSIG; s++) {
		pid_t pid;
		int status;

		if (s == SIGSTOP || s == SIGTSTP || s == SIGTTIN || s == SIGTTOU)
			continue;
		pid = fork();
		if (pid == 0) {
			signal(s, SIG_DFL);
			raise(s);
			_exit(1);
		}
		status = end_of(pid);
		say("%d %s", s, ending(status));
	}
}

static void segv(void)
{
	*(volatile int *)1 = 1;
}

static void trap(void)
{
	__builtin_trap();
}

static void divide(void)
{
	volatile int zero = 0;

	_exit(100 / zero);
}

static void faults(void)
{
	struct rlimit l = {0, RLIM_INFINITY};

	must(getrlimit(RLIMIT_CORE, &l));
	l.rlim_cur = 0;
	must(setrlimit(RLIMIT_CORE, &l));
	say("segv %s", in_child(segv));
	say("trap %s", in_child(trap));
	say("divide %s", in_child(divide));
	say("abort %s", in_child(abort));
	l.rlim_cur = l.rlim_max;
	must(setrlimit(RLIMIT_CORE, &l));
	say("with a core %s", in_child(segv));
}

static void family(void)
{
	pid_t me = getpid(), pid = fork();

	if (pid == 0)
		_exit(getppid() == me && getpid() != me && gettid() == getpid()
				? 5
				: 6);
	say("%s", ending(end_of(pid)));
}

static void storm(void)
{
	pid_t pids[100];
	int sum = 0;

	for (int i = 0; i < 100; i++) {
		pids[i] = (pid_t)must(fork());
		if (pids[i] == 0)
			_exit(access("/etc/passwd", R_OK) == 0 ? 1 : 2);
	}
	for (int i = 0; i < 100; i++)
		sum += WEXITSTATUS(end_of(pids[i]));
	say("sum %d", sum);
}

static void vforks(void)
{
	static volatile int seen, sum, i;

	for (; i < 30; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			seen++;
			if (i % 3 == 0)
				execl("/no/such", "x", NULL);
			else
				execl("/bin/true", "true", NULL);
			_exit(3);
		}
		sum += WEXITSTATUS(end_of(pid));
	}
	say("seen %d, failed %d", seen, sum);
}

static char stack[8][65536] __attribute__((aligned(16)));

static int child_fs(void *arg)
{
	(void)arg;
	return chdir("sub") < 0 ? errno : umask(027) == 022 ? 0 : 99;
}

static int child_files(void *arg)
{
	int fd = open("made", O_CREAT | O_RDWR, 0600);

	*(int *)arg = fd;
	return fd > 2 ? 0 : 1;
}

static void clone_shares(void)
{
	int fd = -1, status;
	char cwd[4096];
	pid_t pid;

	must(mkdir("sub", 0755));
	pid = clone(child_fs, stack[1], CLONE_FS | SIGCHLD, NULL);
	status = end_of(pid);
	say("fs %s, %s, umask %o, made here %s", ending(status),
		getcwd(cwd, sizeof(cwd)) ? strrchr(cwd, '/') : "?", umask(022),
		result(open("here", O_CREAT | O_WRONLY, 0644) > 2));
	say("up %s", result(access("../sub/here", F_OK)));
	pid = clone(child_files, stack[1],
		CLONE_FILES | CLONE_VM | CLONE_FS | SIGCHLD, &fd);
	status = end_of(pid);
	say("files %s, write %s", ending(status), result(write(fd, "abc", 3)));
	pid = clone(child_files, stack[1], CLONE_VM | CLONE_VFORK | SIGCHLD, &fd);
	say("vm %s, write %s", ending(end_of(pid)),
		result(write(fd + 1, "abc", 3)));
}

static long clone3(struct clone_args *a, size_t size)
{
	return syscall(SYS_clone3, a, size);
}

static int grandchild(void *arg)
{
	return getppid() == *(pid_t *)arg ? 4 : 5;
}

static void clone3s(void)
{
	int fd = -1;
	pid_t me = getpid(), tid = 0, pid;
	struct clone_args a = {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID |
					CLONE_CLEAR_SIGHAND,
		.pidfd = (uintptr_t)&fd,
		.parent_tid = (uintptr_t)&tid,
		.exit_signal = SIGCHLD};
	siginfo_t info = {0};

	signal(SIGUSR1, SIG_IGN);
	pid = (pid_t)must(clone3(&a, sizeof(a)));
	if (pid == 0)
		_exit(signal(SIGUSR1, SIG_DFL) == SIG_IGN ? 7 : 8);
	say("descriptor %d tid %d", fd, tid == pid);
	say("waitid %s", result(waitid(P_PIDFD, (id_t)fd, &info, WEXITED)));
	say("code %d status %d", info.si_code, info.si_status);
	say("small %s", result(clone3(&a, 8)));
	say("bad flags %s",
		result(clone3(&(struct clone_args){.flags = CLONE_SIGHAND},
			sizeof(a))));
	say("no memory %s", result(clone3(NULL, sizeof(a))));
	pid = clone(grandchild, stack[1], CLONE_PARENT | SIGCHLD, &me);
	/* It is a sibling: not ours to wait for. */
	say("parent's %s", result(waitpid(pid, NULL, __WALL)));
	pid = clone(grandchild, stack[1], 0, &me);
	say("silent %s, %s", result(waitpid(pid, NULL, WNOHANG)),
		ending(end_of(pid)));
	pid = clone(grandchild, stack[1], SIGUSR1, &me);
	say("clone only %s", ending(end_of(pid)));
}

/* CLONE_UNTRACED is there to escape from a tracer. */
static int opens_something(void *arg)
{
	(void)arg;
	return open("/etc/passwd", O_RDONLY) > 2 ? 0 : errno;
}

static void clone_untraced(void)
{
	pid_t pid =
		clone(opens_something, stack[1], CLONE_UNTRACED | SIGCHLD, NULL);

	say("%s", ending(end_of(pid)));
}

static void namespaces(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(errno);
		_exit(getuid() == 65534 && access("/etc/passwd", R_OK) == 0
				? 0
				: 200);
	}
	say("user %s", ending(end_of(pid)));
	pid = fork();
	if (pid == 0) {
		int flags = CLONE_NEWPID | (geteuid() ? CLONE_NEWUSER : 0);

		if (unshare(flags) < 0)
			_exit(errno);
		pid = fork();
		if (pid == 0)
			_exit(getpid() == 1 && getppid() == 0 &&
						open("/etc/passwd", O_RDONLY) > 2
					? 3
					: 4);
		_exit(WEXITSTATUS(end_of(pid)));
	}
	say("pid %s", ending(end_of(pid)));
}

static void *waits(void *arg)
{
	for (;;)
		access("/etc/passwd", R_OK);
	return arg;
}

static void *ends_process(void *arg)
{
	pause_ms(20);
	_exit(arg ? 13 : 12);
}

/* exit_group by one thread, while others are in watched calls. */
static void exit_races(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			pthread_t t;

			for (int k = 0; k < 3; k++)
				pthread_create(&t, NULL, waits, NULL);
			if (i % 5 != 4)
				pthread_create(&t, NULL, ends_process, NULL);
			if (i % 2)
				pthread_exit(NULL);
			waits(NULL);
		}
		if (i % 5 == 4)
			kill(pid, SIGKILL);
		say("%s", ending(end_of(pid)));
	}
}

/* The kernel's limits of processes hold for the program alone. */
static void privileges(void)
{
	char copy[] = "cp /bin/sh mine; chmod 4755 mine; chmod 755 .";
	pid_t pid;

	must(system(copy) ? -1 : 0);
	if (geteuid() != 0)
		return;
	must(chown("mine", 0, 0) | chmod("mine", 04755));
	pid = fork();
	if (pid == 0) {
		must(setgid(12345) | setuid(12345));
		execl("./mine", "sh", "-pc", "exit $(id -u)", NULL);
		_exit(100);
	}
	say("set-user-id %s", ending(end_of(pid)));
	pid = fork();
	if (pid == 0) {
		must(setgid(12345) | setuid(12345));
		say("open %s", result(open("/etc/shadow", O_RDONLY)));
		say("kill %s", result(kill(1, 0)));
		_exit(access("/etc/passwd", R_OK));
	}
	say("unprivileged %s", ending(end_of(pid)));
}

static const struct probe_case cases[] = {
	{"exit-statuses", exit_statuses},
	{"deaths", deaths},
	{"faults", faults},
	{"family", family},
	{"storm", storm},
	{"vforks", vforks},
	{"clone-shares", clone_shares},
	{"clone3", clone3s},
	{"clone-untraced", clone_untraced},
	{"namespaces", namespaces},
	{"exit-races", exit_races},
	{"privileges", privileges},
};

int main(int argc, char **argv)
{
	return run_cases("processes", cases, COUNT(cases), argc, argv);
}
