// SPDX-License-Identifier: Apache-2.0
/* Python's distributions: which there are, and what they have. */
#include "base/arena.h"
#include "host/problems.h"
#include "host/python.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROOT "tests/data/python"
#define SITE "/usr/lib/python3/dist-packages"
#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define HASH "sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE"
#define HEX "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

static void distributions_are_found(void **state)
{
	static const struct {
		const char *name, *version, *metadata;
		bool editable;
	} wanted[] = {
		{"Beta-pkg", "2", SITE "/Beta_pkg-2.dist-info/METADATA", false},
		{"alpha", "1.0", SITE "/alpha-1.0.dist-info/METADATA", false},
		{"edit", "1", SITE "/edit-1.dist-info/METADATA", true},
		{"listed", "2", SITE "/listed-2.egg-info/PKG-INFO", false},
		{"norecord", "3", SITE "/norecord-3.dist-info/METADATA", false},
		{"old", "1", SITE "/old-1.egg-info/PKG-INFO", false},
		{"setup", "1", SITE "/setup-1.egg-info/PKG-INFO", false},
		{"single", "3", SITE "/single-3.egg-info", false},
	};
	autoarena *a = arena_new();
	struct problems p = {.arena = a};
	struct python_site s;

	python_site_read(&s, a, ROOT, SITE, &p);
	assert_string_equal(s.directory, SITE);
	assert_string_equal(s.prefix, "/usr");
	assert_int_equal(s.count, COUNT(wanted));
	for (size_t i = 0; i < COUNT(wanted); i++) {
		assert_string_equal(s.packages[i].name, wanted[i].name);
		assert_string_equal(s.packages[i].version, wanted[i].version);
		assert_string_equal(s.packages[i].metadata, wanted[i].metadata);
		assert_int_equal(s.packages[i].editable, wanted[i].editable);
	}
	/* One is left over, without anything but a name. */
	assert_int_equal(p.count, 1);
	assert_string_equal(
		p.items[0].path, SITE "/broken-1.dist-info/METADATA");
	assert_string_equal(p.items[0].detail,
		"its package is left out: no name or no version");
	python_site_read(&s, a, ROOT, "/nowhere", &p);
	assert_int_equal(s.count, 0);
	assert_int_equal(p.count, 1);
}

struct all {
	struct arena *a;
	char *text;
};

static void add(void *arg, const char *path, const char *hash)
{
	struct all *all = arg;

	all->text = arena_printf(
		all->a, "%s%s%s%s\n", all->text, path, *hash ? " " : "", hash);
}

static const char *files(
	struct arena *a, const struct python_site *s, size_t i, bool record)
{
	struct all all = {a, arena_strdup(a, "")};

	assert_int_equal(python_files(s, &s->packages[i], add, &all), record);
	return all.text;
}

static void records_are_read(void **state)
{
	autoarena *a = arena_new();
	struct python_site s;

	python_site_read(&s, a, ROOT, SITE, NULL);
	assert_string_equal(files(a, &s, 0, true), SITE "/beta.py\n");
	/* Not what lies outside of /usr. */
	assert_string_equal(files(a, &s, 1, true),
		SITE "/alpha/__init__.py " HASH "\n" SITE
		     "/alpha/a, \"quoted\" name.py " HASH "\n"
		     "/usr/bin/alpha\n" SITE "/alpha/x.so sha256=short\n" SITE
		     "/alpha-1.0.dist-info/RECORD\n" SITE "/alpha/last.py\n");
	assert_string_equal(files(a, &s, 3, true),
		SITE "/listed/a.py\n/usr/bin/listed\n" SITE
		     "/listed-2.egg-info/PKG-INFO\n");
	assert_string_equal(files(a, &s, 4, false), "");
	/* Without a list: its modules. */
	assert_string_equal(files(a, &s, 6, false),
		SITE "/setup.py\n" SITE "/setup/\n" SITE "/_setup.py\n" SITE
		     "/_setup/\n");
	assert_string_equal(files(a, &s, 7, false), "");
}

static void digests_are_decoded(void **state)
{
	static const char *const none[] = {"", "sha256=", "md5=AAAA",
		"sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSI", HASH "=",
		HASH "A", "sha256=LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE"};
	autoarena *a = arena_new();

	assert_string_equal(python_digest(a, HASH), "sha256:" HEX);
	for (size_t i = 0; i < COUNT(none); i++)
		assert_null(python_digest(a, none[i]));
}

static void sites_are_told_by_their_names(void **state)
{
	autoarena *a = arena_new();

	assert_string_equal(python_site_of(a, SITE "/x/y.py"), SITE);
	assert_string_equal(
		python_site_of(a, "/v/lib/python3.11/site-packages/z.so"),
		"/v/lib/python3.11/site-packages");
	assert_null(python_site_of(a, "/usr/lib/python3/x.py"));
	assert_null(python_site_of(a, SITE));
	assert_true(python_is_metadata(SITE "/a-1.dist-info/METADATA"));
	assert_true(python_is_metadata(SITE "/a-1.egg-info/PKG-INFO"));
	assert_true(python_is_metadata(SITE "/a-1.egg-info"));
	assert_false(python_is_metadata(SITE "/a/info.py"));
}

static void prefixes_are_above_lib(void **state)
{
	static const struct {
		const char *site, *prefix;
	} sites[] = {
		{"/v/lib/python3.11/site-packages", "/v"},
		{"/v/lib64/pypy3.10/site-packages", "/v"},
		{"/usr/local/lib/python3.11/dist-packages", "/usr/local"},
		{"/srv/target", "/srv/target"},
		{"/srv/site-packages", "/srv/site-packages"},
		{"/python3/site-packages", "/python3/site-packages"},
	};
	autoarena *a = arena_new();
	struct python_site s;

	for (size_t i = 0; i < COUNT(sites); i++) {
		python_site_read(&s, a, "/nowhere", sites[i].site, NULL);
		assert_string_equal(s.prefix, sites[i].prefix);
	}
}

static void compiled_files_have_sources(void **state)
{
	static const struct {
		const char *path, *source;
	} paths[] = {
		{"/a/__pycache__/m.cpython-311.pyc", "/a/m.py"},
		{"/a/__pycache__/m.cpython-311.opt-1.pyc", "/a/m.py"},
		{"/a/m.pyc", "/a/m.py"},
		{"/__pycache__/m.cpython-311.pyc", "/m.py"},
		{"/a/m.py", NULL},
		{"m.pyc", NULL},
		{"/.pyc", "/.py"},
	};
	autoarena *a = arena_new();

	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *s = python_source_of(a, paths[i].path);

		assert_int_equal(!s, !paths[i].source);
		if (s)
			assert_string_equal(s, paths[i].source);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(distributions_are_found),
		cmocka_unit_test(records_are_read),
		cmocka_unit_test(digests_are_decoded),
		cmocka_unit_test(sites_are_told_by_their_names),
		cmocka_unit_test(prefixes_are_above_lib),
		cmocka_unit_test(compiled_files_have_sources),
	};

	return cmocka_run_group_tests_name("python", tests, NULL, NULL);
}
