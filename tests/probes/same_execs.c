// SPDX-License-Identifier: Apache-2.0
/*
 * same_execs [CASE...]: what exec runs, refuses, keeps and resets.
 */
#include "cases.h"

#include <pthread.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/time.h>

extern char **environ;

static const char *run(const char *path, char *const argv[], char *const envp[])
{
	pid_t pid = fork();

	if (pid == 0) {
		execve(path, argv, envp);
		_exit(200 + errno % 50);
	}
	return ending(end_of(pid));
}

static void script(const char *name, const char *text)
{
	int fd = (int)must(open(name, O_CREAT | O_WRONLY, 0755));

	must(write(fd, text, strlen(text)));
	close(fd);
}

#define ARGV(...) ((char *[]){__VA_ARGS__, NULL})

static void exec_ways(void)
{
	char *const none[] = {NULL};

	say("env %s", run("/bin/sh",
			      ARGV("sh", "-c", "test \"$A\" = 'b c' && exit 9"),
			      ARGV("A=b c")));
	say("no argv %s", run("/bin/true", none, none));
	say("name %s", run("/bin/sh", ARGV("-sh", "-c", "exit 8"), environ));
	script("one", "#!/bin/sh\nexit $#\n");
	script("two", "#!./one option\n");
	script("plain", "exit 3\n");
	script("slash", "#!/no/such/file\n");
	script("self", "#!./self\n");
	say("script %s", run("./one", ARGV("x", "a", "b"), environ));
	say("script of a script %s", run("./two", ARGV("x", "a"), environ));
	say("no interpreter line %s", run("./plain", ARGV("x"), environ));
	say("no interpreter %s", run("./slash", ARGV("x"), environ));
	say("loop %s", run("./self", ARGV("x"), environ));
	say("directory %s", run(".", ARGV("x"), environ));
	say("by PATH %s", ending(system("true")));
	say("system %s", ending(system("exit 5")));
}

static const char *run_descriptor(int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		fexecve(fd, ARGV("sh", "-c", "exit 6"), environ);
		_exit(200 + errno % 50);
	}
	return ending(end_of(pid));
}

static void exec_memory(void)
{
	int fd = (int)must(memfd_create("program", 0)), in;
	char buf[65536];
	ssize_t n;

	in = (int)must(open("/bin/sh", O_RDONLY));
	say("file %s", run_descriptor(in));
	while ((n = read(in, buf, sizeof(buf))) > 0)
		must(write(fd, buf, (size_t)n));
	say("writable %s", run_descriptor(fd));
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	in = (int)must(open(buf, O_RDONLY | O_CLOEXEC));
	close(fd);
	say("read-only %s", run_descriptor(in));
}

static void exec_large(void)
{
	size_t n = 128 * 1024;
	char *s = malloc(n + 1), **many = calloc(20002, sizeof(*many));

	memset(s, 'a', n);
	s[n - 1] = 0;
	say("longest %s", run("/bin/true", ARGV("true", s), environ));
	s[n - 1] = 'a';
	s[n] = 0;
	say("too long %s", run("/bin/true", ARGV("true", s), environ));
	for (int i = 0; i < 20000; i++)
		many[i] = s + n - 20;
	many[0] = (char *)"true";
	say("many %s", run("/bin/true", many, environ));
	say("many variables %s", run("/bin/true", ARGV("true"), many));
	s[n - 1] = 0;
	for (int i = 0; i < 20000; i++)
		many[i] = s;
	say("too much %s", run("/bin/true", many, environ));
}

/* What an exec keeps and what it resets. */
static void exec_keeps(void)
{
	static const char show[] =
		"grep -E '^(SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt|Umask)' "
		"/proc/self/status | tr '\\n\\t' '  '; ls /proc/self/fd | tr "
		"'\\n' ' '";
	char line[2000];
	sigset_t set;
	FILE *f;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, (void (*)(int))_exit);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, 40);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGHUP);
	must(dup2((int)must(open("/dev/null", O_RDONLY | O_CLOEXEC)), 30));
	umask(0137);
	f = popen(show, "r");
	must(f && fgets(line, sizeof(line), f) ? 0 : -1);
	say("%s%s", line, ending(pclose(f)));
}

static void alarm_over_exec(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct itimerval t = {{0, 0}, {0, 200000}};

		setitimer(ITIMER_REAL, &t, NULL);
		execl("/bin/sleep", "sleep", "15", NULL);
		_exit(1);
	}
	say("%s", ending(end_of(pid)));
}

static void *exec_thread(void *arg)
{
	(void)arg;
	execl("/bin/sh", "sh", "-c", "test $$ = $A && exit 11", NULL);
	_exit(1);
}

static void *waits(void *arg)
{
	for (;;)
		access("/etc/passwd", R_OK);
	return arg;
}

/* The new program has the leader's id, and the other threads are gone. */
static void exec_from_thread(void)
{
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			pthread_t t;
			char id[32];

			snprintf(id, sizeof(id), "%d", getpid());
			setenv("A", id, 1);
			pthread_create(&t, NULL, waits, NULL);
			pthread_create(&t, NULL, exec_thread, NULL);
			if (i == 2)
				pthread_exit(NULL);
			waits(NULL);
		}
		say("%s", ending(end_of(pid)));
	}
}

static void spawns(void)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 9, "/etc/passwd", O_RDONLY, 0);
	posix_spawn_file_actions_addclose(&actions, 0);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	posix_spawnattr_init(&attr);
	sigfillset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	say("spawn %d", posix_spawnp(&pid, "sh", &actions, &attr,
				ARGV("sh", "-c",
					"test -e /proc/self/fd/9 && ! test -e "
					"/proc/self/fd/0 && cd etc && exit 4"),
				environ));
	say("%s", ending(end_of(pid)));
	say("missing %s", strerrorname_np(posix_spawn(&pid, "/no/such", NULL,
				  NULL, ARGV("x"), environ)));
	posix_spawn_file_actions_addopen(&actions, 9, "/no/such", O_RDONLY, 0);
	say("bad action %s", strerrorname_np(posix_spawn(&pid, "/bin/true",
				     &actions, NULL, ARGV("x"), environ)));
}

static const struct probe_case cases[] = {
	{"ways", exec_ways},
	{"memory", exec_memory},
	{"large", exec_large},
	{"keeps", exec_keeps},
	{"alarm", alarm_over_exec},
	{"from-thread", exec_from_thread},
	{"spawns", spawns},
};

int main(int argc, char **argv)
{
	return run_cases("execs", cases, COUNT(cases), argc, argv);
}
