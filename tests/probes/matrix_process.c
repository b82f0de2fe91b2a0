// SPDX-License-Identifier: Apache-2.0
/*
 * Who reads: threads, children of each kind, programs run in each of the ways
 * there are, daemons. See matrix.h.
 */
#include "matrix.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/prctl.h>

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

/* This program, by a name of the cell's own. */
static void copy_program(const char *name)
{
	char buf[65536];
	int from = (int)MUST(open(program, O_RDONLY));
	int to = (int)MUST(open(name, NEW, 0755));
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		MUST(write(to, buf, (size_t)n));
	close(from);
	close(to);
}

static void prepare_program(void)
{
	copy_program("program");
}

static char *const *arguments(const char *file)
{
	static char *argv[5];

	argv[0] = (char *)"program";
	argv[1] = (char *)"in";
	argv[2] = (char *)cell_name;
	argv[3] = (char *)file;
	return argv;
}

static void *reader(void *file)
{
	in(file);
	return NULL;
}

static void threads(void)
{
	static const char *const names[] = {"f", "g", "d/x", "d/y", "one"};
	pthread_t t[5];

	for (int i = 0; i < 5; i++)
		pthread_create(&t[i], NULL, reader, (void *)(uintptr_t)names[i]);
	for (int i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
}

static void *executes(void *arg)
{
	MUST(execv("program", arguments("d/y")));
	return arg;
}

/* The other threads vanish, and the number of the process stays. */
static void exec_from_thread(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, executes, NULL);
		pthread_join(t, NULL);
		_exit(3);
	}
	wait_for(pid);
	say("ran", "program", "");
}

static void exec_after_vfork(void)
{
	char *const *argv = arguments("f");
	pid_t pid = vfork();

	if (pid == 0) {
		execv("./program", argv);
		_exit(3);
	}
	wait_for(pid);
	say("ran", "program", "");
}

static int in_d(void *directory)
{
	return chdir(directory) < 0;
}

/* What the child does to its working directory, it does to ours. */
static void shared_directory(void)
{
	static char stack[65536];
	pid_t pid = clone(in_d, stack + sizeof(stack), CLONE_FS | SIGCHLD,
		(void *)(uintptr_t) "d");

	wait_for(pid);
	say_file("in", "d/x", "x");
	say_file("in", "f", "../f");
}

static int opens_x(void *fd)
{
	*(int *)fd = open("d/x", O_PATH);
	return 0;
}

static void shared_descriptors(void)
{
	static char stack[65536];
	char self[64];
	int fd = -1;
	pid_t pid = clone(opens_x, stack + sizeof(stack),
		CLONE_FILES | CLONE_VM | SIGCHLD, &fd);

	wait_for(pid);
	snprintf(self, sizeof(self), "/dev/fd/%d", fd);
	say_file("in", "d/x", self);
}

static void exec_by_descriptor(void)
{
	int fd = (int)MUST(open("program", O_RDONLY | O_CLOEXEC));
	pid_t pid = fork();

	if (pid == 0) {
		fexecve(fd, arguments("f"), environ);
		_exit(3);
	}
	wait_for(pid);
	say("ran", "program", "");
}

static void exec_at(void)
{
	int d = (int)MUST(open("d", O_PATH));
	pid_t pid = fork();

	if (pid == 0) {
		syscall(SYS_execveat, d, "../program", arguments("d/x"),
			environ, 0);
		_exit(3);
	}
	wait_for(pid);
	say("ran", "program", "");
	/* It only asks whether it could. */
	syscall(SYS_execveat, d, "../checked", arguments("f"), environ,
		AT_EXECVE_CHECK);
	say("look", "checked", "");
}

static void prepare_exec_at(void)
{
	prepare_program();
	copy_program("checked");
}

/* A program that is gone already, by its descriptor. */
static void exec_removed(void)
{
	int fd = (int)MUST(open("program", O_PATH | O_CLOEXEC));
	int other = (int)MUST(open("other", O_PATH));
	char self[64];
	pid_t pid;

	MUST(unlink("program"));
	pid = fork();
	if (pid == 0) {
		syscall(SYS_execveat, fd, "", arguments("f"), environ,
			AT_EMPTY_PATH);
		_exit(3);
	}
	wait_for(pid);
	say("ran", "program", "");
	MUST(unlink("other"));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", other);
	pid = fork();
	if (pid == 0) {
		execv(self, arguments("g"));
		_exit(3);
	}
	wait_for(pid);
	say("ran", "other", "");
}

static void prepare_exec_removed(void)
{
	prepare_program();
	copy_program("other");
}

static void exec_from_memory(void)
{
	char self[64], buf[65536];
	int from = (int)MUST(open("program", O_RDONLY));
	int to = (int)MUST(memfd_create("memory", 0));
	ssize_t n;
	pid_t pid;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		MUST(write(to, buf, (size_t)n));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", to);
	/* Its content came from what the run read. */
	pid = fork();
	if (pid == 0) {
		execv(self, arguments("f"));
		_exit(3);
	}
	wait_for(pid);
	say("gap", "-", "anonymous-program");
}

/* As deep as the kernel goes, with the last interpreter an ELF file. */
static void scripts(void)
{
	char *loader;
	pid_t pid = fork();

	if (pid == 0) {
		execl("./script5", "script5", NULL);
		_exit(3);
	}
	if (wait_for(pid))
		say("failed", "script5", "did not run");
	say("ran", "script1", "");
	say("ran", "script3", "");
	say("ran", "script5", "");
	say("ran", "cell-true", "");
	loader = realpath("/lib64/ld-linux-x86-64.so.2", NULL);
	if (loader)
		say("ran", loader, "");
}

static void prepare_scripts(void)
{
	char name[32], line[64] = "#!./cell-true\n";
	FILE *f;

	(void)!system("cp /bin/true cell-true");
	for (int i = 1; i <= 5; i++) {
		snprintf(name, sizeof(name), "script%d", i);
		f = fopen(name, "w");
		fputs(line, f);
		fclose(f);
		MUST(chmod(name, 0755));
		snprintf(line, sizeof(line), "#!./%s\n", name);
	}
}

static void odd_environments(void)
{
	static char *const none[] = {NULL};
	static char *const odd[] = {(char *)"", (char *)"=", (char *)"=x",
		(char *)"NONE", (char *)"A=1", (char *)"A=2",
		(char *)"B\377=\377\n", NULL};
	char *const *const all[] = {none, odd, NULL};
	static const char *const files[] = {"f", "g", "d/x"};

	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execve("program", arguments(files[i]), all[i]);
			_exit(3);
		}
		wait_for(pid);
	}
}

/* Its parent is gone, and so is its session, before it reads. */
static void daemonized(void)
{
	int done[2];
	char byte;
	pid_t pid;

	MUST(pipe(done));
	pid = fork();
	if (pid == 0) {
		setsid();
		if (fork() == 0) {
			while (getppid() == (pid_t)MUST(getsid(0)))
				sched_yield();
			MUST(chdir("d"));
			say_file("in", "d/x", "x");
			MUST(rename("y", "z"));
			say_file("in", "d/y", "z");
			_exit(0);
		}
		_exit(0);
	}
	wait_for(pid);
	close(done[1]);
	/* Until it has closed its end, too. */
	MUST(read(done[0], &byte, 1));
	in("f");
}

static void set_user_id(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execv("program", arguments("f"));
		_exit(3);
	}
	wait_for(pid);
	if (geteuid() != 0)
		say("note", "-", "setuid");
}

static void prepare_set_user_id(void)
{
	prepare_program();
	MUST(chmod("program", 04755));
}

static void mapped_executable(void)
{
	int fd = (int)MUST(open("f", O_RDONLY));
	void *p = mmap(NULL, 4, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		say("failed", "mmap", strerror(errno));
	say("ran", "f", "");
#if defined(__i386__)
	{
		/* The first mmap of all, with its arguments in memory. */
		long args[] = {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE,
			MUST(open("g", O_RDONLY)), 0};

		MUST(syscall(SYS_mmap, args));
		say("ran", "g", "");
	}
#endif
}

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}
#define WITH(f, p)                 \
	{                          \
#f, f, prepare_##p \
	}

const struct cell cells[] = {
	CELL(threads),
	WITH(exec_from_thread, program),
	WITH(exec_after_vfork, program),
	CELL(shared_directory),
	CELL(shared_descriptors),
	WITH(exec_by_descriptor, program),
	WITH(exec_at, exec_at),
	WITH(exec_removed, exec_removed),
	WITH(exec_from_memory, program),
	WITH(scripts, scripts),
	WITH(odd_environments, program),
	CELL(daemonized),
	WITH(set_user_id, set_user_id),
	CELL(mapped_executable),
	{NULL, NULL, NULL},
};
