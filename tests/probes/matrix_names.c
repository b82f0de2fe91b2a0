// SPDX-License-Identifier: Apache-2.0
/*
 * What is read, and whose names change afterwards, or before: removed,
 * replaced, moved, linked. See matrix.h.
 */
#include "matrix.h"

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

/* Nothing happens. */
static void moved_to_other_name(void)
{
	in("one");
	MUST(rename("one", "two"));
	in("one");
	say_file("in", "one", "two");
}

/* That there were two is part of what was there before. */
static void other_name_removed_first(void)
{
	int fd = (int)MUST(open("two", O_PATH));
	char self[64];

	MUST(unlink("two"));
	in("one");
	put("one", NEW, "NEW");
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	say_file("own", "one", self);
	left("one");
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
	/* It has grown since. */
	fd = (int)MUST(open("one", O_WRONLY | O_APPEND));
	MUST(unlink("one"));
	MUST(unlink("two"));
	put_fd(fd, "more\n");
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	say_file("own", "one", self);
	say("kept", "one", "");
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

/* Other kinds under the old names. */
static void kinds_change(void)
{
	say_file("in", "f", "s");
	MUST(unlink("s"));
	put("s", NEW, "NEW s");
	left("s");
	say("link", "s", "f");
	in("g");
	MUST(unlink("g"));
	MUST(mkdir("g", 0755));
	put("g/new", NEW, "NEW g");
	left("g/new");
	in("d/sub/z");
	MUST(unlink("d/sub/z"));
	MUST(rmdir("d/sub"));
	put("d/sub", NEW, "NEW sub");
	own("d/sub");
	MUST(unlink("d/sub"));
	MUST(symlink("x", "d/sub"));
	say_file("in", "d/x", "d/sub");
	MUST(unlink("f"));
	put("f", NEW, "NEW f");
	MUST(unlink("f"));
	put("f", NEW, "NEWER f");
	left("f");
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

#define CELL(f)             \
	{                   \
#f, f, NULL \
	}

const struct cell cells[] = {
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
	CELL(other_name_moved),
	CELL(other_name_removed),
	CELL(moved_to_other_name),
	CELL(other_name_removed_first),
	CELL(link_read),
	CELL(link_read_alone),
	CELL(link_written),
	CELL(link_read_then_written),
	CELL(link_replaces),
	CELL(through_symlink),
	CELL(symlink_swapped),
	CELL(directory_symlink_swapped),
	CELL(only_a_path),
	CELL(inode_again),
	CELL(kinds_change),
	CELL(temporary_named),
	{NULL, NULL, NULL},
};
