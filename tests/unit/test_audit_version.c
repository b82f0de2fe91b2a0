// SPDX-License-Identifier: Apache-2.0
/* Orders of versions, with the examples that their rules are published with. */
#include "audit/version.h"
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * Versions from the oldest to the newest, "=" before those that are the same as
 * the one before them. Each is compared with each, both ways.
 */
static void check_order(enum version_scheme s, const char *const *list)
{
	int rank[64] = {0}, n = 0;

	for (; list[n]; n++)
		rank[n] = n == 0 ? 0 : rank[n - 1] + (*list[n] != '=');
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			const char *a = list[i] + (*list[i] == '=');
			const char *b = list[j] + (*list[j] == '=');
			int want = (rank[i] > rank[j]) - (rank[i] < rank[j]);
			int got = version_compare(s, a, b);

			if (got != want)
				fail_msg("'%s' against '%s': %d, not %d", a, b,
					got, want);
		}
}

struct pair {
	const char *a, *b;
	int order;
};

static void check_pairs(enum version_scheme s, const struct pair *p)
{
	for (; p->a; p++) {
		int there = version_compare(s, p->a, p->b);
		int back = version_compare(s, p->b, p->a);

		if (there != p->order || back != -p->order)
			fail_msg("'%s' against '%s': %d and %d, not %d", p->a,
				p->b, there, back, p->order);
	}
}

/* deb-version(7): "~~", "~~a", "~", the empty part, "a". */
static void test_deb(void **state)
{
	static const char *const tilde[] = {
		"1~~", "1~~a", "1~", "1", "1a", "1+", "1.", NULL};
	static const char *const real[] = {"0.9", "1.0~beta1~svn1245",
		"1.0~beta1", "1.0", "=1.0-0", "=0:1.0", "1.0-1~bpo1", "1.0-1",
		"1.0-1ubuntu1", "1.0-1+deb12u1", "1.0-1.1", "1.0-2", "1.0-10",
		"1.0+dfsg-1", "1.0.1-1", "1.2", "1.10", "1.10-2-1", "1:0.1",
		"2:0.1", NULL};

	check_order(VERSION_DEB, tilde);
	check_order(VERSION_DEB, real);
}

static void test_rpm(void **state)
{
	static const struct pair pairs[] = {{"1.0", "1.0", 0},
		{"1.0", "2.0", -1}, {"2.0.1", "2.0", 1}, {"2.0.1a", "2.0.1", 1},
		{"5.5p1", "5.5p2", -1}, {"5.5p10", "5.5p1", 1},
		{"10xyz", "10.1xyz", -1}, {"xyz10", "xyz10.1", -1},
		{"xyz.4", "8", -1}, {"xyz.4", "2", -1}, {"5.5p2", "5.6p1", -1},
		{"5.6p1", "6.5p1", -1}, {"6.0.rc1", "6.0", 1},
		{"10b2", "10a1", 1}, {"1.0aa", "1.0a", 1},
		{"10.0001", "10.1", 0}, {"10.0001", "10.0039", -1},
		{"4.999.9", "5.0", -1}, {"20101121", "20101122", -1},
		{"2_0", "2.0", 0}, {"2.0", "2_0", 0}, {"a+", "a_", 0},
		{"+", "_", 0}, {"1.0~rc1", "1.0", -1}, {"1.0~rc1", "1.0~rc2", -1},
		{"1.0~rc1~git123", "1.0~rc1", -1}, {"1.0^", "1.0", 1},
		{"1.0^git1", "1.0", 1}, {"1.0^git1", "1.0^git2", -1},
		{"1.0^git1", "1.01", -1}, {"1.0^20160101", "1.0.1", -1},
		{"1.0^20160101^git1", "1.0^20160101", 1},
		{"1.0^20160102", "1.0^20160101^git1", 1},
		{"1.0~rc1^git1", "1.0~rc1", 1}, {"1.0^git1~pre", "1.0^git1", -1},
		{"1.0^git1", "1.0^git1~pre", 1},
		/* Epochs, and releases where both have one. */
		{"1:1.0-1", "2.0-1", 1}, {"0:1.0-1", "1.0-1", 0},
		{"1.0-1.el9", "1.0-2.el9", -1}, {"1.0-1.el9", "1.0", 0},
		{"1.0-10", "1.0-9", 1}, {NULL, NULL, 0}};

	check_pairs(VERSION_RPM, pairs);
}

static void test_pep440(void **state)
{
	static const char *const order[] = {"1.dev0", "1.0.dev456", "1.0a1",
		"1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456",
		"1.0b2", "1.0b2.post345.dev456", "1.0b2.post345",
		"1.0rc1.dev456", "1.0rc1", "1.0", "=1", "=v1.0.0", "1.0+abc.5",
		"1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456",
		"1.0.15", "1.1.dev1", "1.1", "2.0", "2013.10", "2014.04",
		"1!1.0", "1!1.1", NULL};
	/* Spellings of one version. */
	static const char *const same[] = {"1.1rc1", "=1.1RC1", "=1.1.rc1",
		"=1.1-c1", "=1.1_preview_1", "=1.1pre1", "1.1", "=01.01",
		"1.1.post2", "=1.1-2", "=1.1-r2", "=1.1rev2", "=1.1_post2",
		"1.2.dev0", "=1.2dev", "=1.2-DEV0", "1.2a0", "=1.2alpha",
		"1.2+ubuntu.1", "=1.2+ubuntu-1", "=1.2+Ubuntu_01", NULL};
	/* No version of PEP 440: in the generic order, all the same. */
	static const struct pair other[] = {{"2004d", "2005a", -1},
		{"1.0-foo", "1.1", -1}, {"1.0+", "1.1", -1}, {NULL, NULL, 0}};

	check_order(VERSION_PEP440, order);
	check_order(VERSION_PEP440, same);
	check_pairs(VERSION_PEP440, other);
}

static void test_conda(void **state)
{
	static const char *const order[] = {"0.4", "=0.4.0", "0.4.1.rc",
		"=0.4.1.RC", "0.4.1", "0.5a1", "0.5b3", "0.5C1", "0.5", "0.9.6",
		"0.960923", "1.0", "1.1dev1", "1.1a1", "1.1.0dev1", "=1.1.dev1",
		"1.1.a1", "1.1.0rc1", "1.1.0", "=1.1", "1.1.0post1",
		"=1.1.post1", "1.1post1", "1996.07.12", "1!0.4.1", "1!3.1.1.6",
		"2!0.4.1", NULL};
	static const struct pair pairs[] = {{"1.0.1_", "1.0.1a", -1},
		{"1.0.1a", "1.0.1", -1}, {"1.0+1", "1.0", 1},
		{"1.0+1", "1.0+2", -1}, {"1_2", "1.2", 0}, {NULL, NULL, 0}};

	check_order(VERSION_CONDA, order);
	check_pairs(VERSION_CONDA, pairs);
}

static void test_generic(void **state)
{
	/* Semantic Versioning 2.0.0, paragraph 11. */
	static const char *const semver[] = {"1.0.0-alpha", "1.0.0-alpha.1",
		"1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
		"1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "=1.0.0+20130313144700",
		"=v1.0", "2.0.0", "2.1.0", "2.1.1", NULL};
	static const char *const openssl[] = {"1.0.2zk", "1.1.0", "1.1.1-pre9",
		"1.1.1", "1.1.1k", "1.1.1w", "3.0.0~beta2", "3.0.0", "3.0.15",
		NULL};
	static const struct pair pairs[] = {{"12.4.127", "12.10", -1},
		{"1.0rc1", "1.0", -1}, {"1.0-x.7", "1.0", -1},
		{"1.0-1", "1.0", 1}, {"1.0-p1", "1.0", 1}, {"", "", 0},
		{"", "1", -1},
		{"18446744073709551617", "18446744073709551616", 1},
		{NULL, NULL, 0}};

	check_order(VERSION_GENERIC, semver);
	check_order(VERSION_GENERIC, openssl);
	check_pairs(VERSION_GENERIC, pairs);
}

static void test_schemes(void **state)
{
	assert_int_equal(version_scheme_of("deb"), VERSION_DEB);
	assert_int_equal(version_scheme_of("rpm"), VERSION_RPM);
	assert_int_equal(version_scheme_of("pypi"), VERSION_PEP440);
	assert_int_equal(version_scheme_of("conda"), VERSION_CONDA);
	assert_int_equal(version_scheme_of("huggingface"), VERSION_GENERIC);
	assert_int_equal(version_scheme_of(NULL), VERSION_GENERIC);
}

static void test_bounds(void **state)
{
	static const struct {
		enum version_scheme scheme;
		const char *version, *bound;
		int order;
	} rows[] = {
		{VERSION_DEB, "5.4.1-0.2", "5.4.1", 0},
		{VERSION_DEB, "5.4.1-0.2", "5.4.1-0.1", 1},
		{VERSION_DEB, "5.4.1-0.2", "5.4.1-0.2", 0},
		{VERSION_DEB, "1:2.3-1", "2.3", 0},
		{VERSION_DEB, "1:2.3-1", "9.0", -1},
		{VERSION_DEB, "1:2.3-1", "0:9.0", 1},
		{VERSION_DEB, "1.9.0+dfsg-4", "1.9.0", 0},
		{VERSION_DEB, "1.9.0+ds1-4", "1.9.0", 0},
		{VERSION_DEB, "1.9.0+dfsg-4", "1.9.0+dfsg-5", -1},
		{VERSION_DEB, "5.6.1+really5.4.5-1", "5.6.0", -1},
		{VERSION_DEB, "5.6.1+really5.4.5-1", "5.4.5", 0},
		{VERSION_DEB, "5.6.1+really5.4.5-1", "5.6.1+really5.4.4-1", 1},
		{VERSION_DEB, "1.0+git20240101-1", "1.0", 1},
		{VERSION_RPM, "1:1.1.1k-12.el8_9", "1.1.1k", 0},
		{VERSION_RPM, "1:1.1.1k-12.el8_9", "1:1.1.1k-9.el8_7", 1},
		{VERSION_PEP440, "2.8.0+cu128", "2.8.0", 0},
		{VERSION_PEP440, "2.8.0+cu128", "2.8.0+cu126", 1},
		{VERSION_PEP440, "1!1.0", "2.0", 1},
		{VERSION_CONDA, "1.0+1", "1.0", 0},
		{VERSION_GENERIC, "5.4.1-0.2", "5.4.1", 0},
		{VERSION_GENERIC, "5.4.1-rc1", "5.4.1", -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int r = version_compare_bound(
			rows[i].scheme, rows[i].version, rows[i].bound);

		if (r != rows[i].order)
			fail_msg("'%s' against the bound '%s': %d, not %d",
				rows[i].version, rows[i].bound, r, rows[i].order);
	}
}

static void test_prefix(void **state)
{
	assert_true(version_has_prefix(VERSION_PEP440, "1.24.2", "1.24"));
	assert_true(version_has_prefix(VERSION_PEP440, "1.24", "1.24"));
	assert_true(version_has_prefix(VERSION_PEP440, "1.24rc1", "1.24"));
	assert_false(version_has_prefix(VERSION_PEP440, "1.24.2", "1.2"));
	assert_false(version_has_prefix(VERSION_PEP440, "1", "1.2"));
	assert_true(version_has_prefix(VERSION_DEB, "1:1.24.2-1", "1.24"));
}

/* Any text has an answer, and the two ways agree. */
static void test_any_text(void **state)
{
	static const char letters[] = "019aAz.-_~^+:! \xff";
	unsigned seed = 7;
	char text[2][12];

	for (int round = 0; round < 200000; round++) {
		for (int i = 0; i < 2; i++) {
			size_t n = (seed = seed * 1103515245u + 12345u) >> 16;

			n %= sizeof(text[i]);
			text[i][n] = '\0';
			while (n-- > 0) {
				seed = seed * 1103515245u + 12345u;
				text[i][n] =
					letters[(seed >> 16) % (sizeof(letters) - 1)];
			}
		}
		for (int s = VERSION_GENERIC; s <= VERSION_CONDA; s++) {
			int r = version_compare(
				(enum version_scheme)s, text[0], text[1]);

			if (r != -version_compare((enum version_scheme)s,
					 text[1], text[0]) ||
				version_compare((enum version_scheme)s, text[0],
					text[0]) != 0)
				fail_msg("rule %d: '%s' against '%s'", s,
					text[0], text[1]);
			version_compare_bound(
				(enum version_scheme)s, text[0], text[1]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deb),
		cmocka_unit_test(test_rpm),
		cmocka_unit_test(test_pep440),
		cmocka_unit_test(test_conda),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_schemes),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
