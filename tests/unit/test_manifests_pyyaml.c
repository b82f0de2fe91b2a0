// SPDX-License-Identifier: Apache-2.0
/*
 * Another YAML tool reads what is written, byte for byte, and what it writes
 * is read. Needs Debian's python3-yaml.
 */
#include "manifests_help.h"

#include "base/arena.h"
#include "manifests/manifest.h"
#include <sys/wait.h>

#define PYTHON "/usr/bin/python3"

/* stdin: a table. stdout: each string of each row in hexadecimal, a line. */
static const char dump_strings[] =
	"import sys, yaml\n"
	"def b(s):\n"
	"    return s if isinstance(s, bytes) else s.encode()\n"
	"for r in yaml.load(sys.stdin.buffer, yaml.CSafeLoader if\n"
	"        len(sys.argv) > 1 else yaml.SafeLoader):\n"
	"    for s in [r['path'], r.get('target', ''), r.get('package', '')] "
	"+\\\n"
	"            r.get('listing', []):\n"
	"        print(b(s).hex())\n";

/* stdin: a document. stdout: the same in PyYAML's own style. */
static const char write_again[] =
	"import sys, yaml\n"
	"d = yaml.safe_load(sys.stdin.buffer)\n"
	"sys.stdout.write(yaml.safe_dump(d, sort_keys=False,\n"
	"    default_flow_style=len(sys.argv) > 1))\n";

/* Begins each test. */
static void need_pyyaml(void)
{
	if (system(PYTHON " -c 'import yaml' 2>/dev/null") == 0)
		return;
	print_message("python3-yaml is not installed\n");
	skip();
}

/* Run a script on `in`; a second argument is given when `flag` is set. */
static void python(const char *script, bool flag, const struct strbuf *in,
	struct strbuf *out)
{
	int from = memory_file(in->s, in->len), to = memory_file("", 0);
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(from, 0);
		dup2(to, 1);
		setenv("PYTHONIOENCODING", "utf-8", 1);
		execl(PYTHON, PYTHON, "-c", script, flag ? "x" : NULL, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(lseek(to, 0, SEEK_SET), 0);
	strbuf_clear(out);
	assert_int_equal(fs_slurp_fd(to, out), 0);
	close(from);
	close(to);
}

static void add_hex(struct strbuf *out, const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		strbuf_addf(out, "%02x", (unsigned char)*s);
	strbuf_adds(out, "\n");
}

static void add_strings(struct strbuf *out, const struct file_row *r)
{
	add_hex(out, r->path);
	add_hex(out, r->target);
	add_hex(out, r->package);
	for (size_t i = 0; i < r->listing.count; i++)
		add_hex(out, r->listing.items[i]);
}

/* A table of many awkward strings, and what they are. */
static void awkward_table(struct strbuf *text, struct strbuf *expect)
{
	enum { ROWS = 1500 };
	autoclose int fd = memory_file("", 0);
	struct table_writer *w = table_writer_new(fd);
	autostrbuf s = STRBUF_INIT;
	struct err e = ERR_INIT;
	uint32_t seed = 99;

	for (int i = 0; i < ROWS; i++) {
		autoarena *a = arena_new();
		char *names[2], *path;
		struct file_row r;

		file_row_init(&r);
		random_string(&seed, '/', &s);
		path = arena_printf(a, "/%06d%s", i, s.s);
		r.path = path;
		r.kind = KIND_SYMLINK;
		random_string(&seed, '\0', &s);
		r.target = s.len > 0 ? arena_strdup(a, s.s) : NULL;
		random_string(&seed, '\0', &s);
		r.package = s.len > 0 ? arena_strdup(a, s.s) : NULL;
		random_string(&seed, '/', &s);
		names[0] = arena_printf(a, "%sx", s.s);
		/* Each awkward word alone, too. */
		names[1] = arena_strdup(a, awkward[(size_t)i % AWKWARD]);
		r.listing.items = names;
		r.listing.count = *names[1] != '\0' ? 2 : 1;
		assert_int_equal(table_write(w, &r, &e), 0);
		add_strings(expect, &r);
	}
	assert_int_equal(table_writer_finish(w, NULL, NULL, &e), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fs_slurp_fd(fd, text), 0);
}

static void test_table_is_read(void **state)
{
	autostrbuf text = STRBUF_INIT, expect = STRBUF_INIT, got = STRBUF_INIT;

	need_pyyaml();
	awkward_table(&text, &expect);
	python(dump_strings, false, &text, &got);
	assert_string_equal(got.s, expect.s);
	python(dump_strings, true, &text, &got);
	assert_string_equal(got.s, expect.s);
}

static void test_table_comes_back(void **state)
{
	autostrbuf text = STRBUF_INIT, expect = STRBUF_INIT;
	autostrbuf theirs = STRBUF_INIT, got = STRBUF_INIT;

	need_pyyaml();
	awkward_table(&text, &expect);
	for (int flow = 0; flow < 2; flow++) {
		struct err e = ERR_INIT;
		struct table_reader *t;
		struct file_row r;
		int fd, rc;

		python(write_again, flow, &text, &theirs);
		fd = memory_file(theirs.s, theirs.len);
		t = table_reader_new(fd, "t");
		strbuf_clear(&got);
		while ((rc = table_next(t, &r, &e)) > 0)
			add_strings(&got, &r);
		if (rc < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(got.s, expect.s);
		table_reader_free(t);
		close(fd);
	}
}

static void test_manifest_comes_back(void **state)
{
	autostrbuf text = STRBUF_INIT, theirs = STRBUF_INIT;
	autostrbuf again = STRBUF_INIT;
	autoarena *a = arena_new();
	struct err e = ERR_INIT;
	struct manifest m;

	need_pyyaml();
	slurp("manifests/examples/training/manifest.yaml", &text);
	python(write_again, false, &text, &theirs);
	if (manifest_read_yaml(&m, a, "m", theirs.s, theirs.len, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(manifest_write_yaml(&m, &again, &e), 0);
	assert_string_equal(again.s, text.s);
}

/* Every awkward string as an argument and as a variable's name. */
static void test_manifest_strings(void **state)
{
	static const char script[] =
		"import sys, yaml\n"
		"def b(s):\n"
		"    return s if isinstance(s, bytes) else s.encode()\n"
		"d = yaml.safe_load(sys.stdin.buffer)\n"
		"v = d['environment']['variables']\n"
		"for s in d['command']['argv'] + "
		"d['hardware']['cpu']['flags']:\n"
		"    print(b(s).hex())\n"
		"for k in v:\n"
		"    print(b(k).hex())\n"
		"    print(b(v[k]).hex())\n";
	enum { COUNT = 400 };
	autostrbuf text = STRBUF_INIT, got = STRBUF_INIT, expect = STRBUF_INIT;
	autostrbuf s = STRBUF_INIT;
	autoarena *a = arena_new();
	struct kv variables[COUNT];
	char *strings[COUNT];
	struct err e = ERR_INIT;
	uint32_t seed = 5;
	struct manifest m;

	need_pyyaml();
	slurp("manifests/examples/training/manifest.yaml", &text);
	assert_int_equal(manifest_read_yaml(&m, a, "m", text.s, text.len, &e), 0);
	for (size_t i = 0; i < COUNT; i++) {
		random_string(&seed, '\0', &s);
		if (i < AWKWARD) {
			strbuf_clear(&s);
			strbuf_adds(&s, awkward[i]);
		}
		strings[i] = arena_strdup(a, s.s);
		variables[i].key = arena_printf(a, "%s%zu", s.s, i);
		variables[i].value = strings[i];
	}
	m.command.argv = (struct strlist){strings, COUNT};
	m.hardware.cpu.flags = (struct strlist){strings, COUNT};
	m.environment.variables = (struct kvlist){variables, COUNT};
	for (size_t i = 0; i < 2 * COUNT; i++)
		add_hex(&expect, strings[i % COUNT]);
	for (size_t i = 0; i < COUNT; i++) {
		add_hex(&expect, variables[i].key);
		add_hex(&expect, variables[i].value);
	}
	strbuf_clear(&text);
	assert_int_equal(manifest_write_yaml(&m, &text, &e), 0);
	python(script, false, &text, &got);
	assert_string_equal(got.s, expect.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_read),
		cmocka_unit_test(test_table_comes_back),
		cmocka_unit_test(test_manifest_comes_back),
		cmocka_unit_test(test_manifest_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
