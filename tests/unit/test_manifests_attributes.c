// SPDX-License-Identifier: Apache-2.0
/* Extended attributes as text, and back. */
#include "manifests_help.h"

#include "base/arena.h"
#include "manifests/attributes.h"

static void there_and_back(void **state)
{
	static const struct {
		const char *name, *value;
		size_t size;
		const char *text;
	} cases[] = {
		{"user.origin", "https://x/?a=b", 14,
			"user.origin=https://x/?a=b"},
		{"user.empty", "", 0, "user.empty="},
		{"user.nul", "a\0b", 3, "user.nul=a\\000b"},
		{"user.line", "a\nb\\\177", 5, "user.line=a\\012b\\134\\177"},
		{"user.a=b\n", "c", 1, "user.a\\075b\\012=c"},
		{"user.bytes", "\xff\xfe", 2, "user.bytes=\xff\xfe"},
	};
	autostrbuf all = STRBUF_INIT;
	autoarena *a = arena_new();
	struct attribute x;
	const char *text;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autostrbuf one = STRBUF_INIT;

		attribute_write(
			&one, cases[i].name, cases[i].value, cases[i].size);
		assert_string_equal(one.s, cases[i].text);
		attribute_write(
			&all, cases[i].name, cases[i].value, cases[i].size);
	}
	assert_true(attributes_ok(all.s));
	text = all.s;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(attribute_next(&text, a, &x), 1);
		assert_string_equal(x.name, cases[i].name);
		assert_int_equal(x.size, cases[i].size);
		assert_memory_equal(x.value, cases[i].value, x.size);
	}
	assert_int_equal(attribute_next(&text, a, &x), 0);
}

static void damaged(void **state)
{
	static const char *const cases[] = {"user.a", "user.a=b\n",
		"\nuser.a=b", "trusted.a=b", "user.=b", "=b", "user.a=\\",
		"user.a=\\0", "user.a=\\400", "user.a=\\08 ", "user.a\\000=b",
		"user.overlay.redirect=/etc"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (attributes_ok(cases[i]))
			fail_msg("'%s' is fine", cases[i]);
}

static void whose_they_are(void **state)
{
	assert_true(attribute_is_ours("user.x"));
	assert_true(attribute_is_ours("user.overlays"));
	assert_false(attribute_is_ours("user.overlay.opaque"));
	assert_false(attribute_is_ours("security.capability"));
	assert_false(attribute_is_ours("user."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(damaged),
		cmocka_unit_test(whose_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
