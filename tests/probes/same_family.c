// SPDX-License-Identifier: Apache-2.0
/*
 * same_family [CASE...]: what a process may do with its relatives, and what
 * becomes of children without a parent.
 */
#include "cases.h"

#include <linux/kcmp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/uio.h>

static pid_t child(int code)
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0)
		_exit(code);
	return pid;
}

/* Waits until it is killed. */
static pid_t sleeper(void)
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static int open_pidfd(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static void pidfds(void)
{
	pid_t pid = sleeper();
	int fd = open_pidfd(pid, 0);
	struct pollfd p = {fd, POLLIN, 0};
	siginfo_t info = {0};

	say("open %d, itself %d", fd > 2, open_pidfd(getpid(), 0) > 2);
	say("bad %s", result(open_pidfd(-1, 0)));
	say("poll %d", poll(&p, 1, 0));
	say("signal %s",
		result(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0)));
	must(poll(&p, 1, 10000));
	say("poll %x", p.revents);
	must(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
	say("code %d status %d", info.si_code, info.si_status);
	say("signal %s",
		result(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0)));
	say("open %s", result(open_pidfd(pid, 0)));
}

/* What a parent may do with its child's insides. */
static void insides(void)
{
	static char secret[] = "before";
	pid_t pid = sleeper();
	int fd = open_pidfd(pid, 0), null = open("/dev/null", O_RDONLY), taken;
	char buf[sizeof(secret)] = "", path[64];
	struct iovec l = {buf, sizeof(buf)}, r = {secret, sizeof(secret)};
	struct rlimit limit;

	say("read %s", result(process_vm_readv(pid, &l, 1, &r, 1, 0)));
	say("it says %s", buf);
	strcpy(buf, "after!");
	say("write %s", result(process_vm_writev(pid, &l, 1, &r, 1, 0)));
	say("mine %s", secret);
	taken = (int)syscall(SYS_pidfd_getfd, fd, 0, 0);
	say("getfd %s", taken > 2 ? "0" : result(taken));
	say("kcmp %s",
		result(syscall(SYS_kcmp, getpid(), pid, KCMP_FILE, null, null)));
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	say("mem %s", result(pread(fd, buf, 6, (off_t)(uintptr_t)secret)));
	say("it says %s", buf);
	say("prlimit %s", result(prlimit(pid, RLIMIT_NOFILE, NULL, &limit)));
	say("affinity %d", sched_getaffinity(pid, 8, (void *)path) >= 0);
	kill(pid, SIGKILL);
	say("%s", ending(end_of(pid)));
}

/* A grandchild whose parent is gone tells who is its parent then. */
static pid_t adopted_by(void)
{
	pid_t parent = 0, pid;
	int pair[2];

	must(pipe(pair));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		pid_t middle = getpid();

		if (fork() != 0)
			_exit(0);
		while (getppid() == middle)
			pause_ms(1);
		parent = getppid();
		must(write(pair[1], &parent, sizeof(parent)));
		_exit(4);
	}
	end_of(pid);
	must(read(pair[0], &parent, sizeof(parent)));
	return parent;
}

static pid_t parent_of(pid_t pid)
{
	char path[64];
	int ppid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%*d (%*[^)]) %*c %d", &ppid) != 1)
		ppid = 0;
	if (f)
		fclose(f);
	return ppid;
}

/* The nearest ancestor that wants them (prctl(2)), or process 1. */
static void orphans(void)
{
	pid_t heir = adopted_by(), up = getpid();

	while (up > 0 && up != heir)
		up = parent_of(up);
	say("an ancestor %d", up == heir);
	say("by this program %d", heir == getpid());
	say("by process 1 %d", heir == 1);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	say("now %d", adopted_by() == getpid());
	say("%s", ending(end_of(-1)));
}

static void daemons(void)
{
	int pair[2];
	char text[64];
	ssize_t n;

	must(pipe(pair));
	if (must(fork()) == 0) {
		must(daemon(0, 0));
		n = snprintf(text, sizeof(text), "session %d cwd %s tty %d",
			getsid(0) != getpid(), getcwd((char[99]){0}, 99),
			open("/dev/tty", O_RDONLY) > 0);
		must(write(pair[1], text, (size_t)n));
		_exit(0);
	}
	say("%s", ending(end_of(-1)));
	n = must(read(pair[0], text, sizeof(text)));
	say("%.*s", (int)n, text);
}

static void parent_death(void)
{
	int pair[2];
	char c = 'x';

	must(pipe(pair));
	if (must(fork()) == 0) {
		if (fork() == 0) {
			must(prctl(PR_SET_PDEATHSIG, SIGKILL));
			must(write(pair[1], &c, 1));
			for (;;)
				pause();
		}
		must(read(pair[0], &c, 1));
		_exit(0);
	}
	say("%s", ending(end_of(-1)));
	close(pair[1]);
	/* The end of file says that the grandchild is gone. */
	say("gone %s", result(read(pair[0], &c, 1)));
}

static void usage(void)
{
	struct rusage r;
	struct tms t;
	int status;
	pid_t pid = (pid_t)must(fork());

	if (pid == 0) {
		volatile unsigned long n = 0;
		clock_t end = clock() + CLOCKS_PER_SEC / 20;

		while (clock() < end)
			n++;
		_exit(0);
	}
	must(wait4(pid, &status, 0, &r));
	say("user and system %d",
		r.ru_utime.tv_usec + r.ru_stime.tv_usec >= 40000);
	must(getrusage(RUSAGE_CHILDREN, &r));
	say("of children %d", r.ru_utime.tv_usec + r.ru_stime.tv_usec >= 40000);
	times(&t);
	say("times %d", t.tms_cutime + t.tms_cstime >= 3);
	must(getrusage(RUSAGE_SELF, &r));
	say("faults %d, swaps %ld", r.ru_minflt > 0, r.ru_nswap);
}

/* EOF of a pipe comes when its last writer is gone, not later. */
static void end_of_file(void)
{
	for (int i = 0; i < 50; i++) {
		int pair[2];
		char c;
		pid_t pid;

		must(pipe(pair));
		pid = child(i);
		close(pair[1]);
		if (read(pair[0], &c, 1) != 0 || WEXITSTATUS(end_of(pid)) != i)
			say("%d", i);
		close(pair[0]);
	}
	say("done");
}

static const struct probe_case cases[] = {
	{"pidfds", pidfds},
	{"insides", insides},
	{"orphans", orphans},
	{"daemons", daemons},
	{"parent-death", parent_death},
	{"usage", usage},
	{"end-of-file", end_of_file},
};

int main(int argc, char **argv)
{
	return run_cases("family", cases, COUNT(cases), argc, argv);
}
