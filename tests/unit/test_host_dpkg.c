// SPDX-License-Identifier: Apache-2.0
/* Debian packages: of made-up systems, and of this one if it has any. */
#include "base/arena.h"
#include "base/fs.h"
#include "host/dpkg.h"
#include "host/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SYSTEMS "tests/data/dpkg/"
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void packages_are_those_with_files(void **state)
{
	static const struct dpkg_package wanted[] = {
		{"coreutils", "9.1-1", "amd64", "coreutils", "9.1-1", false},
		{"libc6", "2.36-9+deb12u10", "amd64", "glibc",
			"2.36-9+deb12u10", true},
		{"libc6", "2.36-9+deb12u10", "i386", "glibc", "2.36-9+deb12u10",
			true},
		{"bash", "5.2.15-2+b8", "amd64", "bash", "5.2.15-2", false},
		{"dash", "0.5.12-2", "amd64", "dash", "0.5.12-2", false},
		{"tzdata", "2025b-0+deb12u1", "all", "tzdata",
			"2025b-0+deb12u1", false},
	};
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, SYSTEMS "merged", NULL);

	assert_non_null(d);
	assert_int_equal(dpkg_count(d), COUNT(wanted));
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const struct dpkg_package *p = dpkg_at(d, i);

		assert_string_equal(p->name, wanted[i].name);
		assert_string_equal(p->version, wanted[i].version);
		assert_string_equal(p->architecture, wanted[i].architecture);
		assert_string_equal(p->source, wanted[i].source);
		assert_string_equal(p->source_version, wanted[i].source_version);
		assert_int_equal(p->several, wanted[i].several);
	}
	dpkg_close(d);
}

static const struct {
	const char *path, *package, *architecture;
} owners[] = {
	/* listed as "/bin/cat" */
	{"/usr/bin/cat", "coreutils", "amd64"},
	{"/bin/cat", NULL, NULL},
	{"/usr/bin/env", "coreutils", "amd64"},
	/* diverted by dash; bash's lies elsewhere, dash's own stays */
	{"/usr/bin/sh", "dash", "amd64"},
	{"/usr/bin/sh.distrib", "bash", "amd64"},
	{"/usr/share/man/man1/sh.1.gz", "dash", "amd64"},
	/* by the administrator: nobody's own */
	{"/usr/bin/tool", NULL, NULL},
	{"/usr/bin/tool.moved", "coreutils", "amd64"},
	/* of two architectures, and what they share */
	{"/usr/lib/x86_64-linux-gnu/libc.so.6", "libc6", "amd64"},
	{"/usr/lib/i386-linux-gnu/libc.so.6", "libc6", "i386"},
	{"/usr/share/doc/libc6/copyright", "libc6", "amd64"},
	{"/usr/share/zoneinfo/a name", "tzdata", "all"},
	/* removed, but for its settings */
	{"/etc/gone.conf", NULL, NULL},
	{"/relative", NULL, NULL},
	{"/", NULL, NULL},
	{"/usr/bin/cat", "coreutils", "amd64"},
};

static void files_have_owners(void **state)
{
	const struct dpkg_package *got[COUNT(owners)];
	const char *paths[COUNT(owners)];
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, SYSTEMS "merged", NULL);

	for (size_t i = 0; i < COUNT(owners); i++)
		paths[i] = owners[i].path;
	dpkg_owners(d, NULL, paths, COUNT(owners), got);
	for (size_t i = 0; i < COUNT(owners); i++) {
		if (!got[i] != !owners[i].package)
			fail_msg("%s: %s", paths[i], got[i] ? got[i]->name : "-");
		if (!got[i])
			continue;
		assert_string_equal(got[i]->name, owners[i].package);
		assert_string_equal(got[i]->architecture, owners[i].architecture);
	}
	dpkg_close(d);
}

/* One alone is not found by the name of another. */
static void diverted_files_have_owners(void **state)
{
	const char *path = "/usr/bin/tool.moved";
	const struct dpkg_package *owner;
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, SYSTEMS "merged", NULL);

	dpkg_owners(d, NULL, &path, 1, &owner);
	assert_non_null(owner);
	assert_string_equal(owner->name, "coreutils");
	dpkg_close(d);
}

static const char *listed(struct arena *a, struct dpkg *d, size_t package)
{
	struct strlist files = {0};
	char *all = arena_strdup(a, "");

	dpkg_files(d, dpkg_at(d, package), a, &files);
	for (size_t i = 0; i < files.count; i++)
		all = arena_printf(a, "%s%s\n", all, files.items[i]);
	return all;
}

static void packages_have_files(void **state)
{
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, SYSTEMS "merged", NULL);

	assert_string_equal(listed(a, d, 0),
		"/bin\n/usr/bin/cat\n/usr/bin/ls\n/usr\n/usr/bin\n/usr/bin/"
		"env\n"
		"/usr/bin/tool.moved\n/usr/share\n/usr/share/doc\n"
		"/usr/share/doc/coreutils\n");
	assert_string_equal(listed(a, d, 3),
		"/bin\n/usr/bin/bash\n/usr/bin/sh.distrib\n/etc\n"
		"/etc/bash.bashrc\n");
	assert_non_null(strstr(listed(a, d, 2), "/i386-linux-gnu/libc.so.6\n"));
	dpkg_close(d);
	/* Where /bin is a directory, files lie where they are listed. */
	d = dpkg_open(a, SYSTEMS "split", NULL);
	assert_string_equal(listed(a, d, 0),
		"/bin\n/bin/cat\n/usr\n/usr/bin\n/usr/bin/env\n");
	dpkg_close(d);
}

/* What cannot be understood is left out by itself, and named. */
static void broken_packages_are_named(void **state)
{
	static const char *const problems[] = {
		"line 5: 'torn' is left out: a line of it is no field",
		"line 9: '' is left out: no name of a package",
		"line 12: 'versionless' is left out: no version",
		"line 18: '../../../../etc/passwd' is left out: no name of a "
		"package",
		"the files of 'first' are not known: No such file or directory",
	};
	autoarena *a = arena_new();
	struct problems p = {.arena = a};
	struct dpkg *d = dpkg_open(a, SYSTEMS "broken", &p);
	const char *path = "/usr/share/last";
	const struct dpkg_package *owner;

	assert_int_equal(dpkg_count(d), 2);
	assert_string_equal(dpkg_at(d, 0)->name, "first");
	dpkg_owners(d, NULL, &path, 1, &owner);
	assert_string_equal(owner->name, "last");
	assert_int_equal(p.count, COUNT(problems));
	for (size_t i = 0; i < COUNT(problems); i++)
		assert_string_equal(p.items[i].detail, problems[i]);
	assert_string_equal(p.items[0].path, "/var/lib/dpkg/status");
	/* "last" is no directory of "lasting". */
	assert_int_equal(dpkg_file_count(d, owner), 3);
	dpkg_close(d);
}

/* Of whichever of these the package has one. */
static const char *digests(struct arena *a, struct dpkg *d, size_t package)
{
	static const char *const paths[] = {"/bin/cat", "/etc/bash.bashrc",
		"/etc/ld.so.conf.d/x86_64-linux-gnu.conf", "/etc/old file",
		"/usr/bin/cat", "/usr/bin/env", "/usr/bin/ls", "/usr/bin/sh",
		"/usr/bin/tool", "/usr/bin/tool.moved",
		"/usr/lib/i386-linux-gnu/libc.so.6",
		"/usr/lib/x86_64-linux-gnu/libc.so.6"};
	const struct dpkg_package *of[COUNT(paths)];
	const char *got[COUNT(paths)];
	char *all = arena_strdup(a, "");

	for (size_t i = 0; i < COUNT(paths); i++)
		of[i] = dpkg_at(d, package);
	dpkg_digests(d, paths, COUNT(paths), of, got);
	for (size_t i = 0; i < COUNT(paths); i++)
		if (got[i])
			all = arena_printf(
				a, "%s%.6s %s\n", all, got[i], paths[i]);
	return all;
}

/* Where the files lie, not where they are listed; with those of settings. */
static void files_have_digests(void **state)
{
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, SYSTEMS "merged", NULL);

	assert_string_equal(digests(a, d, 0),
		"d077f2 /usr/bin/cat\nff035a /usr/bin/env\n"
		"39ab32 /usr/bin/tool.moved\n");
	assert_string_equal(digests(a, d, 1), "d4e7a7 /etc/ld.so.conf.d/"
					      "x86_64-linux-gnu.conf\n");
	assert_string_equal(
		digests(a, d, 2), "e5823b /usr/lib/i386-linux-gnu/libc.so.6\n");
	assert_string_equal(digests(a, d, 3),
		"0f9035 /etc/bash.bashrc\n149603 /etc/old file\n");
	assert_string_equal(digests(a, d, 4), "");
	assert_int_equal(dpkg_file_count(d, dpkg_at(d, 0)), 5);
	dpkg_close(d);
}

static void other_systems_have_none(void **state)
{
	autoarena *a = arena_new();

	assert_null(dpkg_open(a, SYSTEMS "none", NULL));
	assert_null(dpkg_open(a, "/nowhere", NULL));
	dpkg_close(NULL);
}

/* dpkg itself says the same of a package with links and shared names. */
static void this_system_is_read_as_dpkg_does(void **state)
{
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, "", NULL);
	FILE *f = popen("LC_ALL=C dpkg-query -W -f "
			"'${binary:Package}|${Version}|${source:Package}|"
			"${source:Version}|${db:Status-Status}\\n' "
			"2>/dev/null",
		"r");
	char line[1024];
	size_t n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *save = NULL, *name = strtok_r(line, "|", &save);
		const char *version = strtok_r(NULL, "|", &save);
		const char *source = strtok_r(NULL, "|", &save);
		const char *source_version = strtok_r(NULL, "|", &save);
		const char *status = strtok_r(NULL, "|\n", &save);
		const struct dpkg_package *p = NULL;
		char *colon = strchr(name, ':');

		if (!strcmp(status, "config-files") ||
			!strcmp(status, "not-installed"))
			continue;
		n++;
		if (colon)
			*colon++ = 0;
		for (size_t i = 0; i < dpkg_count(d) && !p; i++) {
			p = dpkg_at(d, i);
			if (strcmp(p->name, name) != 0 ||
				(colon && strcmp(p->architecture, colon) != 0))
				p = NULL;
		}
		if (!p)
			fail_msg("%s is not there", name);
		assert_string_equal(p->version, version);
		assert_string_equal(p->source, source);
		assert_string_equal(p->source_version, source_version);
	}
	if (f)
		pclose(f);
	if (!n) {
		dpkg_close(d);
		skip();
	}
	assert_int_equal(dpkg_count(d), n);
	dpkg_close(d);
}

static void this_systems_files_are_where_it_says(void **state)
{
	autoarena *a = arena_new();
	struct dpkg *d = dpkg_open(a, "", NULL);
	const struct dpkg_package *owner = NULL;
	char sh[4096];
	const char *path = realpath("/bin/sh", sh);
	struct strlist files = {0};
	size_t there = 0;
	struct stat st;

	if (!d)
		skip();
	dpkg_owners(d, NULL, &path, 1, &owner);
	if (!owner) {
		dpkg_close(d);
		skip();
	}
	dpkg_files(d, owner, a, &files);
	for (size_t i = 0; i < files.count; i++)
		there += !strcmp(files.items[i], path) &&
			 lstat(files.items[i], &st) == 0;
	assert_int_equal(there, 1);
	dpkg_close(d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(packages_are_those_with_files),
		cmocka_unit_test(files_have_owners),
		cmocka_unit_test(diverted_files_have_owners),
		cmocka_unit_test(packages_have_files),
		cmocka_unit_test(broken_packages_are_named),
		cmocka_unit_test(files_have_digests),
		cmocka_unit_test(other_systems_have_none),
		cmocka_unit_test(this_system_is_read_as_dpkg_does),
		cmocka_unit_test(this_systems_files_are_where_it_says),
	};

	return cmocka_run_group_tests_name("dpkg", tests, NULL, NULL);
}
