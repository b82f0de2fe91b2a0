// SPDX-License-Identifier: Apache-2.0
/* Two file tables against each other. */
#include "manifests_help.h"

#include "base/digest.h"
#include "manifests/table_diff.h"

#include <sys/resource.h>

/* A table in few words: one row a line, "PATH ACCESS KIND CONTENT"; the content
 * of a file makes its digest ("-": none) and its size, that of a link is its
 * target, that of a tree is the index of its table. */
struct world {
	const char *trees[2][4]; /* NULL: not to be had */
	struct strbuf said;
	int stop_after; /* 0: never */
};

static unsigned letters(const char *s)
{
	unsigned bits = 0;

	for (; *s; s++)
		bits |= 1u << (strchr("rxwmdlsn", *s) - "rxwmdlsn");
	return bits;
}

static void fill(struct file_row *r, char *content)
{
	switch (r->kind) {
	case KIND_FILE:
		r->size = (int64_t)strlen(content);
		r->has_digest = strcmp(content, "-") != 0;
		digest_bytes(content, strlen(content), &r->digest);
		break;
	case KIND_SYMLINK:
		r->target = content;
		break;
	case KIND_TREE:
		r->has_digest = true;
		r->entries = 1;
		memset(r->digest.b, 0, sizeof(r->digest.b));
		r->digest.b[0] = (unsigned char)atoi(content);
		break;
	default:
		break;
	}
}

static int table_fd(const char *text)
{
	int fd = memory_file("", 0);
	struct table_writer *w = table_writer_new(fd);
	char *copy = strdup(text), *line, *save = NULL;
	struct err e = ERR_INIT;

	for (line = strtok_r(copy, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char path[256], access[16], kind[16], content[64] = "-";
		struct file_row r;

		file_row_init(&r);
		assert_true(sscanf(line, "%255s %15s %15s %63s", path, access,
				    kind, content) >= 3);
		r.path = path;
		r.access = letters(access);
		while (strcmp(file_kind_name(r.kind), kind) != 0)
			r.kind++;
		r.mode = r.kind == KIND_ABSENT ? 0 : 0644;
		fill(&r, content);
		if (table_write(w, &r, &e) < 0)
			fail_msg("%s", e.msg);
	}
	assert_int_equal(table_writer_finish(w, NULL, NULL, &e), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	free(copy);
	return fd;
}

static int open_tree(
	void *arg, bool second, const struct file_row *tree, struct err *e)
{
	struct world *w = arg;
	const char *text = w->trees[second][tree->digest.b[0]];

	if (!text)
		return TABLE_NOT_THERE;
	return *text == '!' ? err_set(e, "no such tree") : table_fd(text);
}

/* "- PATH": only the first; "+ PATH": only the second; "PATH what...". */
static int note(void *arg, const struct table_difference *d, struct err *e)
{
	static const char *const names[] = {"appeared", "vanished", "kind",
		"content", "target", "device", "access", "listing",
		"attributes", "time"};
	struct world *w = arg;

	if (!d->what)
		strbuf_adds(&w->said, d->first ? "- " : "+ ");
	strbuf_adds(&w->said, d->path);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (d->what >> i & 1)
			strbuf_addf(&w->said, " %s", names[i]);
	strbuf_addc(&w->said, '\n');
	assert_true(!d->first || !strcmp(d->first->path, d->path));
	assert_true(!d->second || !strcmp(d->second->path, d->path));
	return w->stop_after && !--w->stop_after ? err_set(e, "enough") : 0;
}

static int compare(struct world *w, int first, int second, struct err *e)
{
	struct table_diff_ops ops = {note, open_tree, w};
	struct table_reader *a = table_reader_new(first, "first");
	struct table_reader *b = table_reader_new(second, "second");
	int r = table_diff(a, b, &ops, e);

	table_reader_free(a);
	table_reader_free(b);
	close(first);
	close(second);
	return r;
}

static void differs(struct world *w, const char *first, const char *second,
	const char *expect)
{
	struct err e = ERR_INIT;

	strbuf_clear(&w->said);
	strbuf_grow(&w->said, 0);
	if (compare(w, table_fd(first), table_fd(second), &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(w->said.s, expect);
}

static void test_rows(void **state)
{
	struct world w = {.said = STRBUF_INIT};

	differs(&w, "", "", "");
	differs(&w, "/a r file one\n", "/a r file one\n", "");
	differs(&w, "/a r file one\n", "", "- /a\n");
	differs(&w, "", "/a r file one\n", "+ /a\n");
	differs(&w, "/a r file one\n/c r file x\n", "/b r file one\n",
		"- /a\n+ /b\n- /c\n");
	differs(&w, "/a r file one\n", "/a r file two\n", "/a content\n");
	differs(&w, "/a r file one\n", "/a rx file one\n", "/a access\n");
	/* Only looked at: by size. */
	differs(&w, "/a s file -\n", "/a s file -\n", "");
	differs(&w, "/a s file -\n", "/a r file x\n", "/a access\n");
	differs(&w, "/a s file -\n", "/a r file xy\n", "/a content access\n");
	differs(&w, "/a s symlink b\n", "/a s symlink c\n", "/a target\n");
	differs(&w, "/a s symlink b\n", "/a s directory\n", "/a kind\n");
	/* Looked for in vain, and the reverse. */
	differs(&w, "/a n absent\n", "/a r file x\n", "/a appeared access\n");
	differs(&w, "/a r file x\n", "/a n absent\n", "/a vanished access\n");
	differs(&w, "/a n absent\n", "/a n absent\n", "");
	/* Made by the run: what was left there. */
	differs(&w, "/a wn file x\n", "/a wn file y\n", "/a content\n");
	differs(&w, "/a wn file x\n", "/a wn absent\n", "/a kind\n");
	strbuf_release(&w.said);
}

static void test_fields(void **state)
{
	static char *names[] = {"b", "a"}, *others[] = {"a", "b"};
	struct file_row a, b;

	file_row_init(&a);
	a.path = "/a";
	a.kind = KIND_DIRECTORY;
	a.access = ACCESS_D;
	a.listing = (struct strlist){names, 2};
	b = a;
	assert_int_equal(table_rows_differ(&a, &b), 0);
	b.listing = (struct strlist){others, 2};
	assert_int_equal(table_rows_differ(&a, &b), DIFFERS_LISTING);
	/* One alone has listed it. */
	b.access = ACCESS_S;
	b.listing.count = 0;
	assert_int_equal(table_rows_differ(&a, &b), DIFFERS_ACCESS);
	b = a;
	b.mode = 0700;
	assert_int_equal(table_rows_differ(&a, &b), DIFFERS_ATTRIBUTES);
	b = a;
	b.uid = 7;
	assert_int_equal(table_rows_differ(&a, &b), DIFFERS_ATTRIBUTES);
	b = a;
	b.xattrs = "user.a=1";
	assert_int_equal(table_rows_differ(&a, &b), DIFFERS_ATTRIBUTES);
	b = a;
	b.mtime_ns = 1;
	assert_int_equal(table_rows_differ(&a, &b), DIFFERS_TIME);
	b = a;
	a.kind = b.kind = KIND_CHAR;
	b.minor = 3;
	assert_int_equal(table_rows_differ(&a, &b), DIFFERS_DEVICE);
	/* A tree is a directory. */
	a.kind = KIND_TREE;
	b = a;
	b.kind = KIND_DIRECTORY;
	assert_int_equal(table_rows_differ(&a, &b), 0);
}

static void test_trees(void **state)
{
	struct world w = {
		.trees = {{"/x r file 1\n/y/z r file 2\n", "!", NULL, ""},
			{"/x r file 1\n/y/z r file 3\n",
				"/x r file 1\n/y/z r file 3\n", NULL, ""}},
		.said = STRBUF_INIT,
	};

	/* The same digest: nobody looks into the table. */
	differs(&w, "/d d tree 1\n", "/d d tree 1\n", "");
	differs(&w, "/d d tree 0\n", "/d d tree 1\n", "/d/y/z content\n");
	/* Rows of the other table itself; "/d-" lies between "/d" and "/d/x". */
	differs(&w, "/d d tree 0\n/d- r file a\n",
		"/d d directory\n/d- r file b\n/d/x r file 1\n"
		"/d/y/z r file 2\n",
		"/d- content\n");
	differs(&w, "/d d directory\n/d/x r file 1\n", "/d d tree 1\n",
		"+ /d/y/z\n");
	/* Two trees at work at once, and rows of the run's own among them. */
	differs(&w, "/d d tree 0\n/d-e d tree 0\n/d/w wn file 9\n",
		"/d d tree 1\n/d-e d tree 1\n/d/w wn file 8\n",
		"/d-e/y/z content\n/d/w content\n/d/y/z content\n");
	differs(&w, "/a r file 1\n", "/a r file 1\n/d d tree 0\n",
		"+ /d\n+ /d/x\n+ /d/y/z\n");
	differs(&w, "/d d tree 3\n", "/d d tree 1\n", "+ /d/x\n+ /d/y/z\n");
	/* A table that is not to be had: one path. */
	differs(&w, "/d d tree 2\n", "/d d tree 1\n", "/d content\n");
	differs(&w, "/d d tree 0\n", "/d d tree 2\n", "/d content\n");
	strbuf_release(&w.said);
}

static void test_trouble(void **state)
{
	static const char bad[] = "- {path: \"/b\"}\n- {path: \"/a\"}\n";
	struct world w = {
		.trees = {{NULL, "!"}, {"/x r file 1\n"}}, .said = STRBUF_INIT};
	struct err e = ERR_INIT;

	assert_int_equal(compare(&w, table_fd("/d d tree 1\n"),
				 table_fd("/d d tree 0\n"), &e),
		-1);
	assert_string_equal(e.msg, "no such tree");
	assert_int_equal(compare(&w, table_fd("/a r file x\n"),
				 memory_file(bad, strlen(bad)), &e),
		-1);
	assert_non_null(strstr(e.msg, "second:1:"));
	w.stop_after = 2;
	strbuf_clear(&w.said);
	assert_int_equal(
		compare(&w, table_fd("/a r file x\n/b r file x\n/c r file x\n"),
			table_fd(""), &e),
		-1);
	assert_string_equal(e.msg, "enough");
	assert_string_equal(w.said.s, "- /a\n- /b\n");
	strbuf_release(&w.said);
}

static int many_rows(int n, int skip)
{
	int fd = memory_file("", 0);
	struct table_writer *w = table_writer_new(fd);
	struct err e = ERR_INIT;
	char path[64];

	for (int i = 0; i < n; i++) {
		struct file_row r;

		file_row_init(&r);
		snprintf(path, sizeof(path), "/data/%09d", i);
		r.path = path;
		r.access = ACCESS_R;
		r.mode = 0644;
		if (i != skip)
			assert_int_equal(table_write(w, &r, &e), 0);
	}
	assert_int_equal(table_writer_finish(w, NULL, NULL, &e), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* A million rows take no more memory than a thousand. */
static void test_stream(void **state)
{
	struct world w = {.said = STRBUF_INIT};
	int first = many_rows(1000000, -1), second = many_rows(1000000, 654321);
	struct err e = ERR_INIT;
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(compare(&w, first, second, &e), 0);
	getrusage(RUSAGE_SELF, &after);
	assert_string_equal(w.said.s, "- /data/000654321\n");
	assert_true(after.ru_maxrss - before.ru_maxrss < 8192); /* KiB */
	strbuf_release(&w.said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
