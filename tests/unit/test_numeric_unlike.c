// SPDX-License-Identifier: Apache-2.0
/* What no number measures: other shapes, types, names and texts. */
#include "tests/unit/numeric_help.h"

#include <math.h>

static void check(const char *name, const struct strbuf *a,
	const struct strbuf *b, const char *unlike)
{
	struct distance d;

	if (!measure(&d, name, a, b))
		fail_msg("'%s' is not measured", unlike);
	assert_string_equal(d.unlike, unlike);
}

static void arrays(void **state)
{
	static const struct {
		const char *a, *b; /* dictionaries */
		const char *unlike;
	} cases[] = {
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
			"{'descr': '<f4', 'fortran_order': False, "
			"'shape': (4,)}",
			"dtype <f4, recorded <f8"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
			"{'descr': '>f8', 'fortran_order': False, "
			"'shape': (2,)}",
			"dtype >f8, recorded <f8"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
			"{'descr': '<f8', 'fortran_order': False, "
			"'shape': (2, 1)}",
			"shape (2, 1), recorded (2,)"},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}",
			"{'descr': '<f4', 'fortran_order': True, "
			"'shape': (2, 2)}",
			"its axes are stored in another order"},
		{"{'descr': [('a', '<f4'), ('b', '<i4')], "
		 "'fortran_order': False, 'shape': (2,)}",
			NULL, "byte 3 differs"},
		{"{'descr': '<U2', 'fortran_order': False, 'shape': (2,)}",
			NULL, "byte 3 differs"},
		{"{'descr': '<M8[s]', 'fortran_order': False, 'shape': (2,)}",
			NULL, "byte 3 differs"},
		{"{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}",
			NULL, "byte 3 differs"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *other = cases[i].b ? cases[i].b : cases[i].a;
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;

		add_npy(&a, cases[i].a, "0123456789abcdef", 16);
		add_npy(&b, other, "012-456789abcdef", 16);
		check("x", &a, &b, cases[i].unlike);
	}
}

/* Elements of an unknown size are compared to the end, which may be beyond
 * what is read at once. */
static void arrays_of_other_things(void **state)
{
	static const char head[] =
		"{'descr': '|V3', 'fortran_order': False, 'shape': (5,)}";
	enum { N = 200000 };
	autofree char *x = calloc(N, 1), *y = calloc(N, 1);
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT, c = STRBUF_INIT;

	y[150000] = y[150001] = 1;
	add_npy(&a, head, x, N);
	add_npy(&b, head, y, N);
	add_npy(&c, head, x, N - 1);
	check("x", &a, &b, "byte 150000 differs");
	check("x", &a, &c, "another length");
	check("x", &c, &a, "another length");
}

static void tensors(void **state)
{
	static const char w[] = "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_"
				"offsets\":[0,8]}";
	static const struct {
		const char *header, *unlike;
	} cases[] = {
		{"{%s}", "tensor 'v': missing"},
		{"{%s,\"u\":{\"dtype\":\"F32\",\"shape\":[2],"
		 "\"data_offsets\":[8,16]}}",
			"tensor 'v': missing"},
		{"{%s,\"v\":{\"dtype\":\"I32\",\"shape\":[2],"
		 "\"data_offsets\":[8,16]}}",
			"tensor 'v': dtype I32, recorded F32"},
		{"{%s,\"v\":{\"dtype\":\"F32\",\"shape\":[2,1],"
		 "\"data_offsets\":[8,16]}}",
			"tensor 'v': another shape"},
		{"{%s,\"v\":{\"dtype\":\"F32\",\"shape\":[1,2],"
		 "\"data_offsets\":[8,16]}}",
			"tensor 'v': another shape"},
		{"{%s,\"v\":{\"dtype\":\"F32\",\"shape\":[2],"
		 "\"data_offsets\":[8,16]},\"u\":{\"dtype\":\"U8\","
		 "\"shape\":[0],\"data_offsets\":[16,16]}}",
			"tensor 'u': not recorded"},
		{"{%s,\"v\":{\"dtype\":\"F32\",\"shape\":[2],"
		 "\"data_offsets\":[8,16]},\"__metadata__\":{}}",
			"__metadata__: not recorded"},
		/* Another order of the header says nothing. */
		{"{\"v\":{\"dtype\":\"F32\",\"shape\":[2],"
		 "\"data_offsets\":[8,16]},%s}",
			""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
		autostrbuf h = STRBUF_INIT, k = STRBUF_INIT;

		strbuf_addf(&h,
			"{%s,\"v\":{\"dtype\":\"F32\",\"shape\":[2],"
			"\"data_offsets\":[8,16]}}",
			w);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		strbuf_addf(&k, cases[i].header, w);
#pragma GCC diagnostic pop
		add_safetensors(&a, h.s, "0123456789abcdef", 16);
		add_safetensors(&b, k.s, "0123456789abcdef", i == 0 ? 8 : 16);
		check("x", &a, &b, cases[i].unlike);
	}
}

static void metadata_of_tensors(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;

	add_safetensors(
		&a, "{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\"}}", "", 0);
	add_safetensors(
		&b, "{\"__metadata__\":{\"b\":\"2\",\"a\":\"3\"}}", "", 0);
	check("x", &a, &b, "__metadata__: .a: another text");
}

/* A type of elements that is not known here. */
static void tensors_of_other_things(void **state)
{
	static const char header[] = "{\"w\":{\"dtype\":\"F4\",\"shape\":[32],"
				     "\"data_offsets\":[0,16]}}";
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;

	add_safetensors(&a, header, "0123456789abcdef", 16);
	add_safetensors(&b, header, "012345678-abcdef", 16);
	check("x", &a, &b, "tensor 'w': byte 9 differs");
}

static void texts(void **state)
{
	static const struct {
		const char *name, *a, *b, *unlike;
	} cases[] = {
		{"x.csv", "a,b\n1,2\n", "a,b\n1,x\n",
			"row 2, column 'b': another text"},
		{"x.csv", "a,b\n1,2\n", "a,c\n1,2\n",
			"row 1, column 2: another text"},
		{"x.csv", "1,2\n", "1,\n", "row 1, column 2: another text"},
		{"x.csv", "1,2\n", "1,0x2\n", "row 1, column 2: another text"},
		{"x.csv", "1,2\n", "1,nan(2)\n", "row 1, column 2: another text"},
		{"x.csv", "1,2\n", "1,2 3\n", "row 1, column 2: another text"},
		{"x.csv", "1,2\n", "1,-\n", "row 1, column 2: another text"},
		{"x.csv", "1,2\n", "1,1e\n", "row 1, column 2: another text"},
		/* Whichever of the two has more of a separator. */
		{"x.csv", "1,2\n", "1;2;3\n", "row 1, column 1: another text"},
		{"x.csv", "1;2;3\n", "1,2\n", "row 1, column 1: another text"},
		{"x.csv", "1,2\n", "1\n", "row 1 has fewer columns than recorded"},
		{"x.csv", "1,2\n", "1,2,3\n",
			"row 1 has more columns than recorded"},
		{"x.csv", "1,2\n3,4\n", "1,2\n", "row 2 is missing"},
		{"x.csv", "1,2\n", "1,2\n\n", "row 2 is not recorded"},
		{"x.json", "{\"a\":1}", "{\"b\":1}", ".a: missing"},
		{"x.json", "{\"b\":1}", "{\"a\":2,\"b\":1}", ".a: not recorded"},
		{"x.json", "{\"a\":1,\"a\":2}", "{\"a\":1}", ".a: missing"},
		{"x.json", "[1,[2]]", "[1,[2,3]]", "[1]: another number of items"},
		{"x.json", "[\"1\"]", "[1]", "[0]: another type"},
		{"x.json", "[null]", "[false]", "[0]: another text"},
		{"x.json", "{\"a\":{\"b\":\"x\"}}", "{\"a\":{\"b\":\"y\"}}",
			".a.b: another text"},
		{"x.jsonl", "1\n2\n", "1\n", ".: another number of items"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;

		strbuf_adds(&a, cases[i].a);
		strbuf_adds(&b, cases[i].b);
		check(cases[i].name, &a, &b, cases[i].unlike);
	}
}

static void members(void **state)
{
	static const struct {
		const char *name, *content; /* of a second member */
		const char *unlike;
		bool deflate;
	} cases[] = {
		{"b", "text", "", false},
		{"b", "tex.", "member 'b': byte 3 differs", false},
		{"b", "texts", "member 'b': 5 bytes, recorded 4", false},
		{"b", "text", "member 'b': 4 bytes, recorded 4", true},
		{"c", "text", "member 'b': missing", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
		struct zip_out z = {0}, w = {0};

		zip_add(&z, "a.json", "1", 1, false);
		zip_add(&z, "b", "text", 4, false);
		zip_finish(&z, &a);
		zip_add(&w, cases[i].name, cases[i].content,
			strlen(cases[i].content), cases[i].deflate);
		zip_add(&w, "a.json", "2", 1, true);
		zip_finish(&w, &b);
		check("x", &a, &b, cases[i].unlike);
	}
}

static void members_that_are_new(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct zip_out z = {0}, w = {0};

	zip_add(&z, "a.json", "1", 1, false);
	zip_finish(&z, &a);
	zip_add(&w, "a.json", "1", 1, false);
	zip_add(&w, "b", "", 0, false);
	zip_finish(&w, &b);
	check("x", &a, &b, "member 'b': not recorded");
}

/* What is no table in the end was none from the beginning. */
static void a_member_that_is_broken(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct zip_out z = {0}, w = {0};
	struct distance d;

	zip_add(&z, "a.csv", "1\n\"", 3, false);
	zip_finish(&z, &a);
	zip_add(&w, "a.csv", "2\n\"", 3, false);
	zip_finish(&w, &b);
	assert_true(measure(&d, "x", &a, &b));
	assert_string_equal(d.unlike, "member 'a.csv': byte 0 differs");
	assert_int_equal(d.values, 0);
	assert_true(d.max_rel == 0);
}

/* Whatever is unlike, the numbers are compared all the same. */
static void numbers_are_compared_all_the_same(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct distance d;

	strbuf_adds(&a, "{\"t\": \"now\", \"n\": [1, 2, 4]}");
	strbuf_adds(&b, "{\"t\": \"then\", \"n\": [1, 2, 5]}");
	assert_true(measure(&d, "x.json", &a, &b));
	assert_string_equal(d.unlike, ".t: another text");
	assert_string_equal(d.where, ".n[2]");
	assert_true(d.max_abs == 1 && d.max_rel == 0.2);
}

/* --- PyTorch -------------------------------------------------------- */

static void torch_file(struct strbuf *out, const char *word, const char *type,
	const void *data, size_t n, const char *more)
{
	autostrbuf p = STRBUF_INIT;
	struct zip_out z = {0};

	pickle_begin(&p);
	pickle_text(&p, word, 2);
	pickle_tensor(&p, "t", type, 0);
	pickle_end(&p);
	zip_add(&z, "m/data.pkl", p.s, p.len, false);
	zip_add(&z, "m/data/0", data, n, false);
	/* A sum of the other members. */
	zip_add(&z, "m/.data/serialization_id", data, n, false);
	if (more)
		zip_add(&z, more, "", 0, false);
	zip_finish(&z, out);
}

static void storages(void **state)
{
	static const struct {
		const char *word, *type, *data, *more, *unlike;
	} cases[] = {
		{"word", "FloatStorage", "0123456789abcde-", NULL, ""},
		{"w0rd", "FloatStorage", "0123456789abcdef", NULL,
			"data.pkl: differs from byte 6 on"},
		{"word", "DoubleStorage", "0123456789abcdef", NULL,
			"data.pkl: differs from byte 76 on"},
		{"word", "FloatStorage", "01234567", NULL,
			"storage 0 ('t'): 8 bytes, recorded 16"},
		{"word", "FloatStorage", "0123456789abcdef", "m/data/1",
			"member 'data/1': not recorded"},
	};
	autostrbuf a = STRBUF_INIT;

	torch_file(&a, "word", "FloatStorage", "0123456789abcdef", 16, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autostrbuf b = STRBUF_INIT;

		torch_file(&b, cases[i].word, cases[i].type, cases[i].data,
			strlen(cases[i].data), cases[i].more);
		check("x.pt", &a, &b, cases[i].unlike);
	}
}

/* A class of which nothing is known: its bytes. */
static void storages_of_other_things(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;

	torch_file(&a, "w", "OtherStorage", "0123456789abcdef", 16, NULL);
	torch_file(&b, "w", "OtherStorage", "0123456-89abcdef", 16, NULL);
	check("x.pt", &a, &b, "storage 0 ('t'): byte 7 differs");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays),
		cmocka_unit_test(arrays_of_other_things),
		cmocka_unit_test(tensors),
		cmocka_unit_test(metadata_of_tensors),
		cmocka_unit_test(tensors_of_other_things),
		cmocka_unit_test(texts),
		cmocka_unit_test(members),
		cmocka_unit_test(members_that_are_new),
		cmocka_unit_test(a_member_that_is_broken),
		cmocka_unit_test(numbers_are_compared_all_the_same),
		cmocka_unit_test(storages),
		cmocka_unit_test(storages_of_other_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
