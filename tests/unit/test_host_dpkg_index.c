// SPDX-License-Identifier: Apache-2.0
/* The index of dpkg's lists that is kept: which it is of, and what it may be. */
#include "store_help.h"

#include "host/dpkg.h"

#define CACHE "cache"
#define FILE_NAME CACHE "/dpkg"
#define LISTS "root/var/lib/dpkg/info/"

/* What was changed less than two seconds ago may be changed again unseen. */
#define QUIET_US 2100000
#define COPIES 5

static char copies[] = "/tmp/dpkg-index-XXXXXX";

static const struct {
	const char *path, *package;
} owners[] = {
	{"/usr/bin/cat", "coreutils"},
	{"/usr/bin/sh", "dash"},
	{"/usr/bin/sh.distrib", "bash"},
	{"/usr/bin/tool.moved", "coreutils"},
	{"/usr/bin/tool", NULL},
	{"/usr/lib/i386-linux-gnu/libc.so.6", "libc6"},
	{"/usr/share/zoneinfo/a name", "tzdata"},
	{"/usr/bin/cat", "coreutils"},
	{"/none", NULL},
};

static const char *owner_of(const char *path)
{
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, "root", NULL);
	const struct dpkg_package *owner;
	static char name[64];

	assert_non_null(d);
	dpkg_owners(d, CACHE, &path, 1, &owner);
	snprintf(name, sizeof(name), "%s", owner ? owner->name : "-");
	dpkg_close(d);
	return name;
}

/* One by one and all together: the lists that are read differ. */
static void check_owners(void)
{
	const struct dpkg_package *got[COUNT(owners)];
	const char *paths[COUNT(owners)];
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, "root", NULL);

	for (size_t i = 0; i < COUNT(owners); i++) {
		paths[i] = owners[i].path;
		assert_string_equal(owner_of(paths[i]),
			owners[i].package ? owners[i].package : "-");
	}
	dpkg_owners(d, CACHE, paths, COUNT(owners), got);
	for (size_t i = 0; i < COUNT(owners); i++)
		assert_string_equal(got[i] ? got[i]->name : "-",
			owners[i].package ? owners[i].package : "-");
	dpkg_close(d);
}

static void run_shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* Copies of a system that have not been changed for long enough. */
static void make_copies(void)
{
	char command[128];

	for (int i = 0; i < COPIES; i++) {
		snprintf(command, sizeof(command),
			"cp -a tests/data/dpkg/merged %s/%d", copies, i);
		run_shell(command);
	}
	usleep(QUIET_US);
}

static void take_copy(void)
{
	static int taken;
	char path[sizeof(copies) + 16];

	snprintf(path, sizeof(path), "%s/%d", copies, taken++);
	assert_int_equal(rename(path, "root"), 0);
}

/* By hand, as dpkg does it not: the times of the database stay. */
static void append(const char *path, const char *text)
{
	FILE *f = fopen(path, "ae");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* What dpkg does: a new file in the old one's place. */
static void replace(const char *path, const char *text)
{
	struct err e = ERR_INIT;

	ok(fs_write_file(AT_FDCWD, path, text, strlen(text), 0644, &e));
}

static void add_line_in_place(void)
{
	append(LISTS "tzdata.list", "/usr/share/in-place\n");
}

static void changes_are_noticed(void **state)
{
	struct stat st;

	take_copy();
	check_owners();
	assert_int_equal(stat(FILE_NAME, &st), 0);
	check_owners();
	/* That is how we see that it is asked at all. */
	add_line_in_place();
	assert_string_equal(owner_of("/usr/share/in-place"), "-");

	append("root/var/lib/dpkg/diversions",
		"/usr/bin/cat\n/usr/bin/cat.moved\n:\n");
	assert_string_equal(owner_of("/usr/bin/cat.moved"), "coreutils");
	assert_string_equal(owner_of("/usr/bin/cat"), "-");

	replace(LISTS "dash.list", "/bin/sh\n/usr/bin/new\n");
	assert_string_equal(owner_of("/usr/bin/new"), "dash");
	assert_string_equal(owner_of("/usr/share/in-place"), "tzdata");

	usleep(QUIET_US);
	assert_string_equal(owner_of("/usr/bin/new"), "dash");
	append(LISTS "tzdata.list", "/usr/share/again\n");
	assert_string_equal(owner_of("/usr/share/again"), "-");
	append("root/var/lib/dpkg/status",
		"\nPackage: added\nStatus: install ok installed\nVersion: 1\n");
	append(LISTS "added.list", "/usr/bin/added\n");
	assert_string_equal(owner_of("/usr/bin/added"), "added");
}

static void a_database_in_motion_is_not_kept(void **state)
{
	take_copy();
	replace(LISTS "dash.list", "/bin/sh\n");
	assert_string_equal(owner_of("/usr/bin/sh"), "dash");
	assert_int_equal(access(FILE_NAME, F_OK), -1);
}

/* Nor one that has something to be told each time. */
static void an_unreadable_list_is_not_kept(void **state)
{
	take_copy();
	assert_int_equal(unlink(LISTS "dash.list"), 0);
	usleep(QUIET_US);
	assert_string_equal(owner_of("/usr/bin/cat"), "coreutils");
	assert_int_equal(access(FILE_NAME, F_OK), -1);
}

static void put_index(const char *p, size_t n)
{
	autoclose int fd =
		open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(fs_write_all(fd, p, n), 0);
}

/* Changed somewhere, or cut anywhere: all lists are read again, and what is in
 * them is found. */
static void damage_is_noticed(void **state)
{
	autostrbuf whole = STRBUF_INIT;
	size_t step;

	take_copy();
	check_owners();
	assert_int_equal(fs_slurp(FILE_NAME, &whole), 0);
	add_line_in_place();
	assert_string_equal(owner_of("/usr/share/in-place"), "-");
	for (size_t i = 0; i < whole.len; i += step) {
		/* Between its beginning and its end it is large. */
		step = i < 256 || i + 512 > whole.len ? 1 : 4093;
		whole.s[i] ^= (char)0x80;
		put_index(whole.s, whole.len);
		assert_string_equal(owner_of("/usr/share/in-place"), "tzdata");
		whole.s[i] ^= (char)0x80;
		put_index(whole.s, i);
		assert_string_equal(owner_of("/usr/share/in-place"), "tzdata");
	}
	put_index(whole.s, whole.len);
	assert_string_equal(owner_of("/usr/share/in-place"), "-");
}

/* Of another user, writable by others, a link, no file. */
static void foreign_files_are_ignored(void **state)
{
	take_copy();
	check_owners();
	add_line_in_place();
	assert_string_equal(owner_of("/usr/share/in-place"), "-");
	assert_int_equal(chmod(FILE_NAME, 0666), 0);
	assert_string_equal(owner_of("/usr/share/in-place"), "tzdata");
	assert_int_equal(chmod(CACHE, 0777), 0);
	append(LISTS "tzdata.list", "/usr/share/second\n");
	assert_string_equal(owner_of("/usr/share/second"), "tzdata");
	assert_int_equal(chmod(CACHE, 0700), 0);
	assert_string_equal(owner_of("/usr/share/second"), "-");
	if (geteuid() == 0) {
		assert_int_equal(chown(CACHE, 12345, 0), 0);
		assert_string_equal(owner_of("/usr/share/second"), "tzdata");
		assert_int_equal(chown(CACHE, 0, 0), 0);
		assert_int_equal(chown(FILE_NAME, 12345, 0), 0);
		assert_string_equal(owner_of("/usr/share/second"), "tzdata");
	}
	assert_int_equal(unlink(FILE_NAME), 0);
	assert_int_equal(symlink("/dev/zero", FILE_NAME), 0);
	assert_string_equal(owner_of("/usr/share/second"), "tzdata");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changes_are_noticed),
		TEST(a_database_in_motion_is_not_kept),
		TEST(an_unreadable_list_is_not_kept),
		TEST(damage_is_noticed),
		TEST(foreign_files_are_ignored),
	};

	struct err e = ERR_INIT;
	int failed;

	if (!mkdtemp(copies))
		return 1;
	make_copies();
	failed = cmocka_run_group_tests_name("dpkg index", tests, NULL, NULL);
	return fs_remove_tree(AT_FDCWD, copies, &e) < 0 || failed;
}
