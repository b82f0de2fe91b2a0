// SPDX-License-Identifier: Apache-2.0
/* The manifest: golden examples, round trips, refusals, checks, schema. */
#include "manifests_help.h"

#include "base/arena.h"
#include "base/digest.h"
#include "manifests/fields.h"
#include "manifests/manifest.h"
#include <jansson.h>
#include <math.h>

#define EXAMPLES "manifests/examples/"
#define SCHEMA "manifests/reprise-manifest-1.schema.json"

static void read_ok(
	struct manifest *m, struct arena *a, const char *text, size_t len)
{
	struct err e = ERR_INIT;

	if (manifest_read_yaml(m, a, "m", text, len, &e) < 0)
		fail_msg("%s", e.msg);
}

static void write_ok(const struct manifest *m, struct strbuf *out)
{
	struct err e = ERR_INIT;

	strbuf_clear(out);
	if (manifest_write_yaml(m, out, &e) < 0)
		fail_msg("%s", e.msg);
}

static const char *const examples[] = {"minimal", "training"};
#define EXAMPLE_COUNT (sizeof(examples) / sizeof(examples[0]))

static void example(size_t i, const char *file, struct strbuf *out)
{
	char path[100];

	snprintf(path, sizeof(path), EXAMPLES "%s/%s", examples[i], file);
	slurp(path, out);
}

/* What people and other tools read as examples is what we write. */
static void test_golden(void **state)
{
	for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
		autostrbuf text = STRBUF_INIT, again = STRBUF_INIT;
		autoarena *a = arena_new();
		struct err e = ERR_INIT;
		struct manifest m;

		example(i, "manifest.yaml", &text);
		read_ok(&m, a, text.s, text.len);
		if (manifest_check(&m, examples[i], &e) < 0)
			fail_msg("%s", e.msg);
		write_ok(&m, &again);
		assert_string_equal(again.s, text.s);
	}
}

static void test_golden_tables(void **state)
{
	for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
		autostrbuf text = STRBUF_INIT, table = STRBUF_INIT;
		autoclose int to = memory_file("", 0);
		autoarena *a = arena_new();
		struct table_writer *w = table_writer_new(to);
		struct table_reader *t;
		struct digest d, same;
		struct manifest m;
		struct file_row r;
		struct err e = ERR_INIT;
		int64_t rows;
		int from, rc;

		example(i, "manifest.yaml", &text);
		example(i, "files.yaml", &table);
		read_ok(&m, a, text.s, text.len);
		from = memory_file(table.s, table.len);
		t = table_reader_new(from, "files.yaml");
		while ((rc = table_next(t, &r, &e)) > 0)
			assert_int_equal(table_write(w, &r, &e), 0);
		if (rc < 0)
			fail_msg("%s", e.msg);
		assert_int_equal(table_writer_finish(w, &d, &rows, &e), 0);
		assert_int_equal(rows, m.files.entries);
		assert_int_equal(digest_parse(m.files.digest, &same), 0);
		assert_true(digest_equal(&d, &same));
		table_reader_free(t);
		close(from);
	}
}

static void test_values(void **state)
{
	autostrbuf text = STRBUF_INIT;
	autoarena *a = arena_new();
	struct manifest m;

	example(1, "manifest.yaml", &text);
	read_ok(&m, a, text.s, text.len);
	assert_string_equal(m.run.signal, "SIGTERM");
	assert_true(m.run.exit_code == ABSENT);
	assert_true(m.run.resource_usage.wall_s == 312.400213);
	assert_string_equal(m.command.argv.items[3], "param=\xab");
	assert_string_equal(m.command.argv.items[4], "no");
	assert_int_equal(m.command.stdin_.offset, 0);
	assert_true(m.command.stdout_.offset == ABSENT);
	assert_string_equal(m.environment.limits.items[1].name, "stack");
	assert_string_equal(m.environment.limits.items[1].hard, "unlimited");
	assert_string_equal(m.environment.variables.items[2].key, "NO_VALUE");
	assert_null(m.environment.variables.items[2].value);
	assert_string_equal(m.environment.variables.items[4].key, "TWICE");
	assert_string_equal(m.environment.variables.items[4].value, "b");
	assert_false(m.inputs.items[1].stored);
	assert_true(m.outputs.items[0].stored);
	assert_true(m.devices.items[0].accelerator);
	assert_int_equal(m.processes.items.count, 2);
	assert_true(m.processes.items.items[0].exit_code == ABSENT);
	assert_string_equal(m.completeness.gaps.items[1].kind, "killed");
}

/* YAML 1.2 holds JSON, so what we print as JSON is read as well. */
static void test_json_is_yaml(void **state)
{
	autostrbuf text = STRBUF_INIT, json = STRBUF_INIT, again = STRBUF_INIT;
	autoarena *a = arena_new();
	struct err e = ERR_INIT;
	struct manifest m, back;

	example(0, "manifest.yaml", &text);
	read_ok(&m, a, text.s, text.len);
	assert_int_equal(manifest_write_json(&m, &json, &e), 0);
	read_ok(&back, a, json.s, json.len);
	write_ok(&back, &again);
	assert_string_equal(again.s, text.s);
}

/* What JSON has no spelling for. */
static void test_json_bytes(void **state)
{
	autostrbuf text = STRBUF_INIT, json = STRBUF_INIT;
	autoarena *a = arena_new();
	struct err e = ERR_INIT;
	const char *latin, *plain, *argument;
	struct manifest m;
	json_t *j;

	example(1, "manifest.yaml", &text);
	read_ok(&m, a, text.s, text.len);
	assert_int_equal(manifest_write_json(&m, &json, &e), 0);
	j = json_loads(json.s, 0, NULL);
	assert_int_equal(
		json_unpack(j,
			"{s{s{s:n, s:[s, s!], s:s, s:s}} s{s[s, s, s, {s:s}]}}",
			"environment", "variables", "NO_VALUE", "TWICE",
			&argument, &argument, "base64:q/8=", &latin,
			"base64:YmFzZTY0OnBsYWlu", &plain, "command", "argv",
			&argument, &argument, &argument, "base64", &argument),
		0);
	assert_string_equal(latin, "latin");
	assert_string_equal(plain, "1");
	assert_string_equal(argument, "cGFyYW09qw==");
	json_decref(j);
}

static char *random_text(uint32_t *seed, struct arena *a)
{
	autostrbuf s = STRBUF_INIT;

	random_string(seed, '\0', &s);
	return arena_strdup(a, s.s);
}

static void random_record(
	uint32_t *seed, struct arena *a, const struct record *rec, void *at);

static char *random_for(uint32_t *seed, struct arena *a, const struct field *f)
{
	static const char *const samples[] = {
		"sha256:0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef",
		"01234567-89ab-4cde-8f01-23456789abcd",
		"2024-05-01T12:30:45.000000Z", "0022", "/a/\xff\n",
		"files.yaml", "12", "SIGTERM", "0-3,8", "p1", "0x0000abcd"};
	size_t n;

	if (f->words != NULL) {
		n = strcspn(f->words, "|");
		return arena_memdup(a, f->words, n);
	}
	if (f->form == NULL)
		return random_text(seed, a);
	for (n = 0; !f->form->ok(samples[n]); n++)
		assert_true(n + 1 < sizeof(samples) / sizeof(samples[0]));
	return arena_strdup(a, samples[n]);
}

/* Lists and mappings of a random length, names of mappings all different. */
static void random_many(
	uint32_t *seed, struct arena *a, const struct field *f, void *at)
{
	uint32_t count = next_random(seed) % 4;

	for (uint32_t i = 0; i < count; i++) {
		struct any_list *list = at;
		struct strlist *strings = at;
		struct kvlist *map = at;
		void *item;

		if (f->type == F_STRINGS) {
			char **s = ARENA_PUSH(a, strings->items, strings->count);
			*s = random_for(seed, a, f);
		} else if (f->type == F_MAP) {
			struct kv *kv = ARENA_PUSH(a, map->items, map->count);

			kv->key = arena_printf(
				a, "%s%u", random_text(seed, a), i / 2);
			if (i == 1)
				kv->key = map->items[0].key;
			if (next_random(seed) % 3 > 0)
				kv->value = random_text(seed, a);
		} else {
			void *items = list->items;

			item = arena_push(
				a, &items, &list->count, f->record->size);
			list->items = items;
			random_record(seed, a, f->record, item);
			if (f->type == F_KEYED)
				*(char **)item = arena_printf(
					a, "%s%u", random_text(seed, a), i);
		}
	}
}

static void random_record(
	uint32_t *seed, struct arena *a, const struct record *rec, void *record)
{
	record_init(rec, record);
	for (size_t i = 0; i < rec->count; i++) {
		const struct field *f = &rec->fields[i];
		void *at = field_at(f, record);

		if (!(f->flags & FIELD_REQUIRED) && next_random(seed) % 3 == 0)
			continue;
		if (f->type == F_STRING)
			*(char **)at = random_for(seed, a, f);
		else if (f->type == F_INT)
			*(int64_t *)at = next_random(seed) % 4 == 0
						 ? f->max
						 : next_random(seed) % 256;
		else if (f->type == F_DOUBLE)
			*(double *)at = next_random(seed) / 1e7;
		else if (f->type == F_BOOL)
			*(bool *)at = next_random(seed) % 2;
		else if (f->type == F_STRUCT)
			random_record(seed, a, f->record, at);
		else
			random_many(seed, a, f, at);
	}
}

static void assert_same_record(
	const struct record *rec, const void *a, const void *b);

static void assert_same_strings(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL)
		assert_string_equal(a, b);
}

static void assert_same_field(const struct field *f, const void *a, const void *b)
{
	const struct any_list *la = a, *lb = b;
	const struct kvlist *ma = a, *mb = b;

	switch (f->type) {
	case F_STRING:
		assert_same_strings(*(char *const *)a, *(char *const *)b);
		return;
	case F_INT:
		assert_true(*(const int64_t *)a == *(const int64_t *)b);
		return;
	case F_DOUBLE:
		assert_true(*(const double *)a == *(const double *)b ||
			    isnan(*(const double *)a));
		return;
	case F_BOOL:
		assert_int_equal(*(const bool *)a, *(const bool *)b);
		return;
	case F_STRUCT:
		assert_same_record(f->record, a, b);
		return;
	default:
		break;
	}
	assert_int_equal(la->count, lb->count);
	for (size_t i = 0; i < la->count; i++) {
		if (f->type == F_STRINGS) {
			assert_string_equal(((char **)la->items)[i],
				((char **)lb->items)[i]);
		} else if (f->type == F_MAP) {
			assert_string_equal(ma->items[i].key, mb->items[i].key);
			assert_same_strings(
				ma->items[i].value, mb->items[i].value);
		} else {
			assert_same_record(f->record,
				la->items + i * f->record->size,
				lb->items + i * f->record->size);
		}
	}
}

static void assert_same_record(
	const struct record *rec, const void *a, const void *b)
{
	for (size_t i = 0; i < rec->count; i++)
		assert_same_field(&rec->fields[i], field_at(&rec->fields[i], a),
			field_at(&rec->fields[i], b));
}

static void test_random(void **state)
{
	for (uint32_t seed = 1; seed <= 400; seed++) {
		autostrbuf text = STRBUF_INIT, again = STRBUF_INIT;
		autoarena *a = arena_new();
		struct manifest m, back;
		uint32_t s = seed;

		random_record(&s, a, &manifest_record, &m);
		write_ok(&m, &text);
		read_ok(&back, a, text.s, text.len);
		assert_same_record(&manifest_record, &m, &back);
		write_ok(&back, &again);
		assert_string_equal(text.s, again.s);
	}
}

/* A name that comes again goes to its first place; no value is lost. */
static void test_environ(void **state)
{
	struct kv in[] = {
		{"A", "1"}, {"B", "2"}, {"A", NULL}, {"", "3"}, {"A", "1"}};
	static const char *const expect[][2] = {
		{"A", "1"}, {"A", NULL}, {"A", "1"}, {"B", "2"}, {"", "3"}};
	autostrbuf text = STRBUF_INIT, out = STRBUF_INIT;
	autoarena *a = arena_new();
	struct manifest m, back;

	example(0, "manifest.yaml", &text);
	read_ok(&m, a, text.s, text.len);
	m.environment.variables.items = in;
	m.environment.variables.count = 5;
	write_ok(&m, &out);
	read_ok(&back, a, out.s, out.len);
	assert_int_equal(back.environment.variables.count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct kv *kv = &back.environment.variables.items[i];

		assert_string_equal(kv->key, expect[i][0]);
		assert_same_strings(kv->value, expect[i][1]);
	}
}

static void read_bad(const char *name, const struct strbuf *text, struct err *e)
{
	autoarena *a = arena_new();
	struct manifest m;

	if (manifest_read_yaml(&m, a, name, text->s, text->len, e) == 0)
		err_set(e, "%s was accepted", name);
}

static void test_bad(void **state)
{
	run_corpus("tests/data/bad-manifests", read_bad);
}

/* Wherever a manifest is cut off before its last list, that is said. */
static void test_cut(void **state)
{
	autostrbuf text = STRBUF_INIT;
	autoarena *a = arena_new();
	struct err e = ERR_INIT;
	struct manifest m;
	size_t end;

	example(1, "manifest.yaml", &text);
	end = (size_t)(strstr(text.s, "  gaps:\n") - text.s) +
	      strlen("  gaps:");
	for (size_t len = 0; len <= end; len++) {
		assert_int_equal(
			manifest_read_yaml(&m, a, "m", text.s, len, &e), -1);
		assert_int_equal(strncmp(e.msg, "m:", 2), 0);
	}
}

static void test_other_forms(void **state)
{
	static const char head[] = "%YAML 1.1\n---\n# a comment\nx-note: [a, "
				   "{b: c}]\n",
			  tail[] = "...\n# the end\n";
	autostrbuf text = STRBUF_INIT, other = STRBUF_INIT, out = STRBUF_INIT;
	autoarena *a = arena_new();
	struct manifest m;

	example(1, "manifest.yaml", &text);
	strbuf_adds(&other, head);
	strbuf_add(&other, text.s, text.len);
	strbuf_adds(&other, tail);
	read_ok(&m, a, other.s, other.len);
	write_ok(&m, &out);
	assert_string_equal(out.s, text.s);
}

/* What manifest_check() must find, each made by one change. */
static void no_id(struct manifest *m)
{
	m->run.id = NULL;
}

static void bad_digest(struct manifest *m)
{
	m->inputs.items[0].digest = "sha256:0";
}

static void bad_path(struct manifest *m)
{
	m->outputs.items[0].path = "/a/../b";
}

static void bad_word(struct manifest *m)
{
	m->inputs.items[0].role = "toy";
}

static void bad_number(struct manifest *m)
{
	m->run.exit_code = 256;
}

static void bad_parent(struct manifest *m)
{
	m->processes.items.items[1].parent = "p9";
}

static void bad_writer(struct manifest *m)
{
	m->outputs.items[0].written_by = "p9";
}

static void same_id(struct manifest *m)
{
	m->outputs.items[0].id = "in1";
}

static void same_process(struct manifest *m)
{
	m->processes.items.items[1].id = "p1";
}

static void not_completed(struct manifest *m)
{
	m->run.status = "completed";
}

static void not_failed(struct manifest *m)
{
	m->run.signal = NULL;
	m->run.exit_code = 0;
}

static void not_complete(struct manifest *m)
{
	m->completeness.aggregate = "complete";
}

static void bad_group(struct manifest *m)
{
	m->run.user.groups.items[0] = "wheel";
}

static void test_check(void **state)
{
	static const struct {
		void (*change)(struct manifest *m);
		const char *expect;
	} cases[] = {
		{no_id, "m: 'run' has no 'id'"},
		{bad_digest, "m: 'digest': 'sha256:0' is not 'sha256:' and 64 "
			     "lower-case hexadecimal digits"},
		{bad_path, "m: 'path': '/a/../b' is not an absolute path "
			   "without empty, '.' or '..' components"},
		{bad_word, "m: 'role': 'toy' is not one of code|dataset|model|"
			   "configuration|checkpoint|log|metrics|other"},
		{bad_number, "m: 'exit_code' is out of range"},
		{bad_parent, "m: 'parent': there is no process 'p9'"},
		{bad_writer, "m: 'written_by': there is no process 'p9'"},
		{same_id, "m: the id 'in1' is there twice"},
		{same_process, "m: the id 'p1' is there twice"},
		{not_completed, "m: 'status' is completed, but 'exit_code' is "
				"not 0"},
		{not_failed, "m: 'status' is failed, but neither 'exit_code' "
			     "nor 'signal' says so"},
		{not_complete, "m: 'aggregate' is complete, but there are "
			       "gaps"},
		{bad_group, "m: 'groups': 'wheel' is not a number"},
	};
	autostrbuf text = STRBUF_INIT;

	example(1, "manifest.yaml", &text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		autoarena *a = arena_new();
		struct err e = ERR_INIT;
		struct manifest m;

		read_ok(&m, a, text.s, text.len);
		cases[i].change(&m);
		assert_int_equal(manifest_check(&m, "m", &e), -1);
		assert_string_equal(e.msg, cases[i].expect);
	}
}

static void test_init(void **state)
{
	autoarena *a = arena_new();
	struct manifest m;

	memset(&m, 0x5a, sizeof(m));
	manifest_init(&m, a);
	assert_string_equal(m.schema, MANIFEST_SCHEMA);
	assert_string_equal(m.tool.name, "reprise");
	assert_true(m.run.exit_code == ABSENT);
	assert_true(m.command.stdin_.offset == ABSENT);
	assert_true(isnan(m.run.resource_usage.wall_s));
	assert_null(m.run.host.kernel);
	assert_int_equal(m.completeness.gaps.count, 0);
}

/*
 * The committed file is what the table makes. A change of the table is
 * brought into it with REPRISE_UPDATE=1.
 */
static void test_schema_is_current(void **state)
{
	autostrbuf made = STRBUF_INIT, file = STRBUF_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(manifest_write_schema(&made, &e), 0);
	if (getenv("REPRISE_UPDATE") != NULL) {
		if (fs_write_file(AT_FDCWD, SCHEMA, made.s, made.len, 0644, &e) <
			0)
			fail_msg("%s", e.msg);
	}
	slurp(SCHEMA, &file);
	assert_string_equal(made.s, file.s);
}

/* Fields of a record are members of its struct, each once. */
static void check_table(const struct record *rec)
{
	assert_true(rec->count > 0 && rec->count <= 64);
	for (size_t i = 0; i < rec->count; i++) {
		const struct field *f = &rec->fields[i];

		assert_true(f->offset < rec->size);
		assert_true(f->about != NULL && f->about[0] != '\0');
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(f->key, rec->fields[k].key);
			assert_true(f->offset != rec->fields[k].offset);
		}
		if (f->type == F_KEYED)
			assert_int_equal(f->record->fields[0].type, F_STRING);
		if (f->record != NULL)
			check_table(f->record);
	}
}

static void test_table(void **state)
{
	check_table(&manifest_record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_golden_tables),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_json_is_yaml),
		cmocka_unit_test(test_json_bytes),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_environ),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_schema_is_current),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
