// SPDX-License-Identifier: Apache-2.0
/* The file table: round trips, both readers, refusals. */
#include "manifests_help.h"

#include "base/arena.h"
#include "base/digest.h"
#include <sys/resource.h>
#include <sys/wait.h>

static void write_rows(const struct file_row *rows, size_t n, int fd)
{
	struct table_writer *w = table_writer_new(fd);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		if (table_write(w, &rows[i], &e) < 0)
			fail_msg("%s", e.msg);
	}
	if (table_writer_finish(w, NULL, NULL, &e) < 0)
		fail_msg("%s", e.msg);
}

static void written(const struct file_row *rows, size_t n, struct strbuf *out)
{
	autoclose int fd = memory_file("", 0);

	write_rows(rows, n, fd);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	strbuf_clear(out);
	assert_int_equal(fs_slurp_fd(fd, out), 0);
}

static int next(struct table_reader *t, struct file_row *r)
{
	struct err e = ERR_INIT;
	int rc = table_next(t, r, &e);

	if (rc < 0)
		fail_msg("%s", e.msg);
	return rc;
}

/* What reading and writing again makes of `in`. */
static void rewritten(const char *in, size_t len, struct strbuf *out)
{
	autoclose int from = memory_file(in, len), to = memory_file("", 0);
	struct table_reader *t = table_reader_new(from, "t");
	struct table_writer *w = table_writer_new(to);
	struct err e = ERR_INIT;
	struct file_row r;

	while (next(t, &r) > 0) {
		if (table_write(w, &r, &e) < 0)
			fail_msg("%s", e.msg);
	}
	table_reader_free(t);
	if (table_writer_finish(w, NULL, NULL, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(lseek(to, 0, SEEK_SET), 0);
	strbuf_clear(out);
	assert_int_equal(fs_slurp_fd(to, out), 0);
}

/* Both readers must give back the very bytes. */
static void assert_stable(const struct strbuf *text)
{
	autostrbuf slow = STRBUF_INIT, again = STRBUF_INIT;

	rewritten(text->s, text->len, &again);
	assert_string_equal(again.s, text->s);
	/* A comment is not in the fast form: libyaml reads all of it. */
	strbuf_adds(&slow, "# by libyaml\n");
	strbuf_add(&slow, text->s, text->len);
	rewritten(slow.s, slow.len, &again);
	assert_string_equal(again.s, text->s);
}

static struct file_row full_row(void)
{
	static char *names[] = {"b", "a", "yes"};
	struct file_row r;

	file_row_init(&r);
	r.path = "/usr/lib/x86_64-linux-gnu/libc.so.6";
	r.access = ACCESS_R | ACCESS_X;
	r.mode = 0755;
	r.uid = r.gid = 0;
	r.size = 1922136;
	r.mtime_s = 1714500000;
	r.has_digest = true;
	memset(r.digest.b, 0xab, sizeof(r.digest.b));
	r.major = 1;
	r.minor = 2;
	r.entries = 3;
	r.listing.items = names;
	r.listing.count = 3;
	r.link = "/usr/lib/a";
	r.not_stored = true;
	r.package = "p2";
	return r;
}

static void test_form(void **state)
{
	static const char expect[] =
		"- {path: \"/usr/lib/x86_64-linux-gnu/libc.so.6\", "
		"access: \"rx\", kind: file, mode: \"0755\", uid: 0, gid: 0, "
		"size: 1922136, mtime: \"1714500000.000000000\", "
		"digest: \"sha256:"
		"abababababababababababababababab"
		"abababababababababababababababab\", "
		"major: 1, minor: 2, entries: 3, "
		"listing: [\"b\", \"a\", \"yes\"], link: \"/usr/lib/a\", "
		"stored: false, package: p2}\n";
	struct file_row r = full_row();
	autostrbuf text = STRBUF_INIT;

	written(&r, 1, &text);
	assert_string_equal(text.s, expect);
	assert_stable(&text);
}

static void test_absent_fields(void **state)
{
	autostrbuf text = STRBUF_INIT;
	struct file_row r[2];

	file_row_init(&r[0]);
	r[0].path = "/a";
	r[0].access = ACCESS_N;
	r[0].kind = KIND_ABSENT;
	r[0].mode = 0644; /* means nothing here */
	file_row_init(&r[1]);
	r[1].path = "/b";
	r[1].kind = KIND_SYMLINK;
	r[1].mode = 0777;
	r[1].target = "../yes\n";
	r[1].mtime_s = -2;
	r[1].mtime_ns = 5;
	r[1].xattrs = "user.a=1\nuser.b=\\000";
	written(r, 2, &text);
	assert_string_equal(text.s,
		"- {path: \"/a\", access: \"n\", kind: absent}\n"
		"- {path: \"/b\", kind: symlink, mode: \"0777\", "
		"mtime: \"-2.000000005\", target: \"../yes\\n\", "
		"xattrs: \"user.a=1\\nuser.b=\\\\000\"}\n");
	assert_stable(&text);
}

static void test_values(void **state)
{
	struct file_row in = full_row(), r;
	autostrbuf text = STRBUF_INIT;
	struct table_reader *t;
	int fd;

	in.mtime_s = -62135596800;
	in.mtime_ns = 999999999;
	in.access = 0xff;
	written(&in, 1, &text);
	fd = memory_file(text.s, text.len);
	t = table_reader_new(fd, "t");
	assert_int_equal(next(t, &r), 1);
	assert_string_equal(r.path, in.path);
	assert_int_equal(r.access, 0xff);
	assert_int_equal(r.kind, KIND_FILE);
	assert_int_equal(r.mode, 0755);
	assert_int_equal(r.size, 1922136);
	assert_int_equal(r.mtime_s, -62135596800);
	assert_int_equal(r.mtime_ns, 999999999);
	assert_true(r.has_digest && digest_equal(&r.digest, &in.digest));
	assert_null(r.target);
	assert_int_equal(r.listing.count, 3);
	assert_string_equal(r.listing.items[2], "yes");
	assert_true(r.not_stored);
	assert_string_equal(r.package, "p2");
	assert_int_equal(next(t, &r), 0);
	assert_int_equal(next(t, &r), 0);
	table_reader_free(t);
	close(fd);
}

static void test_no_rows(void **state)
{
	autoclose int fd = memory_file("", 0);
	struct table_writer *w = table_writer_new(fd);
	struct err e = ERR_INIT;
	autostrbuf text = STRBUF_INIT;
	struct digest d, expect;
	int64_t rows = -1;

	assert_int_equal(table_writer_finish(w, &d, &rows, &e), 0);
	assert_int_equal(rows, 0);
	digest_bytes("[]\n", 3, &expect);
	assert_true(digest_equal(&d, &expect));
	rewritten("[]\n", 3, &text);
	assert_string_equal(text.s, "[]\n");
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct file_row *)a)->path,
		((const struct file_row *)b)->path);
}

/* Rows whose every string is as awkward as can be. */
static size_t random_rows(
	uint32_t seed, struct arena *a, struct file_row *rows, size_t n)
{
	autostrbuf s = STRBUF_INIT;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct file_row *r = &rows[i];

		file_row_init(r);
		random_string(&seed, '/', &s);
		r->path = arena_printf(
			a, "/%03u%s/x%s", next_random(&seed) % 1000, s.s, s.s);
		r->kind = KIND_SYMLINK;
		r->access = next_random(&seed) & 0xff;
		random_string(&seed, '\0', &s);
		if (s.len > 0)
			r->target = arena_strdup(a, s.s);
		random_string(&seed, '\0', &s);
		if (s.len > 0)
			r->package = arena_strdup(a, s.s);
		for (uint32_t k = next_random(&seed) % 4; k > 0; k--) {
			char **name = ARENA_PUSH(
				a, r->listing.items, r->listing.count);

			random_string(&seed, '/', &s);
			strbuf_adds(&s, "x");
			*name = arena_strdup(a, s.s);
		}
	}
	qsort(rows, n, sizeof(*rows), by_path);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || by_path(&rows[kept - 1], &rows[i]) != 0)
			rows[kept++] = rows[i];
	}
	return kept;
}

static void assert_same_row(const struct file_row *a, const struct file_row *b)
{
	assert_string_equal(a->path, b->path);
	assert_int_equal(a->access, b->access);
	assert_int_equal(a->target == NULL, b->target == NULL);
	if (a->target != NULL)
		assert_string_equal(a->target, b->target);
	assert_int_equal(a->package == NULL, b->package == NULL);
	if (a->package != NULL)
		assert_string_equal(a->package, b->package);
	assert_int_equal(a->listing.count, b->listing.count);
	for (size_t i = 0; i < a->listing.count; i++)
		assert_string_equal(a->listing.items[i], b->listing.items[i]);
}

static void test_random(void **state)
{
	struct file_row rows[64];

	for (uint32_t seed = 1; seed <= 300; seed++) {
		autoarena *a = arena_new();
		size_t n = random_rows(seed, a, rows, 64);
		autostrbuf text = STRBUF_INIT;
		struct table_reader *t;
		struct file_row r;
		int fd;

		written(rows, n, &text);
		assert_stable(&text);
		fd = memory_file(text.s, text.len);
		t = table_reader_new(fd, "t");
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(next(t, &r), 1);
			assert_same_row(&rows[i], &r);
		}
		assert_int_equal(next(t, &r), 0);
		table_reader_free(t);
		close(fd);
	}
}

/* All that PyYAML and other tools may make of rows is still read. */
static void test_other_forms(void **state)
{
	static const char *const forms[] = {
		"---\n- access: r\n  kind: file\n  mode: '0644'\n  path: /a\n",
		"%YAML 1.2\n---\n[{path: /a, access: r, kind: file, "
		"mode: \"0644\"}]\n...\n",
		"- {path: \"/a\", access: \"r\", kind: file,\n   mode: "
		"\"0644\"}\n",
		"- {path: \"/a\", access: \"r\", kind: file, mode: \"0644\"}",
		"- {path: \"/a\", access: \"r\", kind: file, mode: \"0644\"}\n"
		"\n# the end\n",
		"- {path: !!binary \"L2E=\", access: \"r\", kind: file, mode: "
		"!!str \"0644\"} # a\n",
		"- {path: !!binary 'L2\n  E=', access: \"r\", kind: file, "
		"mode: \"0644\", stored: true}\n",
		"- {\"path\": \"\\/a\", \"access\": \"r\", \"kind\": "
		"\"file\", \"mode\": \"0644\", \"listing\": []}\n",
		"\xef\xbb\xbf- {path: \"/a\", access: r, kind: file, mode: "
		"\"0644\"}\r\n",
		"- {mode: \"0644\", kind: file, path: \"/a\", access: \"r\"}\n",
		"- {path: \"\\x2Fa\", access: \"r\", kind: file, mode: "
		"\"0644\", listing: []}\n",
		"- ? path\n  : /a\n  access: r\n  kind: file\n  mode: !!str "
		"0644\n",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		autostrbuf text = STRBUF_INIT;

		rewritten(forms[i], strlen(forms[i]), &text);
		assert_string_equal(text.s, "- {path: \"/a\", access: \"r\", "
					    "kind: file, mode: \"0644\"}\n");
	}
}

/* The fast reader hands over in the middle, at any row. */
static void test_handing_over(void **state)
{
	for (int at = 0; at < 40; at++) {
		autostrbuf text = STRBUF_INIT, expect = STRBUF_INIT;
		autostrbuf again = STRBUF_INIT;

		for (int i = 0; i < 40; i++) {
			strbuf_addf(&expect,
				"- {path: \"/%02d\", kind: file, "
				"mode: \"0644\"}\n",
				i);
			strbuf_addf(&text,
				"- {path: \"/%02d\", %skind: file, "
				"mode: \"0644\"}\n",
				i, i == at ? "\n  " : "");
		}
		rewritten(text.s, text.len, &again);
		assert_string_equal(again.s, expect.s);
	}
}

/* Rows longer than any buffer. */
static void test_long_rows(void **state)
{
	enum { NAMES = 100000 };
	autostrbuf text = STRBUF_INIT;
	struct file_row r[2];
	char **names = xcalloc(NAMES, sizeof(*names));

	for (int i = 0; i < NAMES; i++) {
		names[i] = xmalloc(16);
		snprintf(names[i], 16, "n%d\n", i);
	}
	for (int i = 0; i < 2; i++) {
		file_row_init(&r[i]);
		r[i].path = i == 0 ? "/a" : "/b";
		r[i].kind = KIND_DIRECTORY;
		r[i].listing.items = names;
		r[i].listing.count = NAMES;
	}
	written(r, 2, &text);
	assert_true(text.len > 1000000);
	assert_stable(&text);
	for (int i = 0; i < NAMES; i++)
		free(names[i]);
	free(names);
}

static void read_bad(const char *name, const struct strbuf *text, struct err *e)
{
	autoclose int fd = memory_file(text->s, text->len);
	struct table_reader *t = table_reader_new(fd, name);
	struct file_row r;
	struct err again = ERR_INIT;
	int rc;

	do {
		rc = table_next(t, &r, e);
	} while (rc > 0);
	if (rc == 0)
		err_set(e, "%s was accepted", name);
	else
		assert_int_equal(table_next(t, &r, &again), -1);
	table_reader_free(t);
}

#define BYTES ((off_t)150 << 20)

/* In a child of 200 MiB: that much in one line is an error like any other. */
static void test_no_memory(void **state)
{
	static const char head[] =
		"- {path: \"/a\", kind: file}\n- {path: \"/b";
	const struct rlimit limit = {200 << 20, 200 << 20};
	autoclose int fd = memory_file(head, sizeof(head) - 1);
	struct table_reader *t;
	struct err e = ERR_INIT;
	struct file_row r;
	int status;
	pid_t pid;

#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	assert_return_code(ftruncate(fd, BYTES), errno);
	pid = fork();
	if (pid == 0) {
		if (setrlimit(RLIMIT_AS, &limit) < 0)
			_exit(2);
		t = table_reader_new(fd, "long");
		while (table_next(t, &r, &e) > 0)
			;
		_exit(strcmp(e.msg, "long:2:1: there is not enough memory "
				    "for this row") != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The same through libyaml alone: one line further down, else the same. */
static void read_bad_slowly(
	const char *name, const struct strbuf *text, struct err *e)
{
	autostrbuf slow = STRBUF_INIT;
	char rest[500];
	struct err got = ERR_INIT;
	unsigned line;

	strbuf_adds(&slow, "# by libyaml\n");
	strbuf_add(&slow, text->s, text->len);
	read_bad(name, &slow, &got);
	if (sscanf(got.msg + strlen(name), ":%u%499[^\n]", &line, rest) != 2)
		fail_msg("%s", got.msg);
	err_set(e, "%s:%u%s", name, line - 1, rest);
}

static void test_bad(void **state)
{
	run_corpus("tests/data/bad-tables", read_bad);
}

/* Where a row breaks off, or follows what is no list, the readers differ. */
static bool differs_slowly(const char *name)
{
	static const char *const names[] = {"flow-after-rows.yaml",
		"mapping-after-rows.yaml", "text-after-rows.yaml",
		"indented-after-rows.yaml", NULL};

	for (const char *const *n = names; *n != NULL; n++) {
		if (strcmp(*n, name) == 0)
			return true;
	}
	return false;
}

static void read_bad_both(
	const char *name, const struct strbuf *text, struct err *e)
{
	if (differs_slowly(name))
		read_bad(name, text, e);
	else
		read_bad_slowly(name, text, e);
}

static void test_bad_slowly(void **state)
{
	run_corpus("tests/data/bad-tables", read_bad_both);
}

/* A position far into a line, beyond what libyaml is given at once. */
static void test_far_column(void **state)
{
	autostrbuf text = STRBUF_INIT;
	struct err e = ERR_INIT;

	strbuf_adds(&text, "- {path: \"/a\", kind: file}\n- {path: \"/b");
	for (int i = 0; i < 50000; i++)
		strbuf_adds(&text, "\xc3\xa9");
	strbuf_adds(&text, "\x01\", kind: file}\n");
	read_bad("far", &text, &e);
	assert_string_equal(
		e.msg, "far:2:50013: control characters are not allowed");
}

static void test_writer_refuses(void **state)
{
	static char *bad_names[] = {"a", ".."};
	static const struct {
		struct file_row row;
		const char *expect;
	} cases[] = {
		{{.path = NULL}, "the row has no 'path'"},
		{{.path = "a"}, "must be absolute"},
		{{.path = "/a/../b"}, "must be absolute"},
		{{.path = "/a", .kind = (enum file_kind)99}, "'kind'"},
		{{.path = "/a", .mode = 010000}, "'mode'"},
		{{.path = "/a", .access = 0x100}, "'access'"},
		{{.path = "/a", .mtime_ns = 1000000000}, "'mtime'"},
		{{.path = "/a", .target = "b"}, "'target'"},
		{{.path = "/a", .link = "/b"}, "'link'"},
		{{.path = "/a", .xattrs = "security.x=1"}, "'xattrs'"},
		{{.path = "/a", .size = -1}, "'size'"},
		{{.path = "/a", .uid = INT64_C(1) << 32}, "'uid'"},
		{{.path = "/a", .listing = {bad_names, 2}}, "'listing'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		autoclose int fd = memory_file("", 0);
		struct table_writer *w = table_writer_new(fd);
		struct err e = ERR_INIT;

		assert_int_equal(table_write(w, &cases[i].row, &e), -1);
		if (strstr(e.msg, cases[i].expect) == NULL)
			fail_msg("%s", e.msg);
		table_writer_free(w);
	}
}

static void test_writer_order(void **state)
{
	autoclose int fd = memory_file("", 0);
	struct table_writer *w = table_writer_new(fd);
	struct err e = ERR_INIT;
	struct file_row r;

	file_row_init(&r);
	r.path = "/b";
	assert_int_equal(table_write(w, &r, &e), 0);
	assert_int_equal(table_write(w, &r, &e), -1);
	assert_string_equal(
		e.msg, "cannot write the file table: '/b' after '/b'");
	r.path = "/a";
	assert_int_equal(table_write(w, &r, &e), -1);
	r.path = "/b\xff";
	assert_int_equal(table_write(w, &r, &e), 0);
	table_writer_free(w);
}

static void test_writer_full_disk(void **state)
{
	autoclose int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct table_writer *w = table_writer_new(fd);
	struct err e = ERR_INIT;

	assert_true(fd >= 0);
	assert_int_equal(table_writer_finish(w, NULL, NULL, &e), -1);
	assert_int_equal(e.code, ENOSPC);
}

/* The digest is that of the bytes written, across many flushes. */
static void test_digest(void **state)
{
	autoclose int fd = memory_file("", 0);
	struct table_writer *w = table_writer_new(fd);
	struct digest d, expect;
	struct err e = ERR_INIT;
	struct file_row r;
	char path[32];
	int64_t rows;

	file_row_init(&r);
	r.path = path;
	for (int i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "/%08d", i);
		assert_int_equal(table_write(w, &r, &e), 0);
	}
	assert_int_equal(table_writer_finish(w, &d, &rows, &e), 0);
	assert_int_equal(rows, 20000);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(digest_fd(fd, &expect, NULL, &e), 0);
	assert_true(digest_equal(&d, &expect));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_absent_fields),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_handing_over),
		cmocka_unit_test(test_long_rows),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_slowly),
		cmocka_unit_test(test_far_column),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_writer_refuses),
		cmocka_unit_test(test_writer_order),
		cmocka_unit_test(test_writer_full_disk),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
