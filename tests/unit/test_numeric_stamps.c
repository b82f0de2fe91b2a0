// SPDX-License-Identifier: Apache-2.0
/* Zip and gzip files that are the same but for the times noted in them. */
#include "tests/unit/numeric_help.h"

static bool only_stamps(const struct strbuf *a, const struct strbuf *b)
{
	autoclose int x = memory_file(a), y = memory_file(b);

	return numeric_only_stamps(x, y);
}

static void make_zip(struct strbuf *b, uint32_t time, const char *text)
{
	struct zip_out z = {.time = time};

	zip_add(&z, "a", text, strlen(text), false);
	z.time = 2 * time;
	zip_add(&z, "b", "others", 6, true);
	zip_finish(&z, b);
}

static void times_in_zip_files(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT, c = STRBUF_INIT;

	make_zip(&a, 0x11223344, "text");
	make_zip(&b, 0x55667788, "text");
	make_zip(&c, 0x55667788, "tex.");
	assert_true(only_stamps(&a, &b));
	assert_false(only_stamps(&a, &c));
	/* Everything but times counts: each byte of the file. */
	for (size_t i = 0; i < b.len; i++) {
		bool stamp = a.s[i] != b.s[i];

		b.s[i] = (char)(b.s[i] ^ 0x20);
		if (only_stamps(&a, &b) != stamp)
			fail_msg("byte %zu %s count", i,
				stamp ? "does" : "does not");
		b.s[i] = (char)(b.s[i] ^ 0x20);
	}
}

static void times_in_gzip_files(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;

	add_gzip(&a, "first", 5, 0x11223344);
	add_gzip(&a, "second", 6, 0x11223344);
	add_gzip(&b, "first", 5, 0x55667788);
	add_gzip(&b, "second", 6, 0x99aabbcc);
	assert_true(only_stamps(&a, &b));
	for (size_t i = 0; i < b.len; i++) {
		bool stamp = a.s[i] != b.s[i];

		b.s[i] = (char)(b.s[i] ^ 0x20);
		if (only_stamps(&a, &b) != stamp)
			fail_msg("byte %zu %s count", i,
				stamp ? "does" : "does not");
		b.s[i] = (char)(b.s[i] ^ 0x20);
	}
}

/* What looks like the header of a member is data here. */
static void data_that_looks_like_a_header(void **state)
{
	static const char x[] = "\x1f\x8b\x08\0abcd",
			  y[] = "\x1f\x8b\x08\0abce";
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	autostrbuf c = STRBUF_INIT, d = STRBUF_INIT;

	/* A stored block, as deflate has it. */
	strbuf_add(&a, "\x1f\x8b\x08\0\0\0\0\0\0\xff\1\x08\0\xf7\xff", 15);
	strbuf_add(&b, a.s, a.len);
	strbuf_add(&a, x, 8);
	strbuf_add(&b, y, 8);
	add_little(&a, crc_of(x, 8), 4);
	add_little(&b, crc_of(x, 8), 4);
	add_little(&a, 8, 4);
	add_little(&b, 8, 4);
	assert_false(only_stamps(&a, &b));
	/* Neither format, and less than a header. */
	strbuf_adds(&c, "text");
	strbuf_adds(&d, "tex.");
	assert_false(only_stamps(&c, &d));
	strbuf_clear(&c);
	assert_false(only_stamps(&c, &c));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_in_zip_files),
		cmocka_unit_test(times_in_gzip_files),
		cmocka_unit_test(data_that_looks_like_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
