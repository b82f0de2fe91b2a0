// SPDX-License-Identifier: Apache-2.0
/* Scalars and forms. */
#include "manifests_help.h"

#include "base/arena.h"
#include "manifests/fields.h"
#include "manifests/scalar.h"
#include <math.h>
#include <regex.h>

static void test_quote(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", "\"\""},
		{"a b", "\"a b\""},
		{"\"\\", "\"\\\"\\\\\""},
		{"\n\t\r", "\"\\n\\t\\r\""},
		{"\x01\x7f", "\"\\x01\\x7F\""},
		{"\xc2\x85\xc2\xa0", "\"\\x85\xc2\xa0\""},
		{"\xe2\x80\xa8\xef\xbb\xbf", "\"\\u2028\\uFEFF\""},
		{"\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\""},
		{"\xff", "!!binary \"/w==\""},
		{"ab\xed\xa0\x80", "!!binary \"YWLtoIA=\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		autostrbuf out = STRBUF_INIT;

		strbuf_adds(&out, "=");
		scalar_quote(&out, cases[i].in, strlen(cases[i].in));
		assert_string_equal(out.s + 1, cases[i].out);
	}
}

static void test_utf8(void **state)
{
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		uint32_t got = UINT32_MAX;
		char s[4];
		size_t n = utf8_encode(cp, s);

		if (cp >= 0xd800 && cp <= 0xdfff) {
			assert_int_equal(utf8_decode(s, n, &got), 0);
			continue;
		}
		assert_int_equal(utf8_decode(s, n, &got), n);
		assert_int_equal(got, cp);
		assert_int_equal(utf8_decode(s, n - 1, &got), 0);
	}
	assert_false(utf8_valid("\xc0\xaf", 2));
	assert_false(utf8_valid("\xe0\x80\xaf", 3));
	assert_false(utf8_valid("\xf4\x90\x80\x80", 4));
	assert_false(utf8_valid("a\x80", 2));
	assert_true(utf8_valid("", 0));
}

static void test_base64(void **state)
{
	static const char *const bad[] = {"a", "ab=", "abc", "=abc", "ab=c",
		"ab==cd==", "a===", "ab*=", "ab-_"};
	uint32_t seed = 7;

	for (size_t len = 0; len < 200; len++) {
		autostrbuf text = STRBUF_INIT;
		char in[200];
		size_t n;

		for (size_t i = 0; i < len; i++)
			in[i] = (char)next_random(&seed);
		scalar_base64(&text, in, len);
		n = text.len;
		assert_int_equal(scalar_unbase64(text.s, &n), 0);
		assert_int_equal(n, len);
		assert_memory_equal(text.s, in, len);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[16];
		size_t n = strlen(bad[i]);

		memcpy(text, bad[i], n + 1);
		assert_int_equal(scalar_unbase64(text, &n), -1);
	}
}

static void test_int(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int64_t n;
	} cases[] = {
		{"0", 0, 0},
		{"-1", 0, -1},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775807", 0, -INT64_MAX},
		{"9223372036854775808", -2, 0},
		{"-9223372036854775808", -2, 0},
		{"99999999999999999999999", -2, 0},
		{"99999999999999999999999x", -1, 0},
		{"", -1, 0},
		{"-", -1, 0},
		{"-0", -1, 0},
		{"+1", -1, 0},
		{"007", -1, 0},
		{"1_0", -1, 0},
		{"0x1", -1, 0},
		{"1.0", -1, 0},
		{" 1", -1, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t n = 0;

		assert_int_equal(
			scalar_int(cases[i].text, strlen(cases[i].text), &n),
			cases[i].rc);
		if (cases[i].rc == 0)
			assert_int_equal(n, cases[i].n);
	}
}

static void test_double(void **state)
{
	static const double values[] = {0, -0.0, 0.1, 12.4, 1e-7, 1e300, 5e-324,
		1.7976931348623157e308, 123456789.123456789, 1e22, 3, 312.400213};
	static const char *const bad[] = {"", ".", "e5", "1e", "0x1", "inf",
		"nan", ".inf", "1e999", "1 ", " 1", "1_0", "--1", "1.2.3"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[SCALAR_DOUBLE];
		double d;

		scalar_double_text(values[i], text);
		assert_non_null(strchr(text, '.'));
		assert_int_equal(scalar_double(text, strlen(text), &d), 0);
		assert_true(d == values[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		double d;

		assert_int_equal(scalar_double(bad[i], strlen(bad[i]), &d), -1);
	}
}

static void test_plain_and_typed(void **state)
{
	static const char *const words[] = {"yes", "No", "y", "N", "on", "OFF",
		"true", "FALSE", "null", "Null", "~", "", "1", "1.5", "0755",
		"0x1f", "1e3", "-", "=", "<<", "a b", "a:", "a#", " a", "a ",
		"2024-05-01", "12:30:45", ".inf", "a,b", "[a", "\xc3\xa9", "a\n"};
	static const char *const typed[] = {"", "~", "null", "NULL", "true",
		"True", "0", "-0", "-1", "+1", "0755", "1.5", ".5", "5.",
		"1.0e+3", "0x1F", ".inf", "-.INF", ".NaN"};
	static const char *const strings[] = {"nul", "nULL", "yes", "a", "1a",
		"1.2.3", "12:30:45", "2024-05-01", "-", "+", ".", "-.", "0x",
		"0xg", "e3", "1e3", "1.0e3", "1.0e+", "-.5", "08", "0o17",
		"1_000", "..", "/", "tRUE", ".nAN"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_false(scalar_plain_ok(words[i], strlen(words[i])));
	assert_true(scalar_plain_ok("/usr/lib/a-b_c.so.6", 19));
	assert_true(scalar_plain_ok("yess", 4));
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
		assert_true(scalar_is_typed(typed[i], strlen(typed[i])));
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		assert_false(scalar_is_typed(strings[i], strlen(strings[i])));
}

/* The schema's pattern and the reader's function say the same. */
static void test_forms(void **state)
{
	static const struct form *const forms[] = {&FORM_DIGEST, &FORM_UUID,
		&FORM_TIME, &FORM_MODE, &FORM_PATH, &FORM_FILENAME, &FORM_LIMIT,
		&FORM_SIGNAL, &FORM_CPUS, &FORM_ID, &FORM_NUMBER, &FORM_HEX,
		&FORM_REGISTER};
	static const char *const seeds[] = {
		"sha256:0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef",
		"01234567-89ab-4cde-8f01-23456789abcd",
		"2024-05-01T12:30:45.000000Z", "0755", "/a/.b/..c/...", "/",
		"files.yaml", "unlimited", "12", "SIGRTMIN+3", "0-3,8,10-11",
		"p1_a-b", "/a/../b", "/a/./b", "//", "/a/", "", "0-", "1,",
		"-a", ".a", "0x0000000a", "00af"};
	static const char bytes[] = "0af.-/,:TZ+S_ \n";
	int matched = 0, refused = 0;
	uint32_t seed = 1;

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		regex_t re;

		assert_int_equal(regcomp(&re, forms[f]->pattern,
					 REG_EXTENDED | REG_NOSUB),
			0);
		for (int i = 0; i < 20000; i++) {
			char s[100];
			size_t len;
			bool ok;

			strcpy(s, seeds[(size_t)i %
					  (sizeof(seeds) / sizeof(seeds[0]))]);
			len = strlen(s);
			for (uint32_t k = next_random(&seed) % 3;
				k > 0 && len > 0; k--)
				s[next_random(&seed) % len] =
					bytes[next_random(&seed) %
						(sizeof(bytes) - 1)];
			ok = regexec(&re, s, 0, NULL, 0) == 0;
			if (ok != forms[f]->ok(s))
				fail_msg("%s: '%s'", forms[f]->name, s);
			matched += ok;
			refused += !ok;
		}
		regfree(&re);
	}
	assert_true(matched > 5000 && refused > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_double),
		cmocka_unit_test(test_plain_and_typed),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
