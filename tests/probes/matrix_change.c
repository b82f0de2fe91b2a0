// SPDX-License-Identifier: Apache-2.0
/*
 * What is read, and changed afterwards in each of the ways there are; or
 * changed first, so that nobody can have read it. See matrix.h.
 */
#include "matrix.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <utime.h>

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

static void overwritten(void)
{
	in("f");
	put("f", O_WRONLY, "NEW");
	left("f");
}

static void appended(void)
{
	in("f");
	put("f", O_WRONLY | O_APPEND, "more\n");
	left("f");
}

static void opened_truncated(void)
{
	in("f");
	put("f", NEW, "NEW");
	left("f");
}

static void truncated(void)
{
	in("f");
	MUST(truncate("f", 3));
	left("f");
}

static void truncated_by_descriptor(void)
{
	int fd = (int)MUST(open("f", O_RDWR));

	say_fd("in", "f", fd);
	MUST(ftruncate(fd, 3));
	left("f");
}

static void mapped_shared(void)
{
	int fd = (int)MUST(open("f", O_RDWR));
	char *p = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	in("f");
	memcpy(p, "MAP!", 4);
	MUST(munmap(p, 4));
	left("f");
}

static void removed(void)
{
	in("f");
	MUST(unlink("f"));
}

static void removed_while_open(void)
{
	int fd = (int)MUST(open("f", O_RDONLY));

	MUST(unlink("f"));
	say_fd("in", "f", fd);
}

static void replaced(void)
{
	in("f");
	put("f.tmp", NEW, "NEW");
	MUST(rename("f.tmp", "f"));
	left("f");
}

static void replaced_by_renameat2(void)
{
	int d = (int)MUST(open("d", O_PATH));

	in("f");
	in("d/x");
	MUST(renameat2(d, "x", AT_FDCWD, "f", 0));
	left("f");
}

static void exchanged(void)
{
	in("f");
	in("g");
	MUST(renameat2(AT_FDCWD, "f", AT_FDCWD, "g", RENAME_EXCHANGE));
	put("g", O_WRONLY | O_APPEND, "more\n");
	left("f");
	left("g");
}

static void exchanged_with_directory(void)
{
	in("f");
	in("d/x");
	MUST(renameat2(AT_FDCWD, "f", AT_FDCWD, "d", RENAME_EXCHANGE));
	put("f/x", NEW, "NEW");
	say_file("in", "d/y", "f/y");
	left("f/x");
	left("d");
}

static void moved_away(void)
{
	in("f");
	MUST(rename("f", "h"));
	put("h", O_WRONLY, "NEW");
	left("h");
}

static void moved_before_read(void)
{
	MUST(rename("f", "h"));
	say_file("in", "f", "h");
	put("h", NEW, "NEW");
	left("h");
}

static void moved_with_directory(void)
{
	in("d/x");
	MUST(rename("d", "e"));
	say_file("in", "d/y", "e/y");
	put("e/x", NEW, "NEW");
	put("e/y", O_WRONLY, "NEW");
	put("e/sub/z", O_WRONLY | O_APPEND, "more\n");
	left("e/x");
	left("e/y");
	left("e/sub/z");
}

static void moved_and_made_anew(void)
{
	struct stat st;

	in("d/x");
	MUST(stat("d/y", &st));
	MUST(rename("d", "e"));
	MUST(mkdir("d", 0755));
	put("d/x", NEW, "NEW x");
	put("d/y", NEW, "NEW y");
	MUST(mkdir("d/sub", 0755));
	put("d/sub/z", NEW, "NEW z");
	say_file("in", "d/y", "e/y");
	say_file("in", "d/sub/z", "e/sub/z");
	own("d/y");
	left("d/x");
	left("d/y");
	left("d/sub/z");
}

static void moved_there_and_back(void)
{
	in("d/x");
	MUST(rename("d", "e"));
	MUST(rename("e", "d"));
	in("d/x");
	put("d/x", NEW, "NEW");
	in("d/y");
	left("d/x");
}

/* Checkpoints are often written so. */
static void made_directory_moved(void)
{
	MUST(mkdir("tmp", 0755));
	MUST(mkdir("tmp/deep", 0755));
	put("tmp/model", NEW, "a model");
	put("tmp/deep/part", NEW, "a part");
	MUST(rename("tmp", "final"));
	own("final/model");
	left("final/model");
	left("final/deep/part");
}

static void made_directory_replaces(void)
{
	MUST(mkdir("empty", 0755));
	MUST(mkdir("tmp", 0755));
	put("tmp/model", NEW, "a model, too");
	MUST(rename("tmp", "empty"));
	own("empty/model");
	put("empty/model", NEW, "another model");
	left("empty/model");
}

static void other_name_written(void)
{
	in("one");
	put("two", O_WRONLY, "NEW");
	left("two");
}

static void other_name_truncated(void)
{
	struct stat st;

	in("one");
	MUST(stat("two", &st));
	put("two", NEW, "NEW");
	own("one");
	left("two");
}

static void other_name_appended(void)
{
	in("one");
	put("two", O_WRONLY | O_APPEND, "more\n");
	left("two");
}

/* Only looked at under the name that is read afterwards. */
static void other_name_read_after(void)
{
	struct stat st;

	MUST(stat("two", &st));
	put("one", O_RDWR, "NEW");
	own("two");
	left("one");
}

static void other_name_read_after_truncation(void)
{
	struct stat st;

	MUST(stat("two", &st));
	put("one", NEW, "NEW");
	own("two");
	say("unread", "two", "");
	left("one");
}

static void other_name_moved(void)
{
	in("one");
	MUST(rename("one", "three"));
	put("two", O_WRONLY, "NEW");
	left("two");
	left("three");
}

static void other_name_removed(void)
{
	in("one");
	MUST(unlink("one"));
	put("two", NEW, "NEW");
	left("two");
}

/* uv, conda and many caches make trees of hard links. */
static void link_read(void)
{
	MUST(link("f", "h"));
	say_file("in", "f", "h");
}

static void link_read_alone(void)
{
	MUST(link("f", "h"));
	MUST(unlink("f"));
	say_file("in", "f", "h");
	MUST(unlink("h"));
}

static void link_written(void)
{
	in("f");
	MUST(link("f", "h"));
	put("h", O_WRONLY, "NEW");
	left("f");
	left("h");
}

static void link_read_then_written(void)
{
	MUST(linkat(AT_FDCWD, "f", AT_FDCWD, "h", 0));
	say_file("in", "f", "h");
	put("h", NEW, "NEW");
	left("h");
}

static void link_replaces(void)
{
	in("g");
	MUST(link("f", "h"));
	MUST(rename("h", "g"));
	say_file("in", "f", "g");
	put("g", NEW, "NEW");
	left("g");
}

static void through_symlink(void)
{
	in("f");
	put("s", O_WRONLY, "NEW");
	say("link", "s", "f");
	left("f");
}

static void symlink_swapped(void)
{
	say_file("in", "f", "s");
	MUST(symlink("g", "s2"));
	MUST(rename("s2", "s"));
	say_file("in", "g", "s");
	MUST(unlink("s"));
	MUST(symlink("d/x", "s"));
	say_file("in", "d/x", "s");
	put("s", NEW, "NEW");
	say("link", "s", "f");
	left("d/x");
}

static void directory_symlink_swapped(void)
{
	say_file("in", "d/x", "sd/x");
	MUST(mkdir("d2", 0755));
	put("d2/x", NEW, "NEW");
	MUST(unlink("sd"));
	MUST(symlink("d2", "sd"));
	say_file("own", "d2/x", "sd/x");
	MUST(unlink("sd"));
	MUST(mkdir("sd", 0755));
	put("sd/x", NEW, "NEWER");
	own("sd/x");
	left("sd/x");
	left("d2/x");
}

static void punched(void)
{
	int fd = (int)MUST(open("f", O_RDWR));

	say_fd("in", "f", fd);
	/* Not every file system can: then it stays as it was. */
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4);
	MUST(pwrite(fd, "!", 1, 2));
	left("f");
}

static void cloned_onto(void)
{
	int from = (int)MUST(open("g", O_RDONLY));
	int to = (int)MUST(open("f", O_WRONLY));

	in("f");
	say_fd("in", "g", from);
	if (ioctl(to, FICLONE, from) < 0)
		put_fd(to, "NEW");
	left("f");
}

static void copied_onto(void)
{
	int from = (int)MUST(open("g", O_RDONLY));
	int to = (int)MUST(open("f", O_WRONLY));
	loff_t at = 0;

	in("f");
	if (copy_file_range(from, &at, to, NULL, 5, 0) != 5)
		MUST(sendfile64(to, from, &at, 5));
	say_fd("in", "g", from);
	left("f");
}

static void spliced_onto(void)
{
	int to = (int)MUST(open("f", O_WRONLY)), p[2];

	in("f");
	MUST(pipe(p));
	put_fd(p[1], "SPLICED");
	MUST(splice(p[0], NULL, to, NULL, 7, 0));
	left("f");
}

/* Opened before anybody reads it, and by another name than is read. */
static void writable_before(void)
{
	int fd = (int)MUST(open("one", O_RDWR));

	in("two");
	MUST(pwrite(fd, "NEW", 3, 0));
	left("one");
}

static void written_before_other_name(void)
{
	int fd = (int)MUST(open("one", O_RDWR));

	MUST(pwrite(fd, "NEW", 3, 0));
	own("two");
	left("one");
}

static void attributes(void)
{
	in("f");
	MUST(chmod("f", 0600));
	MUST(chown("f", getuid(), getgid()));
	setxattr("f", "user.cell", "1", 1, 0);
	in("f");
}

static void times_after(void)
{
	struct timespec t[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};

	in("f");
	MUST(utimensat(AT_FDCWD, "f", t, 0));
	in("f");
}

static void times_before(void)
{
	struct timespec t[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
	int fd = (int)MUST(open("g", O_RDONLY | O_PATH));

	MUST(utimensat(AT_FDCWD, "f", t, 0));
	in("f");
	close(fd);
	MUST(utime("g", NULL));
	in("g");
	MUST(utime("one", NULL));
	in("two");
	MUST(unlink("two"));
}

static void mode_before(void)
{
	MUST(chmod("f", 0600));
	in("f");
	put("f", NEW, "NEW");
	left("f");
}

static void append_no_more(void)
{
	int fd = (int)MUST(open("f", O_WRONLY | O_APPEND));
	int flags = fcntl(fd, F_GETFL);

	put_fd(fd, "more\n");
	MUST(fcntl(fd, F_SETFL, flags & ~O_APPEND));
	MUST(pwrite(fd, "NEW", 3, 0));
	left("f");
	say("kept", "f", "");
}

static void append_no_more_moved(void)
{
	int fd = (int)MUST(open("f", O_WRONLY | O_APPEND));

	put_fd(fd, "more\n");
	MUST(rename("f", "h"));
	MUST(ftruncate(fd, 3));
	own("h");
	left("h");
	say("kept", "f", "");
}

static void append_no_more_linked(void)
{
	int fd = (int)MUST(open("one", O_WRONLY | O_APPEND));

	in("two");
	put_fd(fd, "more\n");
	MUST(ftruncate(fd, 3));
	left("one");
}

static void append_not(void)
{
	int fd = (int)MUST(open("f", O_WRONLY | O_APPEND));
	struct iovec v = {(char *)"NEW", 3};

	in("f");
	/* Before Linux 6.9 it is refused, EOPNOTSUPP. */
	if (syscall(SYS_pwritev2, fd, &v, 1, 0, 0, RWF_NOAPPEND) < 0)
		put_fd(fd, "NEW");
	left("f");
}

static void appended_read_truncated(void)
{
	put("f", O_WRONLY | O_APPEND, "more\n");
	own("f");
	MUST(truncate("f", 4));
	own("f");
	left("f");
	say("kept", "f", "");
}

static void appended_then_removed(void)
{
	put("f", O_WRONLY | O_APPEND, "more\n");
	MUST(unlink("f"));
	say("unread", "f", "");
}

/* A descriptor that could not read until the name had gone. */
static void only_a_path(void)
{
	int fd = (int)MUST(open("f", O_PATH));
	char self[64];

	MUST(unlink("f"));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	say_file("in", "f", self);
	fd = (int)MUST(open("g", O_PATH));
	put("tmp", NEW, "NEW");
	MUST(rename("tmp", "g"));
	snprintf(self, sizeof(self), "/dev/fd/%d", fd);
	say_file("in", "g", self);
	left("g");
}

/* The kernel gives the number of an inode away again. */
static void inode_again(void)
{
	char name[16];

	in("f");
	MUST(unlink("f"));
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "new%d", i);
		put(name, NEW, "NEW");
		own(name);
		left(name);
	}
	MUST(unlink("g"));
	for (int i = 20; i < 40; i++) {
		snprintf(name, sizeof(name), "new%d", i);
		put(name, NEW, "NEWER");
		left(name);
	}
	in("d/x");
}

static void temporary_named(void)
{
	int fd = (int)open(".", O_TMPFILE | O_WRONLY, 0644);
	char self[64];

	if (fd < 0) {
		/* Not every file system can. */
		put("named", NEW, "NEW");
		left("named");
		return;
	}
	put_fd(fd, "NEW");
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	MUST(linkat(AT_FDCWD, self, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	own("named");
	left("named");
}

/* Calls that fail leave all as it was: what is read afterwards is an input. */
static void refused_changes(void)
{
	struct stat st;

	MUST(chmod("f", 0444));
	MUST(stat("d/x", &st));
	MUST(stat("d/sub/z", &st));
	MUST(chmod("d", 0555));
	powerless(".");
	FAILS(EACCES, open("f", O_WRONLY | O_TRUNC));
	FAILS(EACCES, open("f", O_RDWR));
	in("f");
	FAILS(EACCES, unlink("g"));
	in("g");
	FAILS(EACCES, rename("one", "three"));
	in("one");
	FAILS(EACCES, unlink("d/y"));
	in("d/y");
	FAILS(EACCES, rename("d", "e"));
	in("d/x");
	in("d/sub/z");
	FAILS(EACCES, open("new", NEW, 0644));
	FAILS(EACCES, mkdir("new", 0755));
	FAILS(EACCES, symlink("f", "new"));
	MUST(chmod(".", 0755));
	MUST(chmod("d", 0755));
}

static void refused_by_limit(void)
{
	struct rlimit none = {0, 0}, was;

	MUST(getrlimit(RLIMIT_NOFILE, &was));
	none.rlim_max = was.rlim_max;
	MUST(setrlimit(RLIMIT_NOFILE, &none));
	FAILS(EMFILE, open("f", O_WRONLY | O_TRUNC));
	MUST(setrlimit(RLIMIT_NOFILE, &was));
	in("f");
	MUST(truncate("f", 0));
	FAILS(EISDIR, rename("g", "d"));
	FAILS(EINVAL, rename("d", "d/sub/e"));
	in("g");
	in("d/x");
	put("g", NEW, "NEW");
	put("d/x", NEW, "NEW");
	left("f");
	left("g");
	left("d/x");
}

static void never_read(void)
{
	put("f", NEW, "NEW");
	say("unread", "f", "");
	MUST(unlink("g"));
	say("unread", "g", "");
	put("tmp", NEW, "NEW");
	MUST(rename("tmp", "d/x"));
	say("unread", "d/x", "");
	MUST(rename("d/x", "d/y"));
	say("unread", "d/y", "");
	left("f");
	left("d/y");
}

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}

const struct cell cells[] = {
	CELL(overwritten),
	CELL(appended),
	CELL(opened_truncated),
	CELL(truncated),
	CELL(truncated_by_descriptor),
	CELL(mapped_shared),
	CELL(removed),
	CELL(removed_while_open),
	CELL(replaced),
	CELL(replaced_by_renameat2),
	CELL(exchanged),
	CELL(exchanged_with_directory),
	CELL(moved_away),
	CELL(moved_before_read),
	CELL(moved_with_directory),
	CELL(moved_and_made_anew),
	CELL(moved_there_and_back),
	CELL(made_directory_moved),
	CELL(made_directory_replaces),
	CELL(other_name_written),
	CELL(other_name_truncated),
	CELL(other_name_appended),
	CELL(other_name_read_after),
	CELL(other_name_read_after_truncation),
	CELL(other_name_moved),
	CELL(other_name_removed),
	CELL(link_read),
	CELL(link_read_alone),
	CELL(link_written),
	CELL(link_read_then_written),
	CELL(link_replaces),
	CELL(through_symlink),
	CELL(symlink_swapped),
	CELL(directory_symlink_swapped),
	CELL(punched),
	CELL(cloned_onto),
	CELL(copied_onto),
	CELL(spliced_onto),
	CELL(writable_before),
	CELL(written_before_other_name),
	CELL(attributes),
	CELL(times_after),
	CELL(times_before),
	CELL(mode_before),
	CELL(append_no_more),
	CELL(append_no_more_moved),
	CELL(append_no_more_linked),
	CELL(append_not),
	CELL(appended_read_truncated),
	CELL(appended_then_removed),
	CELL(only_a_path),
	CELL(inode_again),
	CELL(temporary_named),
	CELL(refused_changes),
	CELL(refused_by_limit),
	CELL(never_read),
	{NULL, NULL, NULL},
};
