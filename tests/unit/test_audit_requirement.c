// SPDX-License-Identifier: Apache-2.0
/* What is required: reading it, and what it matches. */
#include "audit/requirement.h"
#include "base/arena.h"
#include "base/err.h"
#include "manifests/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct m_package liblzma5 = {.id = (char *)"p1",
	.purl = (char *)"pkg:deb/debian/liblzma5@5.4.1-0.2?arch=amd64",
	.type = (char *)"deb",
	.name = (char *)"liblzma5",
	.version = (char *)"5.4.1-0.2",
	.source = (char *)"xz-utils 5.4.1-0.2"};
static struct m_package numpy = {.id = (char *)"p2",
	.purl = (char *)"pkg:pypi/numpy@1.24.2",
	.type = (char *)"pypi",
	.name = (char *)"numpy",
	.version = (char *)"1.24.2"};
static struct m_package yaml = {.id = (char *)"p3",
	.purl = (char *)"pkg:pypi/ruamel.yaml@0.18.6",
	.type = (char *)"pypi",
	.name = (char *)"ruamel.yaml",
	.version = (char *)"0.18.6"};
static struct m_package nameless = {
	.id = (char *)"p4", .type = (char *)"generic", .name = (char *)"tool"};

static struct m_library lzma = {
	.path = (char *)"/usr/lib/x86_64-linux-gnu/liblzma.so.5.4.1",
	.soname = (char *)"liblzma.so.5",
	.build_id = (char *)"0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
	.digest = (char *)"sha256:" HASH};
static struct m_library vendored = {
	.path = (char *)"/v/numpy.libs/liblzma-13fa198c.so.5.4.5",
	.soname = (char *)"liblzma-13fa198c.so.5.4.5"};
static struct m_library blas = {
	.path = (char *)"/v/numpy.libs/libopenblas64_p-r0-15028c96.3.21.so",
	.soname = (char *)"libopenblas64_p-r0-15028c96.3.21.so",
	.component = (char *)"openblas",
	.version = (char *)"0.3.21"};
static struct m_library own = {.path = (char *)"/opt/site/libfast.so"};

struct row {
	const char *text;
	const struct m_library *l;
	const struct m_package *p;
	enum requirement_match want;
	const char *version;
};

static const struct row rows[] = {
	/* Names of a library, and of packages. */
	{"liblzma", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"LibLZMA", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma5", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma5", NULL, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma", NULL, &liblzma5, MATCH_NO, NULL},
	{"xz-utils", NULL, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"xz", NULL, &liblzma5, MATCH_NO, NULL},
	{"liblzm", &lzma, &liblzma5, MATCH_NO, NULL},
	{"libfast", &own, NULL, MATCH_YES, NULL},
	/* Bounds. */
	{"liblzma>=5.4.1", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma == 5.4.1", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma=5.4.1-0.2", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma==5.4.1-0.3", &lzma, &liblzma5, MATCH_NO, "5.4.1-0.2"},
	{"liblzma>=5.6.0", &lzma, &liblzma5, MATCH_NO, "5.4.1-0.2"},
	{"liblzma>=5.4.0,<5.6.2", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{" liblzma >= 5.4.0 , != 5.4.1 ", &lzma, &liblzma5, MATCH_NO, "5.4.1-0.2"},
	{"liblzma>5.4.1", &lzma, &liblzma5, MATCH_NO, "5.4.1-0.2"},
	{"liblzma!=5.4.*", &lzma, &liblzma5, MATCH_NO, "5.4.1-0.2"},
	{"liblzma vers:deb/>=5.0|<5.2|>=5.4|<5.6", &lzma, &liblzma5, MATCH_YES,
		"5.4.1-0.2"},
	{"liblzma vers:deb/>=5.0|<5.2|>=5.6|<5.8", &lzma, &liblzma5, MATCH_NO,
		"5.4.1-0.2"},
	{"liblzma vers:deb/5.2|5.4.1", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma vers:deb/5.4.1-0%2E2", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma vers:deb/<5|>=5.4|!=5.4.1", &lzma, &liblzma5, MATCH_NO,
		"5.4.1-0.2"},
	{"liblzma vers:deb/*", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	/* A wheel's version says nothing of a library that it brings. */
	{"liblzma>=5.6.0", &vendored, &numpy, MATCH_UNKNOWN, NULL},
	{"liblzma", &vendored, &numpy, MATCH_YES, NULL},
	{"liblzma.so.5", &vendored, &numpy, MATCH_YES, NULL},
	{"openblas", &blas, &numpy, MATCH_YES, "0.3.21"},
	{"openblas<0.3.21", &blas, &numpy, MATCH_NO, "0.3.21"},
	{"openblas~=0.3.20", &blas, &numpy, MATCH_YES, "0.3.21"},
	{"openblas~=0.2.20", &blas, &numpy, MATCH_NO, "0.3.21"},
	{"libfast>1", &own, NULL, MATCH_UNKNOWN, NULL},
	{"tool>1", NULL, &nameless, MATCH_UNKNOWN, NULL},
	/* SONAMEs. */
	{"liblzma.so.5", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma.so", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"liblzma.so.5>=5.6", &lzma, &liblzma5, MATCH_NO, "5.4.1-0.2"},
	{"liblzma.so.5.4", &lzma, &liblzma5, MATCH_NO, NULL},
	{"liblzma.so.6", &lzma, &liblzma5, MATCH_NO, NULL},
	{"liblzma.so.5", NULL, &liblzma5, MATCH_NO, NULL},
	{"libfast.so", &own, NULL, MATCH_YES, NULL},
	{"libopenblas64_p-r0-15028c96.3.21.so", &blas, &numpy, MATCH_YES,
		"0.3.21"},
	/* Package URLs. */
	{"pkg:deb/debian/liblzma5", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"pkg:deb/debian/liblzma5?arch=amd64", NULL, &liblzma5, MATCH_YES,
		"5.4.1-0.2"},
	{"pkg:deb/debian/liblzma5?arch=arm64", NULL, &liblzma5, MATCH_NO, NULL},
	{"pkg:deb/ubuntu/liblzma5", NULL, &liblzma5, MATCH_NO, NULL},
	{"pkg:deb/debian/liblzma5?arch=amd64<5.6", NULL, &liblzma5, MATCH_YES,
		"5.4.1-0.2"},
	{"pkg:deb/debian/liblzma5@5.4.1", NULL, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"pkg:pypi/numpy@1.24.2", &blas, &numpy, MATCH_YES, "1.24.2"},
	{"pkg:pypi/numpy@1.24.3", &blas, &numpy, MATCH_NO, "1.24.2"},
	{"pkg:pypi/numpy<1.25", NULL, &numpy, MATCH_YES, "1.24.2"},
	{"pkg:pypi/numpy >= 1.25", NULL, &numpy, MATCH_NO, "1.24.2"},
	{"pkg:pypi/numpy~=1.20", NULL, &numpy, MATCH_YES, "1.24.2"},
	{"pkg:pypi/numpy=1.24.2", NULL, &numpy, MATCH_YES, "1.24.2"},
	{"pkg:pypi/numpy", &lzma, &liblzma5, MATCH_NO, NULL},
	{"pkg:pypi/numpy", &own, NULL, MATCH_NO, NULL},
	{"pkg:pypi/Ruamel_Yaml<1", NULL, &yaml, MATCH_YES, "0.18.6"},
	/* Python's names. */
	{"numpy==1.24.*", NULL, &numpy, MATCH_YES, "1.24.2"},
	{"ruamel-yaml", NULL, &yaml, MATCH_YES, "0.18.6"},
	{"Ruamel__YAML>=1", NULL, &yaml, MATCH_NO, "0.18.6"},
	{"ruamelyaml", NULL, &yaml, MATCH_NO, NULL},
	/* Contents and files. */
	{"build-id:0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", &lzma, &liblzma5,
		MATCH_YES, "5.4.1-0.2"},
	{"0A1B2C3D", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"0a1b2c3e", &lzma, &liblzma5, MATCH_NO, NULL},
	{"0a1b2c3d", &own, NULL, MATCH_NO, NULL},
	{"sha256:" HASH, &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{HASH, &lzma, NULL, MATCH_YES, NULL},
	{"sha256:01234567", &lzma, &liblzma5, MATCH_YES, "5.4.1-0.2"},
	{"sha256:11234567", &lzma, &liblzma5, MATCH_NO, NULL},
	{"/opt/site/", &own, NULL, MATCH_YES, NULL},
	{"/opt/site/libfast.so", &own, NULL, MATCH_YES, NULL},
	{"/opt/site", &own, NULL, MATCH_NO, NULL},
	{"/opt/site/", NULL, &numpy, MATCH_NO, NULL},
};

static void test_match(void **state)
{
	autoarena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = ERR_INIT;
		struct requirement r;
		const char *version;
		enum requirement_match got;

		if (requirement_parse(&r, a, rows[i].text, &e) < 0)
			fail_msg("%s", e.msg);
		got = requirement_match(&r, rows[i].l, rows[i].p, &version);
		if (got != rows[i].want)
			fail_msg("'%s' (row %zu): %d, not %d", rows[i].text, i,
				(int)got, (int)rows[i].want);
		if (rows[i].version == NULL
				? version != NULL
				: version == NULL ||
					  strcmp(version, rows[i].version))
			fail_msg("'%s' (row %zu): version '%s'", rows[i].text,
				i, version ? version : "(none)");
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "requirement '': it is empty"},
		{"  ", "requirement '': it is empty"},
		{">=1", "requirement '>=1': the name is missing"},
		{"x>=", "requirement 'x>=': no version follows '>='"},
		{"x>=1,", "requirement 'x>=1,': a bound is missing beside ','"},
		{"x>=1,2", "requirement 'x>=1,2': '2' does not begin with <, "
			   "<=, >, >=, ==, != or ~="},
		{"x 1", "requirement 'x 1': '1' does not begin with <, <=, >, "
			">=, ==, != or ~="},
		{"x==1 2", "requirement 'x==1 2': '1 2' is no version"},
		{"x===1", "requirement 'x===1': '=1' is no version"},
		{"x>=1.*", "requirement 'x>=1.*': '1.*' needs '==' or '!='"},
		{"x~=1", "requirement 'x~=1': '~=1' needs two numbers or more"},
		{"numpy@1.2",
			"requirement 'numpy@1.2': a version follows '==', "
			"and '@' only in a package URL "
			"(pkg:TYPE/NAME@VERSION)"},
		{"a/b", "requirement 'a/b': 'a/b' is no name, SONAME or "
			"package "
			"URL"},
		{"x vers:deb", "requirement 'x vers:deb': 'vers:deb' is not "
			       "vers:TYPE/RANGE"},
		{"x vers:deb/>1|", "requirement 'x vers:deb/>1|': a bound is "
				   "missing beside '|'"},
		{"x vers:deb/>1%2", "requirement 'x vers:deb/>1%2': '%2' is no "
				    "percent-encoding"},
		{"build-id:12",
			"requirement 'build-id:12': '12' has fewer than "
			"8 digits"},
		{"build-id:0123456x", "requirement 'build-id:0123456x': "
				      "'0123456x' is not hexadecimal"},
		{"sha256:" HASH "0", "requirement 'sha256:" HASH "0': '" HASH
				     "0' has more than 64 digits"},
		{"pkg:pypi/x@1<2", "requirement 'pkg:pypi/x@1<2': it has a "
				   "version, and bounds too"},
		{"pkg:pypi/x<", "requirement 'pkg:pypi/x<': no version follows "
				"'<'"},
	};
	autoarena *a = arena_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = ERR_INIT;
		struct requirement r;

		if (requirement_parse(&r, a, bad[i].text, &e) == 0)
			fail_msg("'%s' was taken", bad[i].text);
		assert_string_equal(e.msg, bad[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
