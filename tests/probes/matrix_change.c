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

static void overwritten(void)
{
	in("f");
	put("f", O_WRONLY, "NEW");
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
	left("one");
	/* Some overlays make two files of one then. */
	if (stat("two", &st) == 0 && st.st_size > 3) {
		in("two");
		return;
	}
	own("two");
	say("unread", "two", "");
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

/* At the end nobody could open it. */
static void made_unreadable(void)
{
	in("f");
	MUST(chmod("f", 0));
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
	CELL(opened_truncated),
	CELL(truncated),
	CELL(truncated_by_descriptor),
	CELL(mapped_shared),
	CELL(other_name_written),
	CELL(other_name_truncated),
	CELL(other_name_appended),
	CELL(other_name_read_after),
	CELL(other_name_read_after_truncation),
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
	CELL(made_unreadable),
	CELL(refused_changes),
	CELL(refused_by_limit),
	CELL(never_read),
	{NULL, NULL, NULL},
};
