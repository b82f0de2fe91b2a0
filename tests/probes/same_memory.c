// SPDX-License-Identifier: Apache-2.0
/*
 * same_memory [CASE...]: mappings that can be executed, calls whose arguments
 * lie where nobody can read, and memory that changes while it is read.
 */
#include "cases.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/uio.h>

static const char *mapped(int prot, int flags, int fd, off_t at)
{
	void *p = mmap(NULL, 4096, prot, flags, fd, at);

	if (p == MAP_FAILED)
		return result(-1);
	munmap(p, 4096);
	return "0";
}

static void executable(void)
{
	int fd = (int)must(open("/bin/true", O_RDONLY));
	int null = (int)must(open("/dev/null", O_RDWR));
	int dir = (int)must(open("/", O_RDONLY));
	int path = (int)must(open("/bin/true", O_PATH));
	int pipes[2];

	must(pipe(pipes));
	say("file %s", mapped(PROT_EXEC | PROT_READ, MAP_PRIVATE, fd, 0));
	say("shared %s", mapped(PROT_EXEC | PROT_READ, MAP_SHARED, fd, 0));
	say("for writing %s", mapped(PROT_EXEC | PROT_WRITE, MAP_SHARED, fd, 0));
	say("private %s", mapped(PROT_EXEC | PROT_WRITE, MAP_PRIVATE, fd, 0));
	say("odd place %s", mapped(PROT_EXEC, MAP_PRIVATE, fd, 1));
	say("beyond %s", mapped(PROT_EXEC, MAP_PRIVATE, fd, 1 << 30));
	say("device %s", mapped(PROT_EXEC, MAP_PRIVATE, null, 0));
	say("directory %s", mapped(PROT_EXEC, MAP_PRIVATE, dir, 0));
	say("path only %s", mapped(PROT_EXEC, MAP_PRIVATE, path, 0));
	say("pipe %s", mapped(PROT_EXEC, MAP_PRIVATE, pipes[0], 0));
	say("closed %s", mapped(PROT_EXEC, MAP_PRIVATE, 777, 0));
	say("none %s", mapped(PROT_EXEC, MAP_PRIVATE, -1, 0));
	say("anonymous %s",
		mapped(PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	say("validated %s", mapped(PROT_EXEC, MAP_SHARED_VALIDATE, fd, 0));
}

/* Code that is written and run, as compilers at run time do. */
static void generated(void)
{
	static const unsigned char code[] = {
#if defined(__x86_64__) || defined(__i386__)
		0xb8,
		42,
		0,
		0,
		0,
		0xc3
#else
		0x40,
		0x05,
		0x80,
		0x52,
		0xc0,
		0x03,
		0x5f,
		0xd6
#endif
	};
	int fd = (int)must(memfd_create("code", 0));
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(p, code, sizeof(code));
	must(mprotect(p, 4096, PROT_READ | PROT_EXEC));
	__builtin___clear_cache(p, p + sizeof(code));
	say("protected %d", ((int (*)(void))(void *)p)());
	must(write(fd, code, sizeof(code)));
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	say("memory file %d", ((int (*)(void))(void *)p)());
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	say("sealed %s", result(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)));
}

static void libraries(void)
{
	void *h = dlopen("libm.so.6", RTLD_NOW);
	double (*f)(double) = h ? (double (*)(double))dlsym(h, "cbrt") : NULL;

	say("library %d", f ? (int)(f(27) + 0.5) : -1);
	say("missing %d", dlopen("./no-such.so", RTLD_NOW) != NULL);
	say("not one %d", dlopen("/etc/passwd", RTLD_NOW) != NULL);
	say("close %d", h ? dlclose(h) : -1);
}

/* A path and an array of pointers that end where memory ends. */
static void at_the_end(void)
{
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char **argv;
	pid_t pid;

	must(munmap(p + 8192, 4096));
	strcpy(p + 8192 - 12, "/etc/passwd");
	say("fits %s", result(access(p + 8192 - 12, R_OK)));
	say("across %s",
		result(access(strcpy(p + 4096 - 6, "/etc/passwd"), R_OK)));
	memcpy(p + 8192 - 11, "/etc/passwd", 11);
	say("cut %s", result(access(p + 8192 - 11, R_OK)));
	argv = (char **)(void *)(p + 8192) - 2;
	argv[0] = p + 4096 - 6;
	argv[1] = NULL;
	pid = (pid_t)must(fork());
	if (pid == 0) {
		execve("/bin/true", argv, argv + 1);
		_exit(errno);
	}
	say("argv fits %s", ending(end_of(pid)));
	argv[1] = argv[0];
	say("argv without end %s", result(execve("/bin/true", argv, NULL)));
	argv[0] = p + 8192;
	argv[1] = NULL;
	say("string beyond %s", result(execve("/bin/true", argv, NULL)));
}

static void protections(void)
{
	static const int prots[] = {PROT_NONE, PROT_READ, PROT_WRITE, PROT_EXEC,
		PROT_READ | PROT_EXEC};
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	strcpy(p, "/etc/passwd");
	for (size_t i = 0; i < COUNT(prots); i++) {
		must(mprotect(p, 4096, prots[i]));
		say("%d %s", prots[i], result(access(p, R_OK)));
	}
}

/* A file behind the memory that is shorter than it (SIGBUS for the program). */
static void truncated(void)
{
	int fd = (int)must(open("short", O_CREAT | O_RDWR, 0644));
	char *p;

	must(ftruncate(fd, 8192));
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	strcpy(p + 4096, "/etc/passwd");
	say("whole %s", result(access(p + 4096, R_OK)));
	must(ftruncate(fd, 100));
	say("cut %s", result(access(p + 4096, R_OK)));
	say("written into %s", result(stat("/etc/passwd", (void *)(p + 4096))));
}

static char moving[] = "/etc/passwd";
static atomic_int stop;

static void *changes(void *arg)
{
	while (!atomic_load(&stop)) {
		moving[5] = 'P';
		moving[5] = 'p';
	}
	return arg;
}

/* What the kernel reads counts, whatever anybody saw of it. */
static void changing(void)
{
	int other = 0;
	pthread_t t;

	pthread_create(&t, NULL, changes, NULL);
	for (int i = 0; i < 2000; i++)
		if (access(moving, R_OK) < 0 && errno != ENOENT)
			other = errno;
	atomic_store(&stop, 1);
	pthread_join(t, NULL);
	say("other errors %d", other);
}

static void not_dumpable(void)
{
	must(prctl(PR_SET_DUMPABLE, 0));
	say("open %d", open("/etc/passwd", O_RDONLY) > 2);
	say("missing %s", result(access("/no/such", F_OK)));
	say("self %d", open("/proc/self/environ", O_RDONLY) > 2);
	say("create %d", open("file", O_CREAT | O_WRONLY, 0644) > 2);
	say("%s", ending(system("exit 3")));
}

static const struct probe_case cases[] = {
	{"executable", executable},
	{"generated", generated},
	{"libraries", libraries},
	{"at-the-end", at_the_end},
	{"protections", protections},
	{"truncated", truncated},
	{"changing", changing},
	{"not-dumpable", not_dumpable},
};

int main(int argc, char **argv)
{
	return run_cases("memory", cases, COUNT(cases), argc, argv);
}
