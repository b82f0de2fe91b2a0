// SPDX-License-Identifier: Apache-2.0
/* How far two contents are apart, format by format. */
#include "tests/unit/numeric_help.h"

#include <math.h>

/* The weight 0.01 plus 1e-9, in every format. */
static void one_weight_is_found(void **state)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
		struct distance d;

		s->make(&a, 0);
		s->make(&b, 1e-9);
		if (!measure(&d, s->name, &a, &b))
			fail_msg("%zu: %s is not measured", i, s->name);
		assert_string_equal(d.format, s->format);
		assert_string_equal(d.where, s->where);
		assert_string_equal(d.unlike, "");
		assert_true(fabs(d.max_abs - s->apart) < 0.01e-9);
		assert_true(fabs(d.max_rel - s->apart / 0.01) < 0.01e-7);
		assert_int_equal(d.values, s->values);
		/* A single precision number takes no 1e-9 at 0.5. */
		assert_int_equal(d.different, s->apart == 1e-9 ? 2 : 1);
	}
}

static void the_same_is_no_distance(void **state)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		autostrbuf a = STRBUF_INIT;
		struct distance d;

		s->make(&a, 0);
		assert_true(measure(&d, s->name, &a, &a));
		assert_int_equal(d.values, s->values);
		assert_int_equal(d.different, 0);
		assert_true(d.max_abs == 0 && d.max_rel == 0);
		assert_string_equal(d.where, "");
		assert_string_equal(d.unlike, "");
	}
}

/* Without its name a file is known by its content, CSV and JSON are not. */
static void names_count_for_text_only(void **state)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
		bool text =
			!strcmp(s->format, "CSV") || !strcmp(s->format, "JSON");
		struct distance d;

		s->make(&a, 0);
		s->make(&b, 1e-9);
		assert_int_equal(measure(&d, "/w/data.bin", &a, &b), !text);
	}
}

/* --- numbers -------------------------------------------------------- */

/* Elements by their bytes, most significant first. */
struct pair {
	const char *descr; /* of npy */
	const char *dtype; /* of safetensors, or NULL */
	unsigned size;
	uint64_t a, b;
	double abs, rel;
};

static const struct pair pairs[] = {
	{"|b1", "BOOL", 1, 0, 1, 1, 1},
	{"|i1", "I8", 1, 0x80, 0x7f, 255, 255. / 128},
	{"|u1", "U8", 1, 200, 100, 100, 0.5},
	{"<i2", "I16", 2, 0xffff, 1, 2, 2},
	{"<u2", "U16", 2, 0xffff, 1, 65534, 65534. / 65535},
	{"<i4", "I32", 4, 0xfffffff6, 0xfffffff5, 1, 1. / 11},
	{"<u4", "U32", 4, 0xfffffff6, 0xfffffff5, 1, 1. / 0xfffffff6},
	/* Doubles would not tell these two apart. */
	{"<i8", "I64", 8, 0x7fffffffffffffff, 0x7ffffffffffffffe, 1, 0x1p-63},
	{"<u8", "U64", 8, 0xffffffffffffffff, 0, 0x1p64, 1},
	{"<f2", "F16", 2, 0x3c00, 0x3c01, 0x1p-10, 0x1p-10 / (1 + 0x1p-10)},
	{"<f2", "F16", 2, 0x0001, 0x8001, 0x1p-23, 2},
	{"<f2", "F16", 2, 0x7c00, 0x7bff, INFINITY, INFINITY},
	{"<f2", "F16", 2, 0x7bff, 0x7bfe, 32, 32. / 65504},
	{"<f2", "F16", 2, 0x7c01, 0x7e00, 0, 0},
	{NULL, "BF16", 2, 0x3f80, 0x3f81, 0x1p-7, 0x1p-7 / (1 + 0x1p-7)},
	{NULL, "F8_E4M3", 1, 0x7e, 0x7d, 32, 32. / 448},
	{NULL, "F8_E4M3", 1, 0x7f, 0x7e, INFINITY, INFINITY},
	{NULL, "F8_E4M3", 1, 0x01, 0x00, 0x1p-9, 1},
	{NULL, "F8_E5M2", 1, 0x7b, 0x7a, 8192, 8192. / 57344},
	{NULL, "F8_E5M2", 1, 0x7c, 0x7b, INFINITY, INFINITY},
	{NULL, "F8_E5M2", 1, 0x7d, 0x7e, 0, 0},
	{"<f4", "F32", 4, 0x3f800000, 0x3f800001, 0x1p-23,
		0x1p-23 / (1 + 0x1p-23)},
	{"<f4", "F32", 4, 0x80000000, 0, 0, 0},
	{"<f4", "F32", 4, 0x7fc00000, 0xffc00001, 0, 0},
	{"<f4", "F32", 4, 0x7fc00000, 0x3f800000, INFINITY, INFINITY},
	{"<f4", "F32", 4, 0x7f800000, 0xff800000, INFINITY, INFINITY},
	{"<f8", "F64", 8, 0x3ff0000000000000, 0x3ff0000000000001, 0x1p-52,
		0x1p-52 / (1 + 0x1p-52)},
	{"<f8", "F64", 8, 0, 1, 0x1p-1074, 1},
	/* Apart by more than a double holds, but twice as far as they are. */
	{"<f8", "F64", 8, 0x7fefffffffffffff, 0xffefffffffffffff, INFINITY, 2},
	/* 3+4i and 0: parts are single precision numbers. */
	{"<c8", "C64", 8, 0x4080000040400000, 0, 5, 1},
	/* NaN+1i and NaN+2i. */
	{"<c8", "C64", 8, 0x3f8000007fc00000, 0x400000007fc00000, INFINITY,
		INFINITY},
	{"<c8", "C64", 8, 0x3f8000007fc00000, 0x3f8000007fc00001, 0, 0},
	/* inf+1i and inf+2i. */
	{"<c8", "C64", 8, 0x3f8000007f800000, 0x400000007f800000, INFINITY,
		INFINITY},
};

static bool is_near(double x, double wanted)
{
	return x == wanted ||
	       (isfinite(wanted) && fabs(x - wanted) <= 1e-12 * fabs(wanted));
}

static void check(size_t i, const char *format, const struct distance *d)
{
	if (*d->unlike || d->different != (pairs[i].abs > 0) ||
		d->values != 2 || !is_near(d->max_abs, pairs[i].abs) ||
		!is_near(d->max_rel, pairs[i].rel))
		fail_msg("%zu, %s: abs %g rel %g, %llu of %llu %s", i, format,
			d->max_abs, d->max_rel, (unsigned long long)d->different,
			(unsigned long long)d->values, d->unlike);
}

/* An element that is the same, and the one of the pair. */
static void add_pair(struct strbuf *b, uint64_t n, unsigned size, bool big)
{
	add_little(b, 0, size);
	if (!big)
		add_little(b, n, size);
	for (unsigned i = size; big && i-- > 0;)
		strbuf_addc(b, (char)(n >> 8 * i));
}

static void npy_pair(size_t i, bool big)
{
	const struct pair *p = &pairs[i];
	autostrbuf x = STRBUF_INIT, y = STRBUF_INIT;
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	char descr[8];
	struct distance d;

	snprintf(descr, sizeof(descr), "%s", p->descr);
	if (big)
		descr[0] = '>';
	add_pair(&x, p->a, p->size, big);
	add_pair(&y, p->b, p->size, big);
	add_array(&a, descr, "(2,)", x.s, x.len);
	add_array(&b, descr, "(2,)", y.s, y.len);
	assert_true(measure(&d, "x", &a, &b));
	check(i, descr, &d);
	if (d.different)
		assert_string_equal(d.where, "[1]");
}

static void safetensors_pair(size_t i)
{
	const struct pair *p = &pairs[i];
	autostrbuf x = STRBUF_INIT, y = STRBUF_INIT, header = STRBUF_INIT;
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct distance d;

	strbuf_addf(&header,
		"{\"t\":{\"dtype\":\"%s\",\"shape\":[2,1],"
		"\"data_offsets\":[0,%u]}}",
		p->dtype, 2 * p->size);
	add_pair(&x, p->a, p->size, false);
	add_pair(&y, p->b, p->size, false);
	add_safetensors(&a, header.s, x.s, x.len);
	add_safetensors(&b, header.s, y.s, y.len);
	assert_true(measure(&d, "x", &a, &b));
	check(i, p->dtype, &d);
	if (d.different)
		assert_string_equal(d.where, "tensor 't' [1, 0]");
}

static void numbers_of_every_type(void **state)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		if (pairs[i].descr)
			npy_pair(i, false);
		/* The parts of a complex number are swapped each by itself. */
		if (pairs[i].descr && pairs[i].descr[1] != 'c')
			npy_pair(i, true);
		if (pairs[i].dtype)
			safetensors_pair(i);
	}
}

/* By less than a double can say, of the larger part. */
static void what_is_apart_is_never_0(void **state)
{
	const double x[] = {1e300, 0}, y[] = {1e300, 1e-300};
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct distance d;

	add_array(&a, "<c16", "(1,)", x, sizeof(x));
	add_array(&b, "<c16", "(1,)", y, sizeof(y));
	assert_true(measure(&d, "x", &a, &b));
	assert_int_equal(d.different, 1);
	assert_true(d.max_rel == 0x1p-1074 && d.max_abs == 1e-300);
	assert_string_equal(d.where, "[0]");
}

/* A torch file with one storage of two elements. */
static void torch_of(struct strbuf *out, const struct pair *p, uint64_t n,
	const char *storage, bool big)
{
	autostrbuf pickle = STRBUF_INIT, x = STRBUF_INIT;
	struct zip_out z = {0};

	pickle_begin(&pickle);
	pickle_tensor(&pickle, "t", storage, 0);
	pickle_end(&pickle);
	add_pair(&x, n, p->size, big);
	zip_add(&z, "archive/data.pkl", pickle.s, pickle.len, false);
	if (big)
		zip_add(&z, "archive/byteorder", "big", 3, false);
	zip_add(&z, "archive/data/0", x.s, x.len, false);
	zip_finish(&z, out);
}

static void torch_storages_have_types(void **state)
{
	static const struct {
		const char *storage, *dtype;
	} storages[] = {
		{"DoubleStorage", "F64"},
		{"FloatStorage", "F32"},
		{"HalfStorage", "F16"},
		{"BFloat16Storage", "BF16"},
		{"LongStorage", "I64"},
		{"IntStorage", "I32"},
		{"ShortStorage", "I16"},
		{"CharStorage", "I8"},
		{"ByteStorage", "U8"},
		{"BoolStorage", "BOOL"},
		{"ComplexFloatStorage", "C64"},
	};
	size_t checked = 0;

	for (size_t k = 0; k < 2 * sizeof(storages) / sizeof(*storages); k++)
		for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
			const struct pair *p = &pairs[i];
			autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
			const char *storage = storages[k / 2].storage;
			struct distance d;

			if (!p->dtype ||
				strcmp(p->dtype, storages[k / 2].dtype) != 0)
				continue;
			if (k % 2 && storage[0] == 'C' && storage[1] == 'o')
				continue;
			torch_of(&a, p, p->a, storage, k % 2);
			torch_of(&b, p, p->b, storage, k % 2);
			assert_true(measure(&d, "x.pt", &a, &b));
			check(i, storage, &d);
			checked++;
		}
	assert_true(checked > 40);
}

/* --- places --------------------------------------------------------- */

static void places_follow_the_order_of_axes(void **state)
{
	static const struct {
		const char *fortran, *shape, *where;
	} cases[] = {
		{"False", "(2, 3, 4)", "[1, 1, 3]"},
		{"True", "(2, 3, 4)", "[1, 0, 3]"},
		{"False", "(24,)", "[19]"},
		{"False", "(24L,)", "[19]"},
		{"True", "(1, 24)", "[0, 19]"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT, h = STRBUF_INIT;
		unsigned char x[24] = {0}, y[24] = {[19] = 1};
		struct distance d;

		strbuf_addf(&h,
			"{'descr': '|u1', 'fortran_order': %s, 'shape': %s}",
			cases[i].fortran, cases[i].shape);
		add_npy(&a, h.s, x, sizeof(x));
		add_npy(&b, h.s, y, sizeof(y));
		assert_true(measure(&d, "x", &a, &b));
		assert_string_equal(d.where, cases[i].where);
	}
}

static void the_first_of_equals_is_named(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct distance d;

	add_array(&a, "|u1", "(4,)", "aaaa", 4);
	add_array(&b, "|u1", "(4,)", "abab", 4);
	assert_true(measure(&d, "x", &a, &b));
	assert_string_equal(d.where, "[1]");
}

/* Beyond one chunk of what is read at once; the farthest is in the middle. */
static void places_in_large_arrays(void **state)
{
	enum { N = 100000 };
	autofree double *x = calloc(N, sizeof(*x));
	autofree double *y = calloc(N, sizeof(*y));
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct distance d;

	for (size_t i = 0; i < N; i++)
		x[i] = y[i] = (double)i;
	y[10] += 1e-12;
	y[70001] += 1;
	y[99999] += 0.5;
	add_array(&a, "<f8", "(1000, 100)", x, N * sizeof(*x));
	add_array(&b, "<f8", "(1000, 100)", y, N * sizeof(*y));
	assert_true(measure(&d, "x", &a, &b));
	assert_string_equal(d.where, "[700, 1]");
	assert_int_equal(d.values, N);
	assert_int_equal(d.different, 3);
	assert_true(d.max_abs == 1);
}

/* The directory of a torch file is named after the file, and may be another. */
static void torch_roots_and_sums_do_not_count(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct distance d;

	sample_torch_in(&a, "tmp1234", 0, 0.25);
	sample_torch_in(&b, "tmp77", 0, 0.25 + 1e-3);
	assert_true(measure(&d, "m.pt", &a, &b));
	assert_string_equal(d.unlike, "");
	assert_string_equal(d.where, "data.pkl after 'loss'");
	assert_true(is_near(d.max_abs, 1e-3));
	assert_int_equal(d.different, 1);
}

/* Pickles of protocol 4 name a class by two strings. */
static void storages_of_protocol_4(void **state)
{
	static const char pickle[] =
		"\x80\x04\x95\0\0\0\0\0\0\0\0}\x94\x8c\1t\x94"
		"\x8c\x0ctorch._utils\x94\x8c\x12_rebuild_tensor_v2\x94\x93\x94"
		"((\x8c\7storage\x94\x8c\5torch\x94\x8c\x0c"
		"FloatStorage\x94\x93"
		"\x94\x8c\0010\x94\x8c\3cpu\x94K\1t\x94QK\0t\x94R\x94s.";
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	const float x = 1, y = 1.5f;
	struct zip_out z = {0}, w = {0};
	struct distance d;

	zip_add(&z, "m/data.pkl", pickle, sizeof(pickle) - 1, false);
	zip_add(&z, "m/data/0", &x, sizeof(x), false);
	zip_finish(&z, &a);
	zip_add(&w, "m/data.pkl", pickle, sizeof(pickle) - 1, false);
	zip_add(&w, "m/data/0", &y, sizeof(y), false);
	zip_finish(&w, &b);
	assert_true(measure(&d, "m.pt", &a, &b));
	assert_string_equal(d.unlike, "");
	assert_string_equal(d.where, "storage 0 [0]");
	assert_true(d.max_abs == 0.5);
}

/* A gzip file in a gzip file is bytes, and not what is in that. */
static void nothing_is_unpacked_twice(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct distance d;

	add_gzip(&a, "1,2\n", 4, 0);
	assert_true(measure(&d, "x.csv.gz", &a, &a));
	add_gzip(&b, a.s, a.len, 0);
	assert_false(measure(&d, "x.csv.gz", &b, &b));
}

/* --- text ----------------------------------------------------------- */

static void measure_text(
	struct distance *d, const char *name, const char *x, const char *y)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;

	strbuf_adds(&a, x);
	strbuf_adds(&b, y);
	if (!measure(d, name, &a, &b))
		fail_msg("'%s' and '%s' are not measured", x, y);
}

static void text_is_compared_as_numbers(void **state)
{
	static const struct {
		const char *name, *a, *b;
		double abs, rel;
		const char *where;
	} cases[] = {
		{"x.csv", "1.0,2\n", "1,2.00\n", 0, 0, ""},
		{"x.csv", "1.0,2\r\n3,4", "1,2\n3,4\n", 0, 0, ""},
		{"x.CSV", "nan,inf,-Infinity\n", "NaN,INF,-inf\n", 0, 0, ""},
		{"x.csv", " 1e3 ,2\n", "1001,2\n", 1, 1. / 1001,
			"row 1, column 1"},
		{"x.csv", "a;b\n1;2\n", "a;b\n1;4\n", 2, 0.5, "row 2, column 'b'"},
		{"x.csv", "a,2\n1,2\n", "a,2\n1,4\n", 2, 0.5, "row 2, column 2"},
		{"x.tsv", "a b\tc\n1\t\"2\"\n", "a b\tc\n1\t4\n", 2, 0.5,
			"row 2, column 'c'"},
		{"x.csv", "nan\n", "1\n", INFINITY, INFINITY, "row 1, column 1"},
		/* More digits than a double has. */
		{"x.csv", "9007199254740993\n", "9007199254740992\n", 1,
			0x1p-53, "row 1, column 1"},
		{"x.json", "[1.0, 1e2, -0]", "[1,100,0.0 ]\n", 0, 0, ""},
		{"x.json", "{\"a\":1,\"b\":{\"c\":2}}",
			"{\"b\":{\"c\":4},\"a\":1}", 2, 0.5, ".b.c"},
		{"x.json", "[NaN, -Infinity]", "[NaN,-Infinity]", 0, 0, ""},
		{"x.json", "[[1, NaN]]", "[[1, 2]]", INFINITY, INFINITY, "[0][1]"},
		{"x.json", "1", "2", 1, 0.5, "."},
		{"x.jsonl", "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":4}\n",
			2, 0.5, "[1].a"},
		{"x.json", "18446744073709551615", "18446744073709551614", 1,
			0x1p-64, "."},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct distance d;

		measure_text(&d, cases[i].name, cases[i].a, cases[i].b);
		if (*d.unlike || fabs(d.max_abs - cases[i].abs) > 1e-9 ||
			!is_near(d.max_rel, cases[i].rel) ||
			strcmp(d.where, cases[i].where) != 0)
			fail_msg("%zu: abs %g rel %g at '%s', '%s'", i,
				d.max_abs, d.max_rel, d.where, d.unlike);
	}
}

/* What a terminal would obey does not get there. */
static void names_are_made_printable(void **state)
{
	struct distance d;

	measure_text(&d, "x.csv", "a\x1b[2J,b\n1,2\n", "a\x1b[2J,b\n2,2\n");
	assert_string_equal(d.where, "row 2, column 'a?[2J'");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_weight_is_found),
		cmocka_unit_test(the_same_is_no_distance),
		cmocka_unit_test(names_count_for_text_only),
		cmocka_unit_test(numbers_of_every_type),
		cmocka_unit_test(what_is_apart_is_never_0),
		cmocka_unit_test(torch_storages_have_types),
		cmocka_unit_test(places_follow_the_order_of_axes),
		cmocka_unit_test(the_first_of_equals_is_named),
		cmocka_unit_test(places_in_large_arrays),
		cmocka_unit_test(torch_roots_and_sums_do_not_count),
		cmocka_unit_test(storages_of_protocol_4),
		cmocka_unit_test(nothing_is_unpacked_twice),
		cmocka_unit_test(text_is_compared_as_numbers),
		cmocka_unit_test(names_are_made_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
