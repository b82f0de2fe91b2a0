// SPDX-License-Identifier: Apache-2.0
/* Recorded outputs against what a replay left, without running anything. */
#include "tests/unit/numeric_help.h"
#include "tests/unit/replay_help.h"

#include "numeric/distance.h"
#include "replay/compare.h"
#include "replay/plan.h"
#include "replay/result.h"
#include "replay/upper.h"

#include <jansson.h>

/* A run, and the directory that its replay left. */
struct scene {
	struct fake f;
	struct plan plan;
	char base[64], store[80];
	struct upper upper;
	struct comparison c;
};

static void begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	strcpy(s->base, "/tmp/reprise-verdict.XXXXXX");
	assert_non_null(mkdtemp(s->base));
	snprintf(s->store, sizeof(s->store), "%s/store", s->base);
	fake_init(&s->f, s->store, "");
	s->plan.arena = s->f.arena;
	s->plan.manifest = &s->f.m;
	tree_init(&s->plan.tree, s->f.arena);
}

/* What the replay left at a path. */
static void left(struct scene *s, const char *path, const void *p, size_t n)
{
	const char *to = arena_printf(s->f.arena, "%s/upper%s", s->base, path);
	char *dir = arena_strdup(s->f.arena, to);
	autoclose int fd = -1;

	*strrchr(dir, '/') = 0;
	assert_int_equal(fs_mkdirs(dir, 0755, NULL), 0);
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(fs_write_all(fd, p, n), 0);
	assert_int_equal(fchmod(fd, 0644), 0);
}

static void left_text(struct scene *s, const char *path, const char *text)
{
	left(s, path, text, strlen(text));
}

/* May be called again, with other criteria. */
static void judge(struct scene *s, double tolerance, const char *ignore)
{
	struct criteria k = {.tolerance = tolerance};
	char *patterns = arena_strdup(s->f.arena, ignore), *save = NULL;
	struct err e = ERR_INIT;
	autoclose int fd =
		open(arena_printf(s->f.arena, "%s/upper", s->base), O_RDONLY);

	for (char *w = strtok_r(patterns, " ", &save); w;
		w = strtok_r(NULL, " ", &save))
		*ARENA_PUSH(s->f.arena, k.ignore.items, k.ignore.count) = w;
	assert_int_equal(store_batch_commit(s->f.batch, &e), 0);
	if (upper_read(&s->upper, s->f.arena, fd, &e) < 0 ||
		compare_outputs(&s->c, &s->plan, &k, s->f.store, &s->upper, &e) <
			0)
		fail_msg("%s", e.msg);
	upper_release(&s->upper);
}

static const struct outcome *outcome_of(const struct scene *s, const char *path)
{
	for (size_t i = 0; i < s->c.count; i++)
		if (!strcmp(s->c.items[i].path, path))
			return &s->c.items[i];
	fail_msg("no outcome of '%s'", path);
	return NULL;
}

static void expect(const struct scene *s, const char *path, const char *verdict,
	const char *reason)
{
	const struct outcome *o = outcome_of(s, path);

	assert_string_equal(verdict_name(o->verdict), verdict);
	if (!reason)
		assert_null(o->reason);
	else if (!o->reason || !strstr(o->reason, reason))
		fail_msg("%s: '%s' has no '%s'", path, o->reason, reason);
}

static void end(struct scene *s)
{
	tree_release(&s->plan.tree);
	fake_release(&s->f);
	assert_int_equal(fs_remove_tree(AT_FDCWD, s->base, NULL), 0);
}

/* --- tolerance ------------------------------------------------------ */

static const char *sample_path(struct scene *s, size_t i)
{
	return arena_printf(s->f.arena, "/w/%zu/%s", i, samples[i].name);
}

/* Two weights, by 1e-9 each, in every format. */
static void weights_are_close_within_the_tolerance(void **state)
{
	struct scene s;

	begin(&s);
	for (size_t i = 0; i < SAMPLES; i++) {
		autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;

		samples[i].make(&a, 0);
		samples[i].make(&b, 1e-9);
		fake_output_bytes(&s.f, sample_path(&s, i), a.s, a.len);
		left(&s, sample_path(&s, i), b.s, b.len);
	}
	judge(&s, 1e-6, "");
	for (size_t i = 0; i < SAMPLES; i++) {
		const char *path = sample_path(&s, i);

		expect(&s, path, "close",
			arena_printf(s.f.arena,
				"%s: largest difference %s, relative %s at ",
				samples[i].format, i == 1 ? "9.31e-10" : "1e-09",
				i == 1 ? "9.31e-08" : "1e-07"));
		assert_int_equal(outcome_of(&s, path)->first_difference, -1);
	}
	assert_int_equal(s.c.judged, SAMPLES);
	assert_int_equal(s.c.close, SAMPLES);
	assert_int_equal(s.c.identical, 0);
	for (int i = 0; i < 2; i++) {
		judge(&s, i == 0 ? 1e-12 : -1, "");
		for (size_t k = 0; k < SAMPLES; k++) {
			expect(&s, sample_path(&s, k), "differs",
				", first difference at byte ");
			expect(&s, sample_path(&s, k), "differs", " at ");
			assert_true(outcome_of(&s, sample_path(&s, k))
					    ->first_difference > 0);
		}
		assert_int_equal(s.c.close, 0);
	}
	end(&s);
}

/* Equal numbers in other bytes: 0 takes them, nothing does not. */
static void equal_numbers_need_a_tolerance(void **state)
{
	struct scene s;

	begin(&s);
	fake_output(&s.f, "/w/m.json", "{\"a\": 1, \"b\": 2}");
	left_text(&s, "/w/m.json", "{\"b\": 2.0, \"a\": 1}");
	judge(&s, -1, "");
	expect(&s, "/w/m.json", "differs",
		"18 bytes, recorded 16, first difference at byte 2; JSON: all "
		"2 values are equal, other bytes are not");
	judge(&s, 0, "");
	expect(&s, "/w/m.json", "close",
		"JSON: all 2 values are equal, other bytes are not");
	end(&s);
}

static void what_is_unlike_differs_by_any_tolerance(void **state)
{
	struct scene s;

	begin(&s);
	fake_output(&s.f, "/w/m.json", "{\"a\": \"x\", \"b\": 1}");
	left_text(&s, "/w/m.json", "{\"a\": \"y\", \"b\": 1}");
	fake_output(&s.f, "/w/nan.json", "[1, NaN]");
	left_text(&s, "/w/nan.json", "[1, 2.0]");
	fake_output(&s.f, "/w/text", "text");
	left_text(&s, "/w/text", "tex.");
	fake_output(&s.f, "/w/cut", "text");
	left_text(&s, "/w/cut", "te");
	judge(&s, 1e300, "");
	expect(&s, "/w/m.json", "differs", "JSON: .a: another text");
	expect(&s, "/w/nan.json", "differs", "relative inf at [1]; 1 of 2");
	assert_string_equal(outcome_of(&s, "/w/text")->reason,
		"4 bytes, recorded 4, first difference at byte 3");
	assert_string_equal(outcome_of(&s, "/w/cut")->reason,
		"2 bytes, recorded 4, first difference at byte 2");
	assert_null(outcome_of(&s, "/w/text")->distance);
	end(&s);
}

static void times_in_containers_are_close(void **state)
{
	autostrbuf a = STRBUF_INIT, b = STRBUF_INIT;
	struct scene s;

	begin(&s);
	add_gzip(&a, "text", 4, 1);
	add_gzip(&b, "text", 4, 2);
	fake_output_bytes(&s.f, "/w/a.gz", a.s, a.len);
	left(&s, "/w/a.gz", b.s, b.len);
	judge(&s, -1, "");
	expect(&s, "/w/a.gz", "close", "only times noted inside it differ");
	assert_int_equal(s.c.close, 1);
	end(&s);
}

static void a_mode_counts_for_what_is_close(void **state)
{
	struct scene s;

	begin(&s);
	fake_output(&s.f, "/w/m.json", "1.0")->mode = (char *)"0600";
	left_text(&s, "/w/m.json", "1.1");
	judge(&s, 0.5, "");
	expect(&s, "/w/m.json", "differs", "mode 0644, recorded 0600");
	end(&s);
}

static void what_is_not_stored_cannot_be_close(void **state)
{
	char digest[] = "sha256:00000000000000000000000000000000"
			"00000000000000000000000000000000";
	struct scene s;

	begin(&s);
	fake_output(&s.f, "/w/m.json", "1")->digest = digest;
	left_text(&s, "/w/m.json", "1");
	judge(&s, 1, "");
	assert_string_equal(outcome_of(&s, "/w/m.json")->reason,
		"1 bytes, recorded 1, and the recorded content is not stored");
	end(&s);
}

/* --- ignoring ------------------------------------------------------- */

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} cases[] = {
		{"*.log", "/w/a.log", true},
		{"*.log", "/w/a.log.gz", false},
		{"*.log", "/w/a.log/b", true},
		{"a.log", "/w/a.log", true},
		{"a.log", "/w/aa.log", false},
		{"log", "/w/a.log", false},
		{"w", "/w/x/y", true},
		{"/w", "/w/x/y", true},
		{"/w", "/v/w/x", false},
		{"/w/x", "/w/xy", false},
		{"x/*.bin", "/w/x/y/z.bin", true},
		{"x/*.bin", "/w/y/z.bin", false},
		{"/w/*", "/w/x/y", true},
		{"/w/*.bin", "/w/x/y.bin", true},
		{"[ab]?", "/w/b1", true},
		{"[ab]?", "/w/c1", false},
		{"*", "/w/x", true},
		{"", "/w/x", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *items[] = {(char *)"/no", (char *)cases[i].pattern};
		const struct criteria k = {.ignore = {items, 2}};
		const char *got = criteria_ignored(&k, cases[i].path);

		if ((got != NULL) != cases[i].matches || (got && got != items[1]))
			fail_msg("%zu: '%s' and '%s'", i, cases[i].pattern,
				cases[i].path);
	}
}

static void what_is_ignored_is_not_judged(void **state)
{
	struct scene s;

	begin(&s);
	fake_output(&s.f, "/w/same", "1");
	left_text(&s, "/w/same", "1");
	fake_output(&s.f, "/w/events", "1");
	left_text(&s, "/w/events", "2");
	fake_output(&s.f, "/w/gone", "1");
	left_text(&s, "/w/more.tmp", "1");
	judge(&s, -1, "");
	expect(&s, "/w/events", "differs", "first difference at byte 0");
	assert_int_equal(s.c.extra, 1);
	judge(&s, -1, "event* gone *.tmp");
	expect(&s, "/w/same", "identical", NULL);
	expect(&s, "/w/events", "not judged", "--ignore 'event*'");
	expect(&s, "/w/gone", "not judged", "--ignore 'gone'");
	expect(&s, "/w/more.tmp", "not judged", "--ignore '*.tmp'");
	assert_int_equal(s.c.judged, 1);
	assert_int_equal(s.c.identical, 1);
	assert_int_equal(s.c.extra, 0);
	end(&s);
}

/* --- trees ---------------------------------------------------------- */

/* A root of data as an output, with files of one name and content each. */
static struct m_data *output_tree(struct scene *s, const char *path,
	const char *const (*files)[2], size_t n)
{
	autoclose int fd = memfd_create("table", MFD_CLOEXEC);
	struct table_writer *w = table_writer_new(fd);
	autostrbuf table = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct m_data *d;

	for (size_t i = 0; i < n; i++) {
		struct file_row r;

		file_row_init(&r);
		r.path = arena_printf(s->f.arena, "/%s", files[i][0]);
		r.kind = KIND_FILE;
		r.access = ACCESS_W;
		r.mode = 0644;
		r.size = (int64_t)strlen(files[i][1]);
		r.has_digest = true;
		r.digest = fake_object(&s->f, files[i][1], strlen(files[i][1]));
		if (table_write(w, &r, &e) < 0)
			fail_msg("%s", e.msg);
	}
	assert_int_equal(table_writer_finish(w, NULL, NULL, &e), 0);
	assert_true(lseek(fd, 0, SEEK_SET) == 0);
	assert_int_equal(fs_slurp_fd(fd, &table), 0);
	d = fake_output_bytes(&s->f, path, table.s, table.len);
	d->kind = (char *)"tree";
	return d;
}

static const char *const tree_files[][2] = {
	{"a.json", "1.0"},
	{"b.json", "2.0"},
	{"c", "text"},
};

static void a_tree_is_as_good_as_its_worst_file(void **state)
{
	struct scene s;

	begin(&s);
	output_tree(&s, "/w/t", tree_files, 3);
	left_text(&s, "/w/t/a.json", "1.0");
	left_text(&s, "/w/t/b.json", "2.0");
	left_text(&s, "/w/t/c", "text");
	judge(&s, 0.1, "");
	expect(&s, "/w/t", "identical", NULL);
	assert_int_equal(s.c.count, 1);
	left_text(&s, "/w/t/b.json", "2.1");
	judge(&s, 0.1, "");
	expect(&s, "/w/t", "close", "not all files in it are identical");
	expect(&s, "/w/t/b.json", "close", "relative 0.0476 at .");
	assert_int_equal(s.c.count, 2);
	assert_int_equal(s.c.judged, 1);
	assert_int_equal(s.c.close, 1);
	left_text(&s, "/w/t/c", "tex.");
	judge(&s, 0.1, "");
	expect(&s, "/w/t", "differs", "not all files in it are identical");
	expect(&s, "/w/t/c", "differs", "first difference at byte 3");
	judge(&s, 0.1, "t/c b.json");
	expect(&s, "/w/t", "identical", NULL);
	expect(&s, "/w/t/c", "not judged", "--ignore 't/c'");
	end(&s);
}

/* What lies in a tree that is not judged is no extra file. */
static void a_tree_that_is_not_judged(void **state)
{
	struct scene s;

	begin(&s);
	output_tree(&s, "/w/t", tree_files, 3);
	output_tree(&s, "/w/logs", tree_files, 3)->role = (char *)"log";
	left_text(&s, "/w/t/a.json", "3");
	left_text(&s, "/w/t/new", "1");
	left_text(&s, "/w/logs/a.json", "1");
	left_text(&s, "/w/logs2", "1");
	judge(&s, -1, "/w/t");
	expect(&s, "/w/t", "not judged", "--ignore '/w/t'");
	expect(&s, "/w/logs", "not judged", "a log");
	expect(&s, "/w/logs2", "extra", "the run did not leave it");
	assert_int_equal(s.c.count, 3);
	assert_int_equal(s.c.judged, 0);
	end(&s);
}

/* --- the result ----------------------------------------------------- */

static double real_of(const json_t *o, const char *key)
{
	assert_true(json_is_real(json_object_get(o, key)));
	return json_real_value(json_object_get(o, key));
}

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static json_t *result_of(struct scene *s, double tolerance, bool *same)
{
	const char *path = arena_printf(s->f.arena, "%s/result", s->base);
	struct replay_outcome o = {
		.plan = &s->plan,
		.compared = true,
		.tolerance = tolerance,
	};
	struct err e = ERR_INIT;
	json_t *j;

	judge(s, tolerance, "");
	o.comparison = s->c;
	*same = result_same(&o);
	if (result_write(&o, path, &e) < 0)
		fail_msg("%s", e.msg);
	j = json_load_file(path, 0, NULL);
	assert_non_null(j);
	return j;
}

static void the_result_has_the_numbers(void **state)
{
	struct scene s;
	json_t *j, *o;
	bool same;

	begin(&s);
	s.f.m.run.id = (char *)"id";
	s.plan.strategy = 'A';
	fake_output(&s.f, "/w/m.csv", "a,b\n1,2\n3,4\n");
	left_text(&s, "/w/m.csv", "a,b\n1,2\n3,4.5\n");
	j = result_of(&s, 0.25, &same);
	assert_true(same);
	assert_true(json_is_true(json_object_get(j, "same")));
	assert_true(real_of(j, "tolerance") == 0.25);
	assert_int_equal(
		json_integer_value(json_object_get(j, "outputs_close")), 1);
	assert_int_equal(
		json_integer_value(json_object_get(j, "outputs_identical")), 0);
	o = json_array_get(json_object_get(j, "outputs"), 0);
	assert_string_equal(text_of(o, "verdict"), "close");
	assert_string_equal(text_of(o, "format"), "CSV");
	assert_string_equal(text_of(o, "where"), "row 3, column 'b'");
	assert_true(real_of(o, "max_abs") == 0.5);
	assert_true(real_of(o, "max_rel") == 0.5 / 4.5);
	assert_int_equal(json_integer_value(json_object_get(o, "values")), 4);
	assert_int_equal(
		json_integer_value(json_object_get(o, "values_different")), 1);
	assert_true(json_is_null(json_object_get(o, "unlike")));
	assert_true(json_is_null(json_object_get(o, "first_difference")));
	json_decref(j);

	/* What differs has them, too; infinity is no number of JSON's. */
	left_text(&s, "/w/m.csv", "a,b\n1,2\n3,x\n");
	j = result_of(&s, -1, &same);
	assert_false(same);
	assert_true(json_is_null(json_object_get(j, "tolerance")));
	o = json_array_get(json_object_get(j, "outputs"), 0);
	assert_string_equal(text_of(o, "verdict"), "differs");
	assert_string_equal(
		text_of(o, "unlike"), "row 3, column 'b': another text");
	assert_true(real_of(o, "max_abs") == 0);
	assert_int_equal(
		json_integer_value(json_object_get(o, "first_difference")), 10);
	json_decref(j);
	left_text(&s, "/w/m.csv", "a,b\n1,2\n3,inf\n");
	j = result_of(&s, 1, &same);
	o = json_array_get(json_object_get(j, "outputs"), 0);
	assert_string_equal(text_of(o, "verdict"), "differs");
	assert_true(json_is_null(json_object_get(o, "max_abs")));
	assert_true(json_is_null(json_object_get(o, "max_rel")));
	json_decref(j);
	end(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_are_close_within_the_tolerance),
		cmocka_unit_test(equal_numbers_need_a_tolerance),
		cmocka_unit_test(what_is_unlike_differs_by_any_tolerance),
		cmocka_unit_test(times_in_containers_are_close),
		cmocka_unit_test(a_mode_counts_for_what_is_close),
		cmocka_unit_test(what_is_not_stored_cannot_be_close),
		cmocka_unit_test(patterns),
		cmocka_unit_test(what_is_ignored_is_not_judged),
		cmocka_unit_test(a_tree_is_as_good_as_its_worst_file),
		cmocka_unit_test(a_tree_that_is_not_judged),
		cmocka_unit_test(the_result_has_the_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
