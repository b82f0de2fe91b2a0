/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the probes of the matrix share. Each has a table of cells, and is run
 * twice: `prepare DIR` makes a directory with the same files for each cell,
 * before the capture; `run DIR` runs each cell in its directory, in a process
 * of its own. Cells may run `in CELL FILE`, which reads FILE. A cell prints a
 *line for each thing that must be in the record, three fields with tabs between them:
 *
 *	in P TEXT     the run read TEXT, which was at P before the run
 *	came P TEXT   the run read TEXT, by P or by another name of it
 *	raced P TEXT  the run read TEXT at P, or a gap names it
 *	torn P        a gap may name it
 *	left P        what is at P now is an output
 *	own P TEXT    the run read TEXT, which it had made itself
 *	unread P      was changed, but nobody can have read the old bytes
 *	list P NAMES  the names in the order of the directory P
 *	link P TARGET a symbolic link that was followed
 *	look P        was only looked at
 *	absent P      was looked for
 *	ran P         was executed
 *	gap P KIND    is not recorded, and that is named; P may be "-"
 *	note P TEXT   nothing of the record
 *	failed P TEXT the cell itself did not work
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct cell {
	const char *name;
	void (*run)(void);
	/* After the usual files are there; may be NULL. */
	void (*prepare)(void);
};

/* By the file that includes this one; ends with a cell without a name. */
extern const struct cell cells[];

static const char *cell_name;
static const char *program; /* this one, absolute */

static inline void print_bytes(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf(s[i] >= ' ' && s[i] < 127 && s[i] != '\\' ? "%c" : "\\%02x",
			(unsigned char)s[i]);
}

/* `path` is below the cell's directory unless it is absolute. */
static inline void say_bytes(
	const char *word, const char *path, const char *text, size_t n)
{
	int bare = *path == '/' || !strcmp(path, "-");

	flockfile(stdout);
	printf("%s\t%s%s", word, bare ? "" : cell_name, bare ? "" : "/");
	print_bytes(path, strlen(path));
	putchar('\t');
	print_bytes(text, n);
	putchar('\n');
	fflush(stdout);
	funlockfile(stdout);
}

static inline void say(const char *word, const char *path, const char *text)
{
	say_bytes(word, path, text, strlen(text));
}

#define MUST(call)                                             \
	__extension__({                                        \
		long must_result = (long)(call);               \
		if (must_result == -1)                         \
			say("failed", #call, strerror(errno)); \
		must_result;                                   \
	})

/* A call that must fail with this error. */
#define FAILS(error, call)                                          \
	do {                                                        \
		if ((long)(call) != -1 || errno != (error))         \
			say("failed", #call, "has another result"); \
	} while (0)

static inline void say_fd(const char *word, const char *path, int fd)
{
	char buf[4096];
	size_t n = 0;
	ssize_t r;

	while (n < sizeof(buf) && (r = read(fd, buf + n, sizeof(buf) - n)) > 0)
		n += (size_t)r;
	say_bytes(word, path, buf, n);
}

static inline void say_file(
	const char *word, const char *path, const char *open_as)
{
	int fd = (int)MUST(open(open_as, O_RDONLY));

	say_fd(word, path, fd);
	close(fd);
}

static inline void in(const char *path)
{
	say_file("in", path, path);
}

static inline void own(const char *path)
{
	say_file("own", path, path);
}

static inline void left(const char *path)
{
	say("left", path, "");
}

static inline void put_fd(int fd, const char *text)
{
	MUST(write(fd, text, strlen(text)));
}

static inline void put(const char *path, int flags, const char *text)
{
	int fd = (int)MUST(open(path, flags, 0644));

	put_fd(fd, text);
	close(fd);
}

#define NEW (O_WRONLY | O_CREAT | O_TRUNC)

static inline void say_list(const char *path, DIR *d)
{
	char names[4096] = "";
	struct dirent *ent;

	while ((ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			snprintf(names + strlen(names),
				sizeof(names) - strlen(names), "%s%s",
				*names ? "/" : "", ent->d_name);
	say("list", path, names);
}

/* Wait for a child; its status, 128 + n for a signal. */
static inline int wait_for(pid_t pid)
{
	int status = 0;

	if (pid < 0 || waitpid(pid, &status, __WALL) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The directory refuses changes, even to root. */
static inline void powerless(const char *directory)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof(none));
	MUST(chmod(directory, 0555));
	MUST(syscall(SYS_capset, &head, none));
}

/* The same in each cell, with contents that no other cell has. */
static inline void prepare_file(const char *path)
{
	char text[600];

	snprintf(text, sizeof(text), "%s: what %s held\n", cell_name, path);
	put(path, NEW, text);
}

static inline void prepare_usual(void)
{
	prepare_file("f");
	prepare_file("g");
	prepare_file("one");
	MUST(link("one", "two"));
	MUST(mkdir("d", 0755));
	prepare_file("d/x");
	prepare_file("d/y");
	MUST(mkdir("d/sub", 0755));
	prepare_file("d/sub/z");
	MUST(symlink("f", "s"));
	MUST(symlink("d", "sd"));
}

static inline void enter(const char *dir, const struct cell *c)
{
	cell_name = c->name;
	if (chdir(dir) < 0 || chdir(c->name) < 0) {
		say("failed", "chdir", strerror(errno));
		exit(2);
	}
}

static inline int each_cell(const char *dir, int argc, char **names)
{
	for (const struct cell *c = cells; c->name; c++) {
		int wanted = argc == 0, status;
		pid_t pid;

		for (int i = 0; i < argc; i++)
			wanted |= !strcmp(names[i], c->name);
		if (!wanted)
			continue;
		pid = fork();
		if (pid == 0) {
			enter(dir, c);
			c->run();
			exit(0);
		}
		status = wait_for(pid);
		cell_name = c->name;
		if (status)
			say("failed", c->name, "has another status than 0");
	}
	return 0;
}

int main(int argc, char **argv)
{
	program = realpath("/proc/self/exe", NULL);
	if (argc == 4 && !strcmp(argv[1], "in")) {
		cell_name = argv[2];
		in(argv[3]);
		return 0;
	}
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "run"))
		return each_cell(argv[2], argc - 3, argv + 3);
	for (const struct cell *c = cells; c->name; c++) {
		if (chdir(argv[2]) < 0 || mkdir(c->name, 0755) < 0)
			return 2;
		enter(argv[2], c);
		prepare_usual();
		if (c->prepare)
			c->prepare();
	}
	return 0;
}
