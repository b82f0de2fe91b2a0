// SPDX-License-Identifier: Apache-2.0
/*
 * Contents that are damaged or made to do harm: nothing is measured, or it is
 * and takes no more memory and time than their size allows.
 */
#include "tests/unit/numeric_help.h"

#include <math.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int measure_alone(const char *name, const struct strbuf *b)
{
	struct distance d;

	return measure(&d, name, b, b);
}

/* Cut anywhere, against the whole and against itself. */
static void what_is_cut_is_survived(void **state)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		autostrbuf whole = STRBUF_INIT;
		struct distance d;

		samples[i].make(&whole, 0);
		for (size_t n = 0; n < whole.len; n++) {
			autostrbuf cut = STRBUF_INIT;
			int r;

			strbuf_add(&cut, whole.s, n);
			r = measure(&d, samples[i].name, &whole, &cut);
			/* A table may end anywhere; all else is not whole. */
			if (strcmp(samples[i].format, "CSV") != 0 &&
				n + 3 < whole.len)
				assert_int_equal(r, 0);
			else if (r && n + 1 < whole.len)
				assert_true(*d.unlike || d.different);
			measure_alone(samples[i].name, &cut);
		}
	}
}

/* Each byte changed in some ways: both orders give the same distance. */
static void what_is_damaged_is_survived(void **state)
{
	static const unsigned char flips[] = {0x01, 0x80, 0xff};

	for (size_t i = 0; i < SAMPLES; i++) {
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
		struct distance d, back;

		samples[i].make(&a, 0);
		samples[i].make(&b, 0);
		for (size_t k = 0; k < 3 * b.len; k++) {
			int r;

			b.s[k / 3] = (char)(b.s[k / 3] ^ flips[k % 3]);
			r = measure(&d, samples[i].name, &a, &b);
			if (measure(&back, samples[i].name, &b, &a) != r)
				fail_msg("%zu, byte %zu", i, k / 3);
			if (r) {
				assert_true(d.max_abs == back.max_abs);
				assert_true(d.max_rel == back.max_rel);
				assert_int_equal(d.different, back.different);
				assert_int_equal(!*d.unlike, !*back.unlike);
			}
			b.s[k / 3] = (char)(b.s[k / 3] ^ flips[k % 3]);
		}
	}
}

static void headers_that_lie(void **state)
{
	static const char *const dictionaries[] = {
		"{'descr': '|u1', 'fortran_order': False, "
		"'shape': (4294967296, 4294967296)}",
		"{'descr': '|u1', 'fortran_order': False, "
		"'shape': (4611686018427387904,)}",
		"{'descr': '<f8', 'fortran_order': False, "
		"'shape': (2305843009213693952, 8)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (2",
		"{'descr': '<f8', 'fortran_order': False, 'shape': 2}",
		"{'descr': '<f8', 'fortran_order': None, 'shape': (2,)}",
		"{'descr': '<f8, 'fortran_order': False, 'shape': (2,)}",
		"{'descr': [[[[[, 'fortran_order': False, 'shape': (2,)}",
		"{'descr': '<f8', 'shape': (2,)}",
		"{'fortran_order': False, 'shape': (2,)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} x",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': "
		"1}",
		"{}",
		"",
	};
	static const char *const tensors[] = {
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[2],"
		"\"data_offsets\":[0,32]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[2],"
		"\"data_offsets\":[16,0]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[3],"
		"\"data_offsets\":[0,16]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[-2],"
		"\"data_offsets\":[0,16]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[1.5],"
		"\"data_offsets\":[0,16]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":"
		"[2305843009213693952,8],\"data_offsets\":[0,16]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[2],"
		"\"data_offsets\":[0,18446744073709551616]}}",
		/* Data that is no tensor's, and that of two. */
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[1],"
		"\"data_offsets\":[0,8]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[2],"
		"\"data_offsets\":[0,16]},\"v\":{\"dtype\":\"F64\","
		"\"shape\":[2],\"data_offsets\":[0,16]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[1],"
		"\"data_offsets\":[0,8]},\"w\":{\"dtype\":\"F64\","
		"\"shape\":[1],\"data_offsets\":[8,16]}}",
		"{\"w\":{\"dtype\":\"F64\",\"shape\":[1],"
		"\"data_offsets\":[0,16]}}",
		"{\"w\":{\"shape\":[2],\"data_offsets\":[0,16]}}",
		"{\"w\":[]}",
		"{\"w\":1}",
		"{} {}",
		"{",
	};

	for (size_t i = 0; i < sizeof(dictionaries) / sizeof(*dictionaries); i++) {
		autostrbuf a = STRBUF_INIT;

		/* The first product is 0 in 64 bits: so much data. */
		add_npy(&a, dictionaries[i], "0123456789abcdef", i ? 16 : 0);
		if (measure_alone("x", &a))
			fail_msg("measured: %s", dictionaries[i]);
	}
	for (size_t i = 0; i < sizeof(tensors) / sizeof(*tensors); i++) {
		autostrbuf a = STRBUF_INIT;

		add_safetensors(&a, tensors[i], "0123456789abcdef", 16);
		if (measure_alone("x", &a))
			fail_msg("measured: %s", tensors[i]);
	}
}

static void text_that_is_none(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
	} cases[] = {
		{"x.csv", "1,2\n3,\0\n", 8},
		{"x.csv", "1,\"2\n", 5},
		{"x.csv", "1,\"\0\"\n", 6},
		{"x.csv", "1,\"2\"3\n", 7},
		{"x.json", "", 0},
		{"x.json", "{\"a\":1", 6},
		{"x.json", "[1,]", 4},
		{"x.json", "[1 2]", 5},
		{"x.json", "[01]", 4},
		{"x.json", "[1.]", 4},
		{"x.json", "[.5]", 4},
		{"x.json", "[1e]", 4},
		{"x.json", "[0x1]", 5},
		{"x.json", "[nan]", 5},
		{"x.json", "[\"a\nb\"]", 7},
		{"x.json", "[\"a\\", 4},
		{"x.json", "[1]\0", 4},
		{"x.json", "{1:2}", 5},
		{"x.json", "{\"a\" 2}", 7},
		{"x.json", "nul", 3},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
		struct distance d;

		strbuf_add(&a, cases[i].text, cases[i].len);
		strbuf_add(&b, "1", 1);
		if ((measure(&d, cases[i].name, &b, &a) && !*d.unlike) ||
			measure_alone(cases[i].name, &a))
			fail_msg("%zu is measured", i);
	}
}

static void add_many(struct strbuf *b, const char *s, size_t n)
{
	while (n-- > 0)
		strbuf_adds(b, s);
}

static void deep_and_wide_text(void **state)
{
	autostrbuf deep = STRBUF_INIT, least = STRBUF_INIT, wide = STRBUF_INIT;
	autostrbuf cell = STRBUF_INIT;

	add_many(&deep, "[", 1000000);
	add_many(&deep, "]", 1000000);
	assert_int_equal(measure_alone("x.json", &deep), 0);
	add_many(&least, "[", 200);
	add_many(&least, "]", 200);
	assert_int_equal(measure_alone("x.json", &least), 1);
	add_many(&wide, "[", 1);
	add_many(&wide, "1,", 5000000);
	add_many(&wide, "1]", 1);
	assert_int_equal(measure_alone("x.json", &wide), 0);
	add_many(&cell, "xxxxxxxx", 200000);
	assert_int_equal(measure_alone("x.csv", &cell), 0);
	cell.s[0] = cell.s[cell.len - 1] = '"';
	assert_int_equal(measure_alone("x.csv", &cell), 0);
}

/* --- zip ------------------------------------------------------------ */

/* Peak memory, in kB, of a child that measures the contents n times. */
static long memory_of(const struct strbuf *b, int n)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int measured = 0;

		for (int i = 0; i < n; i++)
			measured += measure_alone("x.npz", b);
		_exit(measured != n);
	}
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_int_equal(status, 0);
	return usage.ru_maxrss;
}

/* 50 MB of zeros in 50 kB. */
static void what_inflates_is_read_in_pieces(void **state)
{
	static const char head[] = "{'descr': '|u1', 'fortran_order': False, "
				   "'shape': (50000000,)}";
	autostrbuf npy = STRBUF_INIT, a = STRBUF_INIT;
	char *zeros = calloc(50000000, 1);
	struct zip_out z = {0};

	add_npy(&npy, head, zeros, 50000000);
	free(zeros);
	zip_add(&z, "x.npy", npy.s, npy.len, true);
	strbuf_release(&npy);
	zip_finish(&z, &a);
	assert_true(a.len < 100000);
	assert_true(memory_of(&a, 1) - memory_of(&a, 0) < 20000);
}

/* Where in the file the record at the end is. */
static size_t end_of(const struct strbuf *b)
{
	return b->len - 22;
}

static void poke(struct strbuf *b, size_t at, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		b->s[at + i] = (char)(n >> 8 * i);
}

static uint32_t peek(const struct strbuf *b, size_t at)
{
	uint32_t n;

	memcpy(&n, b->s + at, sizeof(n));
	return n;
}

/* Two members, the second of them with content "2". */
static void two_members(struct strbuf *b)
{
	struct zip_out z = {0};

	zip_add(&z, "a.json", "1", 1, false);
	zip_add(&z, "b.json", "2", 1, false);
	zip_finish(&z, b);
}

static void directories_that_lie(void **state)
{
	/* Offsets from the directory: two entries of 46 + 6 + 9 bytes. */
	static const struct {
		size_t at;
		uint64_t n;
		unsigned bytes;
	} lies[] = {
		{61 + 42, 0, 4},           /* both at the same place */
		{61 + 42, 0xfffffffe, 4},  /* beyond the end */
		{61 + 42, 0xffffffff, 4},  /* in an extra field, not there */
		{61 + 20, 1000, 4},        /* more content than file */
		{61 + 24, 1000, 4},        /* stored, but of another size */
		{61 + 10, 8, 2},           /* no deflate stream */
		{61 + 8, 1, 2},            /* encrypted */
		{61 + 28, 0xffff, 2},      /* a long name */
		{61 + 30, 0xffff, 2},      /* a long extra field */
		{61, 0, 4},                /* no entry */
		{61 + 46, 'a', 1},         /* the same name twice */
		{61 + 47, 0, 1},           /* a NUL in a name */
		{122 + 10, 3, 2},          /* more entries */
		{122 + 12, 200, 4},        /* a longer directory */
		{122 + 16, 0xfffffff0, 4}, /* beyond the end */
		{122 + 20, 7, 2},          /* a comment that is not there */
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		autostrbuf b = STRBUF_INIT;
		size_t directory;

		two_members(&b);
		assert_int_equal(measure_alone("x", &b), 1);
		directory = peek(&b, end_of(&b) + 16);
		assert_int_equal(end_of(&b), directory + 122);
		poke(&b, directory + lies[i].at, lies[i].n, lies[i].bytes);
		if (measure_alone("x", &b))
			fail_msg("%zu is measured", i);
	}
}

/* Deflate makes 1032 bytes of one at most: more is a lie, found beforehand. */
static void sizes_beyond_deflate(void **state)
{
	autostrbuf b = STRBUF_INIT;
	struct zip_out z = {0};
	size_t at;

	zip_add(&z, "a.json", "123456", 6, true);
	zip_finish(&z, &b);
	assert_int_equal(measure_alone("x", &b), 1);
	at = peek(&b, end_of(&b) + 16);
	poke(&b, at + 24, 0x7fffffff, 4);
	assert_int_equal(measure_alone("x", &b), 0);
	/* A size that could be, and is another: less, and more. */
	poke(&b, at + 24, 5, 4);
	assert_int_equal(measure_alone("x", &b), 1);
	memcpy(b.s + 30 + 2, "bin!", 4);
	memcpy(b.s + at + 46 + 2, "bin!", 4);
	assert_int_equal(measure_alone("x", &b), 0);
	poke(&b, at + 24, 7, 4);
	assert_int_equal(measure_alone("x", &b), 0);
	poke(&b, at + 24, 6, 4);
	assert_int_equal(measure_alone("x", &b), 1);
}

/* Sizes and offset in the extra field of Zip64, and its record at the end. */
static void zip64(void **state)
{
	static const char text[] = "[1, 2]";
	autostrbuf b = STRBUF_INIT;
	struct distance d;
	size_t directory, end64;

	strbuf_add(&b, "PK\3\4", 4);
	add_little(&b, 45, 2);
	add_little(&b, 0, 8);
	add_little(&b, crc_of(text, 6), 4);
	add_little(&b, 6, 4);
	add_little(&b, 6, 4);
	add_little(&b, 6, 4);
	strbuf_adds(&b, "a.json[1, 2]");
	directory = b.len;
	strbuf_add(&b, "PK\1\2", 4);
	add_little(&b, 45, 2);
	add_little(&b, 45, 2);
	add_little(&b, 0, 8);
	add_little(&b, crc_of(text, 6), 4);
	add_little(&b, 0xffffffff, 4);
	add_little(&b, 0xffffffff, 4);
	add_little(&b, 6, 2);
	add_little(&b, 6 + 28, 2);
	add_little(&b, 0, 2 + 2 + 2);
	add_little(&b, 0, 4);
	add_little(&b, 0xffffffff, 4);
	strbuf_adds(&b, "a.json");
	add_little(&b, 0x7777, 2);
	add_little(&b, 2, 2);
	add_little(&b, 0, 2);
	add_little(&b, 1, 2);
	add_little(&b, 24, 2);
	add_little(&b, 6, 8);
	add_little(&b, 6, 8);
	add_little(&b, 0, 8);
	end64 = b.len;
	strbuf_add(&b, "PK\6\6", 4);
	add_little(&b, 44, 8);
	add_little(&b, 45, 4);
	add_little(&b, 0, 8);
	add_little(&b, 1, 8);
	add_little(&b, 1, 8);
	add_little(&b, end64 - directory, 8);
	add_little(&b, directory, 8);
	strbuf_add(&b, "PK\6\7\0\0\0\0", 8);
	add_little(&b, end64, 8);
	add_little(&b, 1, 4);
	strbuf_add(&b, "PK\5\6\0\0\0\0\xff\xff\xff\xff", 12);
	add_little(&b, 0xffffffff, 4);
	add_little(&b, 0xffffffff, 4);
	add_little(&b, 0, 2);
	assert_int_equal(measure(&d, "x", &b, &b), 1);
	assert_int_equal(d.values, 2);
	/* The record is elsewhere. */
	poke(&b, end64 + 56 + 8, end64 + 1, 8);
	assert_int_equal(measure_alone("x", &b), 0);
}

/* Pickles that remember what they never had, under the highest numbers. */
static void pickles_that_lie(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		int measured;
	} pickles[] = {
#define PICKLE(text) text, sizeof(text) - 1
		{PICKLE("\x80\2r\xff\xff\xff\xffj\xff\xff\xff\xff."), 1},
		{PICKLE("\x80\2h\7(h\7h\7h\7h\7h\7tQ."), 1},
		{PICKLE("\x80\2(X\7\0\0\0storagecx\ny\nh\1h\1h\1tQ."), 1},
		{PICKLE("QQQQtttt((((."), 1},
		{PICKLE("\x94\x94\x94\x93\x93."), 1},
		{PICKLE("ctorch._utils\n_rebuild_\nq\0h\0h\0((tQ."), 1},
		{PICKLE("."), 1},
		{PICKLE(""), 0},
		{PICKLE("}"), 0},
		{PICKLE(".."), 0},
		{PICKLE("X\xff\xff\xff\xffx."), 0},
		{PICKLE("\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), 0},
		{PICKLE("cx\ny."), 0},
		{PICKLE("G1234567"), 0},
		{PICKLE("\xff."), 0},
#undef PICKLE
	};

	for (size_t i = 0; i < sizeof(pickles) / sizeof(*pickles); i++) {
		autostrbuf b = STRBUF_INIT;
		struct zip_out z = {0};

		zip_add(&z, "m/data.pkl", pickles[i].p, pickles[i].n, false);
		zip_add(&z, "m/data/0", "1234", 4, false);
		zip_finish(&z, &b);
		if (measure_alone("x.pt", &b) != pickles[i].measured)
			fail_msg("pickle %zu", i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_cut_is_survived),
		cmocka_unit_test(what_is_damaged_is_survived),
		cmocka_unit_test(headers_that_lie),
		cmocka_unit_test(text_that_is_none),
		cmocka_unit_test(deep_and_wide_text),
		cmocka_unit_test(what_inflates_is_read_in_pieces),
		cmocka_unit_test(directories_that_lie),
		cmocka_unit_test(sizes_beyond_deflate),
		cmocka_unit_test(zip64),
		cmocka_unit_test(pickles_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
