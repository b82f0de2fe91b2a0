// SPDX-License-Identifier: Apache-2.0
/* Package URLs: the specification's own test suite, and what it leaves out. */
#include "base/arena.h"
#include "base/err.h"
#include "manifests/purl.h"
#include "manifests_help.h"

#include <jansson.h>
#include <stdbool.h>

#define SUITE "tests/data/purl/"

static const char *text_of(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : !(a && *a) && !(b && *b);
}

static bool same_parts(const struct purl *p, const json_t *want)
{
	json_t *q = json_object_get(want, "qualifiers");

	for (size_t i = 0; i < p->qualifiers.count; i++)
		if (!same(p->qualifiers.items[i].value,
			    text_of(q, p->qualifiers.items[i].key)))
			return false;
	return same(p->type, text_of(want, "type")) &&
	       same(p->namespace, text_of(want, "namespace")) &&
	       same(p->name, text_of(want, "name")) &&
	       same(p->version, text_of(want, "version")) &&
	       same(p->subpath, text_of(want, "subpath")) &&
	       p->qualifiers.count == json_object_size(q);
}

static char *build(struct arena *a, const json_t *in, struct err *e)
{
	struct purl p = {.type = text_of(in, "type"),
		.namespace = text_of(in, "namespace"),
		.name = text_of(in, "name"),
		.version = text_of(in, "version"),
		.subpath = text_of(in, "subpath")};
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(in, "qualifiers"), key, value)
		purl_qualify(&p, a, key, json_string_value(value));
	return purl_format(a, &p, e);
}

/* What is only recommended is what a person may write. */
static bool parses(struct arena *a, const json_t *t, struct err *e)
{
	const char *input = text_of(t, "input");
	struct purl p;

	if (same(text_of(t, "test_group"), "recommended"))
		input = purl_canonical(a, input, e);
	if (!input || purl_parse(&p, a, input, e) < 0)
		return json_is_true(json_object_get(t, "expected_failure"));
	return same_parts(&p, json_object_get(t, "expected_output"));
}

static bool passes(struct arena *a, const json_t *t, struct err *e)
{
	const char *type = text_of(t, "test_type"), *out;

	if (same(type, "parse"))
		return parses(a, t, e);
	out = same(type, "build") ? build(a, json_object_get(t, "input"), e)
				  : purl_canonical(a, text_of(t, "input"), e);
	if (!out)
		return json_is_true(json_object_get(t, "expected_failure"));
	return same(out, text_of(t, "expected_output"));
}

static size_t run_file(const char *path)
{
	json_t *suite = json_load_file(path, 0, NULL), *t;
	autoarena *a = arena_new();
	size_t i;

	if (!suite)
		fail_msg("cannot read '%s'", path);
	json_array_foreach(json_object_get(suite, "tests"), i, t)
	{
		struct err e = ERR_INIT;
		char *input;

		if (passes(a, t, &e))
			continue;
		input = json_dumps(json_object_get(t, "input"), JSON_ENCODE_ANY);
		fail_msg("%s %zu: %s %s %s", path, i, text_of(t, "test_type"),
			input, e.msg);
	}
	json_decref(suite);
	return i;
}

static void the_suite_passes(void **state)
{
	struct dirent *d;
	DIR *dir = opendir(SUITE);
	size_t tests = 0, files = 0;

	assert_non_null(dir);
	while ((d = readdir(dir))) {
		char path[512];

		if (!fs_has_suffix(d->d_name, "-test.json"))
			continue;
		snprintf(path, sizeof(path), SUITE "%s", d->d_name);
		tests += run_file(path);
		files++;
	}
	closedir(dir);
	assert_int_equal(files, 15);
	assert_true(tests > 200);
}

static void qualifiers_are_sorted_and_not_empty(void **state)
{
	autoarena *a = arena_new();
	struct purl p = {.type = "deb",
		.namespace = "debian",
		.name = "libstdc++6",
		.version = "12.2.0-14+deb12u1"};

	purl_qualify(&p, a, "distro", "debian-12");
	purl_qualify(&p, a, "epoch", "");
	purl_qualify(&p, a, "vendor", NULL);
	purl_qualify(&p, a, "arch", "amd64");
	assert_string_equal(purl_format(a, &p, NULL),
		"pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1"
		"?arch=amd64&distro=debian-12");
}

/* Whatever bytes a package's own description has. */
static void every_text_comes_back(void **state)
{
	static const char *const texts[] = {"a/b", "a@b", "a?b#c&d=e", "%41",
		"\xc3\xbc", "\xff\x01", " ", "+", "..", "::"};
	autoarena *a = arena_new();

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct purl p = {
			.type = "generic", .name = texts[i], .version = texts[i]};
		struct purl q;
		char *s;

		purl_qualify(&p, a, "x", texts[i]);
		s = purl_format(a, &p, NULL);
		assert_non_null(s);
		assert_int_equal(purl_parse(&q, a, s, NULL), 0);
		assert_string_equal(q.name, texts[i]);
		assert_string_equal(q.version, texts[i]);
		assert_string_equal(q.qualifiers.items[0].value, texts[i]);
	}
}

static void what_is_none_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "a package URL begins with 'pkg:'"},
		{"pkg:", "the type or the name is missing"},
		{"pkg:deb", "the type or the name is missing"},
		{"pkg:deb/", "the name of the package is missing"},
		{"pkg:deb/debian/a?x", "the qualifier 'x' has no value"},
		{"pkg:deb/debian/a?x=1&x=2", "the qualifier 'x' comes twice"},
		{"pkg:deb/debian/a?1=2", "'1' is no qualifier's name"},
		{"pkg:deb/debian/a%", "'%' stands for no character"},
		{"pkg:deb/debian/a%4", "'%4' stands for no character"},
		{"pkg:deb/debian/a%00b", "'%00' stands for no character"},
		{"pkg:deb/a%2Fb/c", "'a/b' is more than one segment"},
		{"pkg:pypi/a/b", "'pypi' packages have no namespace"},
	};
	autoarena *a = arena_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = ERR_INIT;
		char want[300];
		struct purl p;

		assert_int_equal(purl_parse(&p, a, bad[i].text, &e), -1);
		snprintf(want, sizeof(want), "'%s' is no package URL: %s",
			bad[i].text, bad[i].why);
		assert_string_equal(e.msg, want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_suite_passes),
		cmocka_unit_test(qualifiers_are_sorted_and_not_empty),
		cmocka_unit_test(every_text_comes_back),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests_name("purl", tests, NULL, NULL);
}
