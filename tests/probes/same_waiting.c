// SPDX-License-Identifier: Apache-2.0
/*
 * same_waiting [CASE...]: what a parent learns of its children.
 */
#include "cases.h"

#include <sys/mman.h>
#include <sys/signalfd.h>

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

static void none(void)
{
	say("waitpid %s", result(waitpid(-1, NULL, 0)));
	say("no hang %s", result(waitpid(-1, NULL, WNOHANG)));
	say("waitid %s", result(waitid(P_ALL, 0, NULL, WEXITED)));
	say("no flag %s", result(waitid(P_ALL, 0, NULL, 0)));
	say("another's %s", result(waitpid(1, NULL, 0)));
	say("self %s", result(waitpid(getpid(), NULL, 0)));
	say("bad options %s", result(waitpid(-1, NULL, 0x100)));
}

static void no_hang(void)
{
	pid_t pid = sleeper();

	say("running %s", result(waitpid(pid, NULL, WNOHANG)));
	kill(pid, SIGTERM);
	say("%s", ending(end_of(pid)));
	say("again %s", result(waitpid(pid, NULL, WNOHANG)));
	say("kill %s", result(kill(pid, 0)));
}

static void zombie(void)
{
	pid_t pid = child(3);
	siginfo_t info = {0};
	char path[64], state = '?';
	FILE *f;

	say("peek %s",
		result(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT)));
	say("code %d status %d uid %d", info.si_code, info.si_status,
		info.si_uid == getuid());
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	must(f && fscanf(f, "%*d (%*[^)]) %c", &state) == 1 ? 0 : -1);
	say("state %c", state);
	say("kill %s", result(kill(pid, SIGTERM)));
	say("peek again %s", result(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT)));
	say("%s", ending(end_of(pid)));
}

static void stopped(void)
{
	pid_t pid = sleeper();
	int status = 0;
	siginfo_t info;

	for (int i = 0; i < 3; i++) {
		kill(pid, i == 1 ? SIGTSTP : SIGSTOP);
		must(waitpid(pid, &status, WUNTRACED));
		say("%s", ending(status));
		kill(pid, SIGCONT);
		must(waitpid(pid, &status, WCONTINUED));
		say("%s", ending(status));
	}
	kill(pid, SIGSTOP);
	memset(&info, 0, sizeof(info));
	must(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT));
	say("code %d status %d", info.si_code, info.si_status);
	must(waitid(P_PID, (id_t)pid, &info, WSTOPPED));
	say("once %s", result(waitpid(pid, NULL, WUNTRACED | WNOHANG)));
	kill(pid, SIGTERM);
	say("pending %s", result(waitpid(pid, NULL, WNOHANG)));
	kill(pid, SIGCONT);
	say("%s", ending(end_of(pid)));
}

/* Stopped is stopped: nothing runs until it is continued. */
static void stands_still(void)
{
	volatile unsigned long *n = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = (pid_t)must(fork());
	unsigned long before;

	if (pid == 0)
		for (;; (*n)++)
			access("/etc/passwd", R_OK);
	for (int i = 0; i < 3; i++) {
		while (*n < (unsigned long)i * 100)
			pause_ms(1);
		kill(pid, i == 1 ? SIGTSTP : SIGSTOP);
		must(waitpid(pid, NULL, WUNTRACED));
		before = *n;
		pause_ms(30);
		say("moves %d", *n != before);
		kill(pid, SIGCONT);
	}
	kill(pid, SIGKILL);
	say("%s", ending(end_of(pid)));
}

static void killed_while_stopped(void)
{
	pid_t pid = sleeper();
	int status;

	kill(pid, SIGSTOP);
	must(waitpid(pid, &status, WUNTRACED));
	kill(pid, SIGKILL);
	say("%s", ending(end_of(pid)));
}

static void stop_itself(void)
{
	pid_t pid = (pid_t)must(fork());
	int status;

	if (pid == 0) {
		raise(SIGSTOP);
		raise(SIGTSTP);
		_exit(access("/etc/passwd", R_OK) ? 1 : 9);
	}
	for (int i = 0; i < 2; i++) {
		must(waitpid(pid, &status, WUNTRACED));
		say("%s", ending(status));
		kill(pid, SIGCONT);
	}
	say("%s", ending(end_of(pid)));
}

static void groups(void)
{
	pid_t a = child(1), b = sleeper(), c = child(2);
	int status;

	must(setpgid(b, b));
	/* a and c are of this group. */
	must(waitpid(0, &status, 0));
	must(waitpid(-getpgrp(), &status, 0));
	say("group is empty %s", result(waitpid(0, NULL, WNOHANG)));
	say("the other %s", result(waitpid(-b, NULL, WNOHANG)));
	killpg(b, SIGHUP);
	must(waitpid(-b, &status, 0));
	say("%s %d", ending(status), a != c);
}

static volatile sig_atomic_t signals;
static siginfo_t last;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	last = *info;
	signals++;
}

static void expect_signal(const char *what, pid_t pid, int n)
{
	for (int i = 0; i < 5000 && signals < n; i++)
		pause_ms(1);
	say("%s: signal %d code %d status %d from it %d", what, last.si_signo,
		last.si_code, last.si_status, last.si_pid == pid);
}

static void sigchld(void)
{
	struct sigaction a = {
		.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};
	pid_t pid;

	sigaction(SIGCHLD, &a, NULL);
	pid = child(7);
	expect_signal("exit", pid, 1);
	end_of(pid);
	pid = sleeper();
	kill(pid, SIGSTOP);
	expect_signal("stop", pid, 2);
	kill(pid, SIGCONT);
	expect_signal("continue", pid, 3);
	kill(pid, SIGKILL);
	expect_signal("kill", pid, 4);
	end_of(pid);
	a.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &a, NULL);
	pid = sleeper();
	kill(pid, SIGSTOP);
	must(waitpid(pid, NULL, WUNTRACED));
	kill(pid, SIGCONT);
	kill(pid, SIGTERM);
	end_of(pid);
	expect_signal("no stops", pid, 5);
	say("signals %d", (int)signals);
}

static void ignored(void)
{
	int status = 0;
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = child(3);
	say("ignored %s", result(waitpid(pid, &status, 0)));
	say("system %d %s", system("exit 3"), strerrorname_np(errno));
	sigaction(SIGCHLD,
		&(struct sigaction){
			.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT},
		NULL);
	pid = child(3);
	say("not wanted %s", result(waitpid(pid, &status, 0)));
}

static void by_signalfd(void)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = (int)must(signalfd(-1, &set, 0));
	pid = child(9);
	must(read(fd, &info, sizeof(info)));
	say("code %d status %d from it %d", info.ssi_code, info.ssi_status,
		(pid_t)info.ssi_pid == pid);
	say("%s", ending(end_of(pid)));
}

static const struct probe_case cases[] = {
	{"none", none},
	{"no-hang", no_hang},
	{"zombie", zombie},
	{"stopped", stopped},
	{"stands-still", stands_still},
	{"killed-while-stopped", killed_while_stopped},
	{"stop-itself", stop_itself},
	{"groups", groups},
	{"sigchld", sigchld},
	{"ignored", ignored},
	{"by-signalfd", by_signalfd},
};

int main(int argc, char **argv)
{
	return run_cases("waiting", cases, COUNT(cases), argc, argv);
}
