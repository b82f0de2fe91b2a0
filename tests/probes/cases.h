/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the probes same_* share. Each is a table of small cases; a case says
 * what it sees, in words that are the same whenever it runs. The test runs
 * them bare and captured, and compares what was said.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

struct probe_case {
	const char *name;
	void (*run)(void);
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
/* Seconds after which a case has failed. */
#define PATIENCE 20

static const char *probe_area, *probe_name;
/* Which case of the table runs. */
static size_t probe_index;

/* One line, by one write(2): processes may speak at once. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	char line[8192];
	size_t n = (size_t)snprintf(
		line, sizeof(line), "%s.%s: ", probe_area, probe_name);
	va_list ap;

	va_start(ap, format);
	n += (size_t)vsnprintf(line + n, sizeof(line) - n - 1, format, ap);
	va_end(ap);
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	/* A name may hold anything; a verdict is one line. */
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\t')
			line[i] = ' ';
		else if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, n) != (ssize_t)n)
		_exit(99);
}

/* What a call returned: a number, or the name of its error. */
UNUSED static const char *result(long r)
{
	static __thread char room[8][32];
	static __thread unsigned next;
	char *text = room[next++ % COUNT(room)];

	if (r == -1)
		return strerrorname_np(errno);
	snprintf(text, sizeof(*room), "%ld", r);
	return text;
}

/* How a process ended, from wait(2). */
UNUSED static const char *ending(int status)
{
	static __thread char room[8][48];
	static __thread unsigned next;
	char *text = room[next++ % COUNT(room)];

	if (WIFEXITED(status))
		snprintf(text, sizeof(*room), "exit %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(*room), "signal %d%s", WTERMSIG(status),
			WCOREDUMP(status) ? " core" : "");
	else if (WIFSTOPPED(status))
		snprintf(text, sizeof(*room), "stopped %d", WSTOPSIG(status));
	else
		snprintf(text, sizeof(*room), "%s",
			WIFCONTINUED(status) ? "continued" : "what?");
	return text;
}

/* For set-up that a case stands on. */
UNUSED static long must(long r)
{
	if (r == -1) {
		say("the set-up failed: %s", strerrorname_np(errno));
		_exit(98);
	}
	return r;
}

UNUSED static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

UNUSED static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* The status of a child, whatever interrupts. */
UNUSED static int end_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return 0x7f00 | 0x80;
	return status;
}

/* A function in a child. */
UNUSED static const char *in_child(void (*f)(void))
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0) {
		f();
		_exit(0);
	}
	return ending(end_of(pid));
}

/* Waits for a child by descriptor; kills it when it takes too long. */
static void wait_for_case(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {fd, POLLIN, 0};
	bool late = fd >= 0 && poll(&p, 1, PATIENCE * 1000) == 0;
	int status;

	if (late)
		kill(-pid, SIGKILL);
	status = end_of(pid);
	/* Whatever it left behind. */
	kill(-pid, SIGKILL);
	if (late)
		say("takes too long");
	else if (status)
		say("ended: %s", ending(status));
	if (fd >= 0)
		close(fd);
}

static void run_case(const char *area, const struct probe_case *c)
{
	char dir[256], command[600];
	pid_t pid;

	probe_area = area;
	probe_name = c->name;
	snprintf(dir, sizeof(dir), "%s.%s", area, c->name);
	must(mkdir(dir, 0755));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		setpgid(0, 0);
		umask(022);
		must(chdir(dir));
		c->run();
		_exit(0);
	}
	wait_for_case(pid);
	snprintf(command, sizeof(command),
		"chmod -R u+rwx '%s' 2>/dev/null; rm -rf '%s'", dir, dir);
	if (rmdir(dir) < 0 && system(command) != 0)
		say("its directory stays");
}

/*
 * Each case in a process group and a directory of its own. Arguments are names
 * of cases; without any all run.
 */
UNUSED static int run_cases(const char *area, const struct probe_case *cases,
	size_t n, int argc, char **argv)
{
	for (size_t i = 0; i < n; i++) {
		bool wanted = argc < 2;

		for (int k = 1; k < argc; k++)
			wanted |= strcmp(argv[k], cases[i].name) == 0;
		probe_index = i;
		if (wanted)
			run_case(area, &cases[i]);
	}
	return 0;
}
