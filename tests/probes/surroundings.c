// SPDX-License-Identifier: Apache-2.0
/*
 * Prints all that a program inherits from its caller: arguments and
 * environment byte for byte, working directory, umask, limits, signals, ids,
 * process group, scheduling.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void print_bytes(const char *what, const char *s)
{
	printf("%s ", what);
	for (; *s; s++)
		printf(*s > ' ' && *s < 127 ? "%c" : "\\%02x", (unsigned char)*s);
	putchar('\n');
}

static void print_signals(void)
{
	sigset_t mask, pending;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigpending(&pending);
	for (int s = 1; s < NSIG; s++) {
		struct sigaction a;

		if (sigaction(s, NULL, &a) == 0)
			printf("signal %d %s blocked %d pending %d\n", s,
				a.sa_handler == SIG_IGN ? "ignored" : "default",
				sigismember(&mask, s), sigismember(&pending, s));
	}
}

static void print_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)i, &l) == 0)
			printf("limit %d %llx %llx\n", i,
				(unsigned long long)l.rlim_cur,
				(unsigned long long)l.rlim_max);
	}
}

int main(int argc, char **argv)
{
	mode_t mask = umask(0);
	char cwd[4096];
	cpu_set_t cpus;

	for (int i = 0; i < argc; i++)
		print_bytes("argument", argv[i]);
	for (char **p = environ; *p; p++)
		print_bytes("variable", *p);
	print_bytes("cwd", getcwd(cwd, sizeof(cwd)) ? cwd : "none");
	printf("umask %o\n", mask);
	print_limits();
	print_signals();
	printf("uid %u %u gid %u %u\n", getuid(), geteuid(), getgid(), getegid());
	printf("group %d session %d\n", getpgrp(), getsid(0));
	printf("nice %d policy %d personality %x slack %d dumpable %d\n",
		getpriority(PRIO_PROCESS, 0), sched_getscheduler(0),
		(unsigned)personality(0xffffffff), prctl(PR_GET_TIMERSLACK),
		prctl(PR_GET_DUMPABLE));
	sched_getaffinity(0, sizeof(cpus), &cpus);
	printf("cpus %d\n", CPU_COUNT(&cpus));
	/* A child of the caller must not be waited for by accident. */
	printf("children %d\n", waitpid(-1, NULL, WNOHANG));
	return 0;
}
