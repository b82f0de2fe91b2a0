// SPDX-License-Identifier: Apache-2.0
/*
 * nonsense: calls with arguments that no sane program gives, and a line with
 * the error of each. What a call answers must not depend on who watches.
 *
 * nonsense exec: runs itself with as much of argv and environ as the kernel
 * takes, and with strings of the longest kind; malformed variables among them.
 * Prints how much arrived.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1 << 20)
/* With its NUL: MAX_ARG_STRLEN of execve(2). */
#define LONGEST (32 * 4096)

static char *far_too_long, *not_ended, *not_mapped;

static void make_strings(void)
{
	unsigned seed = 1;
	char *p;

	far_too_long = malloc(MIB + 1);
	for (size_t i = 0; i < MIB; i++) {
		far_too_long[i] = (char)rand_r(&seed);
		if (!far_too_long[i])
			far_too_long[i] = '/';
	}
	far_too_long[MIB] = 0;
	/* Ends where memory does, without a NUL. */
	p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(p, 'x', 2 * 4096);
	munmap(p + 2 * 4096, 4096);
	not_ended = p + 2 * 4096 - 100;
	not_mapped = p + 2 * 4096;
}

static void say(const char *what, long r)
{
	printf("%s: %s\n", what, r < 0 ? strerror(errno) : "done");
}

static void with_path(const char *which, char *p)
{
	char *argv[] = {p, NULL};
	struct stat st;
	char buf[16];

	printf("%s\n", which);
	say("open", syscall(SYS_openat, AT_FDCWD, p, O_RDONLY, 0));
	say("create", syscall(SYS_openat, AT_FDCWD, p, O_RDWR | O_CREAT, 0600));
	say("open in a closed directory", syscall(SYS_openat, 999, p, 0, 0));
	say("open in no directory", syscall(SYS_openat, 0, p, O_RDWR, 0));
	say("flags", syscall(SYS_openat, AT_FDCWD, p, -1, -1));
	say("stat", syscall(SYS_newfstatat, AT_FDCWD, p, &st, 0));
	say("at no descriptor", syscall(SYS_newfstatat, -7, p, &st, -1));
	say("statx", syscall(SYS_statx, -100, p, -1, -1, p));
	say("access", access(p, -1));
	say("readlink", readlink(p, buf, sizeof(buf)));
	say("execve", execve(p, argv, argv));
	say("rename", rename(p, p));
	say("renameat2", syscall(SYS_renameat2, -1, p, -1, p, -1));
	say("link", link(p, "b"));
	say("linkat", syscall(SYS_linkat, AT_FDCWD, "a", 12345, p, -1));
	say("symlink", symlink("a", p));
	say("unlink", unlink(p));
	say("mkdir", mkdir(p, 0700));
	say("chdir", chdir(p));
	say("truncate", truncate(p, -1));
	say("chmod", chmod(p, 0600));
	say("utimensat", syscall(SYS_utimensat, -1, p, p, -1));
	say("getxattr", syscall(SYS_getxattr, p, p, p, 0));
	say("inotify", syscall(SYS_inotify_add_watch, -1, p, 0));
	say("statfs", syscall(SYS_statfs, p, p));
	say("handle", syscall(SYS_open_by_handle_at, -1, p, 0));
}

static void odd_arguments(void)
{
	struct open_how how = {.flags = ~0ull, .resolve = ~0ull};
	char *bad_argv[] = {(char *)"x", (char *)1, NULL};
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	printf("others\n");
	say("openat2 flags", syscall(SYS_openat2, -100, "a", &how, sizeof(how)));
	say("openat2 no how", syscall(SYS_openat2, -100, "a", 1, sizeof(how)));
	say("openat2 no end", syscall(SYS_openat2, -100, "a", not_ended, 4096));
	say("openat2 size", syscall(SYS_openat2, -100, "a", &how, -1));
	say("argv", syscall(SYS_execve, "/bin/true", bad_argv, 0));
	say("argv at 1", syscall(SYS_execve, "/bin/true", 1, 0));
	say("environ", syscall(SYS_execve, "/bin/true", 0, not_mapped));
	say("argv unended", syscall(SYS_execve, "/bin/true", not_ended, 0));
	say("connect", connect(s, (void *)not_ended, 110));
	say("connect long", connect(s, (void *)far_too_long, MIB));
	say("connect size", connect(s, (void *)far_too_long, (socklen_t)-1));
	say("bind", bind(s, (void *)1, 2));
	say("bind to nothing", bind(-1, NULL, 0));
	say("mmap", syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC,
			    MAP_PRIVATE, 54321, 0));
	say("fcntl", syscall(SYS_fcntl, 54321, F_SETFL, -1));
	say("ftruncate", ftruncate(54321, 0));
	say("mount", syscall(SYS_mount, not_ended, not_ended, 1, 0, 0));
	say("a call that there is not", syscall(100000, 1, 2, 3, 4, 5, 6));
	say("seccomp", syscall(SYS_seccomp, 77, -1, 1));
}

/* argv and environ of so many strings each, half of them of `len`. */
static int run_with(const char *what, size_t count, size_t len)
{
	char **argv = calloc(count + 3, sizeof(*argv));
	char **envp = calloc(count + 1, sizeof(*envp));
	char *s = malloc(len + 1);

	memset(s, 'y', len);
	s[len] = 0;
	argv[0] = (char *)"nonsense";
	argv[1] = (char *)"arrived";
	for (size_t i = 0; i < count; i++) {
		argv[2 + i] = i % 2 ? s : (char *)"";
		/* No "=", nothing before it, nothing at all, no UTF-8. */
		envp[i] = i % 5 == 0   ? s
			  : i % 5 == 1 ? (char *)""
			  : i % 5 == 2 ? (char *)"="
			  : i % 5 == 3 ? (char *)"=x\377"
				       : (char *)"\377\n=\376";
	}
	printf("%s\n", what);
	fflush(stdout);
	if (fork() == 0) {
		execve("/proc/self/exe", argv, envp);
		say("execve", -1);
		exit(0);
	}
	return wait(NULL) < 0;
}

static int arrived(int argc, char **argv, char **envp)
{
	size_t bytes = 0, count = 0;

	for (; *envp; envp++, count++)
		bytes += strlen(*envp) + 1;
	for (int i = 0; i < argc; i++)
		bytes += strlen(argv[i]) + 1;
	printf("%d arguments, %zu variables, %zu bytes\n", argc, count, bytes);
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	char *none[] = {NULL};

	if (argc > 1 && !strcmp(argv[1], "arrived"))
		return arrived(argc, argv, envp);
	if (argc == 0)
		return arrived(argc, argv, envp);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1) {
		run_with("the longest", 8, LONGEST - 1);
		run_with("too long", 2, LONGEST);
		run_with("about 2 MB", 28, LONGEST - 1);
		run_with("too much", 400, LONGEST - 1);
		run_with("very many", 60000, 1);
		execve("/proc/self/exe", none, none);
		return 1;
	}
	make_strings();
	with_path("1 MB", far_too_long);
	with_path("a string without an end", not_ended);
	with_path("unmapped", not_mapped);
	with_path("at 1", (char *)1);
	with_path("in the kernel", (char *)(uintptr_t)0xffffffff81000000);
	with_path("no string", NULL);
	with_path("empty", (char *)"");
	odd_arguments();
	return 0;
}
