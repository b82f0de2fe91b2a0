// SPDX-License-Identifier: Apache-2.0
/*
 * What is looked at, looked for and listed; names of all kinds; what is no
 * file. See matrix.h.
 */
#include "matrix.h"

#include <linux/stat.h>
#include <sys/inotify.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <sys/xattr.h>

static void only_looked_at(void)
{
	struct stat st;
	struct statx x;
	struct statfs fs;
	char buf[100];

	MUST(stat("f", &st));
	say("look", "f", "");
	MUST(lstat("s", &st));
	say("look", "s", "");
	MUST(statx(AT_FDCWD, "g", 0, STATX_BASIC_STATS, &x));
	say("look", "g", "");
	MUST(access("d/x", R_OK));
	say("look", "d/x", "");
	MUST(faccessat(AT_FDCWD, "d/y", F_OK, AT_EACCESS));
	say("look", "d/y", "");
	MUST(readlink("sd", buf, sizeof(buf)));
	say("look", "sd", "");
	MUST(statfs("one", &fs));
	say("look", "one", "");
	MUST(fstatat((int)MUST(open("d", O_PATH)), "sub", &st, 0));
	say("look", "d/sub", "");
	getxattr("two", "user.none", buf, sizeof(buf));
	say("look", "two", "");
	close((int)MUST(open("d/sub/z", O_PATH)));
	say("look", "d/sub/z", "");
	MUST(inotify_add_watch((int)MUST(inotify_init()), "d", IN_OPEN));
}

static void looked_for(void)
{
	struct stat st;

	FAILS(ENOENT, open("none", O_RDONLY));
	say("absent", "none", "");
	FAILS(ENOENT, stat("d/none", &st));
	say("absent", "d/none", "");
	FAILS(ENOENT, open("dir/none", O_RDONLY));
	say("absent", "dir", "");
	FAILS(ENOENT, execl("d/none.so", "none", NULL));
	say("absent", "d/none.so", "");
	FAILS(ENOTDIR, open("f/x", O_RDONLY));
	FAILS(ENOTDIR, open("f/", O_RDONLY));
	FAILS(ENOENT, open("", O_RDONLY));
	FAILS(EFAULT, open((const char *)16, O_RDONLY));
}

static void listed(void)
{
	DIR *d = opendir("d");

	say_list("d", d);
	rewinddir(d);
	put("d/new", NEW, "NEW");
	MUST(unlink("d/x"));
	closedir(d);
	d = opendir("d");
	while (readdir(d))
		;
	closedir(d);
	left("d/new");
	say("look", "d/y", "");
	say("look", "d/sub", "");
}

static void listed_by_descriptor(void)
{
	int fd = (int)MUST(open("d", O_PATH));
	char buf[10];
	DIR *d;

	FAILS(EBADF, syscall(SYS_getdents64, fd, buf, sizeof(buf)));
	d = fdopendir((int)MUST(openat(fd, ".", O_RDONLY)));
	say_list("d", d);
	MUST(fchdir(fd));
	d = opendir("sub");
	say_list("d/sub", d);
}

/* What nobody has looked at keeps a directory from being removed. */
static void kept_by_others(void)
{
	FAILS(ENOTEMPTY, rmdir("d/sub"));
	say("list", "d/sub", "z");
	MUST(mkdir("e", 0755));
	FAILS(ENOTEMPTY, rename("e", "d"));
	say("look", "d/y", "");
	MUST(rename("e", "empty"));
	MUST(rmdir("empty"));
	FAILS(ENOTDIR, rmdir("f"));
	FAILS(EISDIR, unlink("d"));
	in("f");
}

static void prepare_kept_by_others(void)
{
	MUST(mkdir("empty", 0755));
}

static void odd_names(void)
{
	char longest[256];

	in("new\nline");
	in("a\ttab");
	in("it's \"q\" \\ {x: y}");
	in("bad\377utf8");
	in(" ");
	in("- x: &a !b #c");
	in("null");
	in("~");
	memset(longest, 'n', 255);
	longest[255] = 0;
	in(longest);
	longest[254] = '\n';
	FAILS(ENOENT, open(longest, O_RDONLY));
	say("absent", longest, "");
}

static void prepare_odd_names(void)
{
	char longest[256];

	prepare_file("new\nline");
	prepare_file("a\ttab");
	prepare_file("it's \"q\" \\ {x: y}");
	prepare_file("bad\377utf8");
	prepare_file(" ");
	prepare_file("- x: &a !b #c");
	prepare_file("null");
	prepare_file("~");
	memset(longest, 'n', 255);
	longest[255] = 0;
	prepare_file(longest);
}

static void nodes(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "socket"};
	struct stat st;

	MUST(mkfifo("fifo", 0644));
	/* A replay lets no 32-bit program make sockets. */
	if (sizeof(long) == 8) {
		MUST(bind((int)MUST(socket(AF_UNIX, SOCK_STREAM, 0)),
			(struct sockaddr *)&a, sizeof(a)));
		MUST(stat("socket", &st));
		say("made", "socket", "");
	}
	MUST(stat("fifo", &st));
	say("made", "fifo", "");
	MUST(stat("old", &st));
	say("look", "old", "");
}

static void prepare_nodes(void)
{
	MUST(mkfifo("old", 0644));
}

static void unreadable(void)
{
	powerless("d");
	FAILS(EACCES, open("f", O_RDONLY));
	FAILS(EACCES, open("f", O_RDWR));
	FAILS(EACCES, opendir("d/sub") ? 0 : -1);
	FAILS(EACCES, open("d/sub/z", O_RDONLY));
	in("g");
}

static void prepare_unreadable(void)
{
	MUST(chmod("f", 0200));
	MUST(chmod("d/sub", 0));
}

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}
#define PREPARED(f)                \
	{                          \
#f, f, prepare_##f \
	}

const struct cell cells[] = {
	CELL(only_looked_at),
	CELL(looked_for),
	CELL(listed),
	CELL(listed_by_descriptor),
	PREPARED(kept_by_others),
	PREPARED(odd_names),
	PREPARED(nodes),
	PREPARED(unreadable),
	{NULL, NULL, NULL},
};
