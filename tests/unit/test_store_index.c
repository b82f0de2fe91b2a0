// SPDX-License-Identifier: Apache-2.0
/* The index: what it answers, and that it is right whatever became of it. */
#include "index_help.h"

#include <glob.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

typedef char run_id[RUN_ID_LEN + 1];

static struct index *must_index(struct store *s)
{
	struct err e = ERR_INIT;
	struct index *ix = index_open(s, &e);

	if (!ix)
		fail_msg("index_open: %s", e.msg);
	return ix;
}

static int in_own_cache(void **state)
{
	if (help_setup(state) < 0)
		return -1;
	return setenv("XDG_CACHE_HOME", test_dir, 1);
}

#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, in_own_cache, help_teardown)

/* The one file in the cache, or NULL. */
static char *index_file(struct arena *a)
{
	char *path = NULL;
	glob_t g;

	if (glob("reprise/index-*.sqlite", 0, NULL, &g) == 0) {
		assert_int_equal(g.gl_pathc, 1);
		path = arena_strdup(a, g.gl_pathv[0]);
		globfree(&g);
	}
	return path;
}

/* Ids of all runs, the latest first, by an index opened for it. */
static size_t listed(struct store *s, struct arena *a, struct index_run **runs)
{
	struct index *ix = must_index(s);
	struct err e = ERR_INIT;
	size_t n;

	ok(index_runs(ix, a, runs, &n, &e));
	index_close(ix);
	return n;
}

static void small_run(struct store *s, const char *started, run_id id)
{
	struct made r;

	made_init(&r, started);
	add_library(&r, "libc.so.6", "libc", add_package(&r, "libc6", "2.36-9"));
	add_file(&r, true, "/w/model", started);
	made_publish(s, &r, id);
}

#define T1 "2026-01-01T00:00:00.000000Z"
#define T2 "2026-01-02T00:00:00.000000Z"
#define T3 "2026-01-03T00:00:00.000000Z"

static void test_runs(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct index_run *runs, one;
	struct index *ix;
	struct made r;
	run_id first, second;
	size_t n;

	assert_int_equal(listed(s, a, &runs), 0);
	made_init(&r, T1);
	r.m.run.status = arena_strdup(r.a, "failed");
	r.m.run.exit_code = ABSENT;
	r.m.run.signal = arena_strdup(r.a, "SIGTERM");
	r.m.run.group = arena_strdup(r.a, "job 7");
	r.m.command.argv.count = 0;
	for (int i = 0; i < 3; i++)
		*ARENA_PUSH(r.a, r.m.command.argv.items, r.m.command.argv.count) =
			arena_strdup(r.a, i == 1 ? "" : "a\xff");
	*ARENA_PUSH(r.a, r.m.run.tags.items, r.m.run.tags.count) =
		(struct kv){arena_strdup(r.a, "k"), arena_strdup(r.a, "v")};
	add_parameter(&r, "optimizer.lr", "1e-3");
	add_parameter(&r, "seed", "1");
	*ARENA_PUSH(r.a, r.m.metrics.items, r.m.metrics.count) =
		(struct m_metric){arena_strdup(r.a, "loss"),
			arena_strdup(r.a, "0.5"), arena_strdup(r.a, "/m.csv")};
	made_publish(s, &r, first);
	small_run(s, T2, second);

	assert_int_equal(listed(s, a, &runs), 2);
	assert_string_equal(runs[0].id, second);
	assert_int_equal(runs[0].exit_code, 0);
	assert_true(!runs[0].signal && !runs[0].group && !runs[0].name);
	assert_string_equal(runs[0].status, "completed");
	assert_int_equal(runs[0].parameters.count, 0);
	assert_true(runs[1].exit_code == ABSENT && runs[1].wall_s == 1.5);
	assert_string_equal(runs[1].signal, "SIGTERM");
	assert_string_equal(runs[1].group, "job 7");
	assert_string_equal(runs[1].started, T1);
	assert_int_equal(runs[1].argv.count, 3);
	assert_string_equal(runs[1].argv.items[1], "");
	assert_string_equal(runs[1].argv.items[2], "a\xff");
	assert_string_equal(runs[1].tags.items[0].value, "v");
	assert_int_equal(runs[1].parameters.count, 2);
	assert_string_equal(runs[1].parameters.items[0].name, "optimizer.lr");
	assert_string_equal(runs[1].parameters.items[1].value, "1");
	assert_string_equal(runs[1].parameters.items[1].source, "argv");
	assert_string_equal(runs[1].metrics.items[0].source, "/m.csv");

	ix = must_index(s);
	assert_int_equal(index_run(ix, a, first, &one, &e), 1);
	assert_string_equal(one.parameters.items[0].value, "1e-3");
	assert_int_equal(index_run(ix, a, "no", &one, &e), 0);
	ok(index_runs(ix, a, &runs, &n, &e));
	index_close(ix);
	arena_free(a);
	store_close(s);
}

static void test_contents(void **state)
{
	static const char *const parts[] = {"part 0", "part 1", ""};
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct index_content *c;
	struct index *ix;
	struct digest d;
	struct made r;
	run_id one, two;
	size_t n;

	made_init(&r, T1);
	add_file(&r, false, "/d/in", "data");
	add_file(&r, true, "/w/out", "part 1");
	made_publish(s, &r, one);
	made_init(&r, T2);
	add_tree(s, &r, false, "/d/tree", parts, 3);
	add_file(&r, true, "/w/copy", "data");
	made_publish(s, &r, two);

	ix = must_index(s);
	ok(index_contents(ix, a, one, INDEX_READ | INDEX_WROTE, &c, &n, &e));
	assert_int_equal(n, 2);
	assert_int_equal(c[0].way, INDEX_READ);
	assert_string_equal(c[0].path, "/d/in");
	assert_string_equal(c[0].id, "in1");
	assert_string_equal(c[1].role, "model");
	assert_true(!c[1].tree && c[1].has_digest && c[1].bytes == 6);
	ok(index_contents(ix, a, two, INDEX_READ, &c, &n, &e));
	assert_int_equal(n, 1);
	assert_true(c->tree && c->files == 3 && !c->root);

	digest_bytes("data", 4, &d);
	ok(index_find_content(ix, a, &d, INDEX_READ | INDEX_WROTE, &c, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(c[0].run, two);
	assert_int_equal(c[0].way, INDEX_WROTE);
	assert_string_equal(c[1].run, one);
	ok(index_find_content(ix, a, &d, INDEX_READ, &c, &n, &e));
	assert_int_equal(n, 1);
	assert_string_equal(c[0].run, one);
	/* A file of a tree, and a file. */
	digest_bytes("part 1", 6, &d);
	ok(index_find_content(ix, a, &d, INDEX_READ | INDEX_WROTE, &c, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(c[0].path, "/d/tree/1");
	assert_string_equal(c[0].root, "/d/tree");
	assert_true(!c[0].tree && c[0].bytes == 1);
	assert_true(digest_equal(&c[0].digest, &d));
	assert_string_equal(c[1].path, "/w/out");
	digest_bytes("other", 5, &d);
	ok(index_find_content(ix, a, &d, INDEX_READ | INDEX_WROTE, &c, &n, &e));
	assert_int_equal(n, 0);
	index_close(ix);
	arena_free(a);
	store_close(s);
}

/* Files and trees, connected in each way that they can be. */
static void test_links(void **state)
{
	static const char *const made[] = {"a", "b", "c", "c", ""};
	static const char *const taken[] = {"b", "c", "d", ""};
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct index_link *l;
	struct index *ix;
	struct made r;
	run_id maker, user, alone;
	size_t n;

	made_init(&r, T1);
	add_tree(s, &r, true, "/w/made", made, 5);
	add_file(&r, true, "/w/file", "f");
	add_file(&r, true, "/w/d", "d");
	add_file(&r, true, "/w/empty", "");
	made_publish(s, &r, maker);
	made_init(&r, T2);
	add_tree(s, &r, false, "/x/tree", taken, 4);
	add_tree(s, &r, false, "/x/same", made, 5);
	add_file(&r, false, "/x/a", "a");
	add_file(&r, false, "/x/file", "f");
	add_file(&r, false, "/x/empty", "");
	made_publish(s, &r, user);
	small_run(s, T3, alone);

	ix = must_index(s);
	ok(index_links(ix, a, user, INDEX_READ, &l, &n, &e));
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(l[i].here.run, user);
		assert_string_equal(l[i].there.run, maker);
		assert_int_equal(l[i].there.way, INDEX_WROTE);
	}
	assert_string_equal(l[0].here.path, "/x/tree");
	assert_string_equal(l[0].there.path, "/w/made");
	assert_int_equal(l[0].contents, 2);
	assert_string_equal(l[1].here.path, "/x/tree");
	assert_string_equal(l[1].there.path, "/w/d");
	assert_int_equal(l[1].contents, 1);
	assert_string_equal(l[2].here.path, "/x/same");
	assert_int_equal(l[2].contents, 3);
	assert_string_equal(l[3].here.path, "/x/a");
	assert_string_equal(l[3].there.path, "/w/made");
	assert_string_equal(l[4].here.path, "/x/file");
	assert_string_equal(l[4].there.path, "/w/file");
	ok(index_links(ix, a, maker, INDEX_WROTE, &l, &n, &e));
	assert_int_equal(n, 5);
	assert_string_equal(l[0].there.run, user);
	assert_int_equal(l[0].there.way, INDEX_READ);
	ok(index_links(ix, a, user, INDEX_WROTE, &l, &n, &e));
	assert_int_equal(n, 0);
	ok(index_links(ix, a, alone, INDEX_READ, &l, &n, &e));
	assert_int_equal(n, 0);
	index_close(ix);
	arena_free(a);
	store_close(s);
}

static bool is_libx(
	void *ctx, const struct m_library *l, const struct m_package *p)
{
	++*(int *)ctx;
	return strcmp(l->soname, "libx.so.1") == 0;
}

static bool is_xz(void *ctx, const struct m_package *p)
{
	return strcmp(p->name, "xz") == 0;
}

static void test_uses(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct index_library *l;
	struct index_package *p;
	struct index *ix;
	run_id ids[3];
	int asked = 0;
	size_t n;

	for (int i = 0; i < 3; i++) {
		char started[] = T1;
		struct made r;

		started[9] += i;
		made_init(&r, started);
		add_library(&r, "libc.so.6", "c", NULL)->build_id =
			arena_strdup(r.a, "abcd");
		/* The last run has another one. */
		add_library(&r, "libx.so.1", i == 2 ? "x2" : "x1",
			add_package(&r, "xz", i == 2 ? "2" : "1"));
		made_publish(s, &r, ids[i]);
	}
	ix = must_index(s);
	ok(index_libraries(ix, a, is_libx, &asked, &l, &n, &e));
	assert_int_equal(asked, 3);
	assert_int_equal(n, 2);
	if (l[0].runs.count == 1) {
		struct index_library swap = l[0];

		l[0] = l[1];
		l[1] = swap;
	}
	assert_int_equal(l[0].runs.count, 2);
	assert_string_equal(l[0].runs.items[0], ids[1]);
	assert_string_equal(l[0].runs.items[1], ids[0]);
	assert_string_equal(l[0].package->version, "1");
	assert_string_equal(l[0].library.path, "/usr/lib/libx.so.1");
	assert_string_equal(l[0].library.digest, digest_of(a, "x1"));
	assert_int_equal(l[1].runs.count, 1);
	assert_string_equal(l[1].runs.items[0], ids[2]);
	assert_string_equal(l[1].package->purl, "pkg:deb/debian/xz@2");
	ok(index_libraries(ix, a, NULL, NULL, &l, &n, &e));
	assert_int_equal(n, 3);
	ok(index_packages(ix, a, is_xz, NULL, &p, &n, &e));
	assert_int_equal(n, 2);
	assert_int_equal(p[0].runs.count + p[1].runs.count, 3);
	assert_string_equal(p[0].package.type, "deb");
	assert_true(p[0].package.files_total == ABSENT);
	index_close(ix);
	arena_free(a);
	store_close(s);
}

/* Runs that come, go, change and are damaged while an index is there. */
static void test_changes(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	const struct index_trouble *t;
	struct index_library *l;
	struct index_run *runs;
	struct index *ix;
	struct run_dir dir;
	run_id one, two;
	char path[100];
	size_t n;

	small_run(s, T1, one);
	assert_int_equal(listed(s, a, &runs), 1);
	small_run(s, T2, two);
	ok(run_create(s, &dir, &e));
	ix = must_index(s);
	ok(index_runs(ix, a, &runs, &n, &e));
	assert_int_equal(n, 2);
	assert_int_equal(index_unpublished(ix)->count, 1);
	assert_string_equal(index_unpublished(ix)->items[0], dir.id);
	index_troubles(ix, &n);
	assert_int_equal(n, 0);
	index_close(ix);
	run_dir_release(&dir);

	snprintf(path, sizeof(path), "store/runs/%s/manifest.yaml", two);
	write_text(path, "nonsense: 1\n");
	for (int i = 0; i < 2; i++) {
		ix = must_index(s);
		t = index_troubles(ix, &n);
		assert_int_equal(n, 1);
		assert_string_equal(t->id, two);
		assert_non_null(strstr(t->message, "manifest.yaml:1:1: "));
		ok(index_runs(ix, a, &runs, &n, &e));
		assert_int_equal(n, 1);
		index_close(ix);
	}
	snprintf(path, sizeof(path), "store/runs/%s", two);
	ok(fs_remove_tree(AT_FDCWD, path, &e));
	snprintf(path, sizeof(path), "store/runs/%s", one);
	ok(fs_remove_tree(AT_FDCWD, path, &e));
	ix = must_index(s);
	index_troubles(ix, &n);
	assert_int_equal(n, 0);
	ok(index_runs(ix, a, &runs, &n, &e));
	assert_int_equal(n, 0);
	/* Nobody used them. */
	ok(index_libraries(ix, a, NULL, NULL, &l, &n, &e));
	assert_int_equal(n, 0);
	index_close(ix);
	arena_free(a);
	store_close(s);
}

static void sql(const char *path, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Overwrite the file from an offset on, or cut it there. */
static void damage(const char *path, off_t from, bool cut)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char noise[512];
	struct stat st;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	memset(noise, 0x5a, sizeof(noise));
	if (cut)
		assert_int_equal(ftruncate(fd, from), 0);
	for (; !cut && from < st.st_size; from += sizeof(noise))
		assert_int_equal(
			pwrite(fd, noise, sizeof(noise), from), sizeof(noise));
	close(fd);
}

static void expect_both(struct store *s, const char *how)
{
	struct arena *a = arena_new();
	struct index_content *c;
	struct err e = ERR_INIT;
	struct index_run *runs;
	struct index *ix = must_index(s);
	size_t n;

	ok(index_runs(ix, a, &runs, &n, &e));
	if (n != 2)
		fail_msg("%s: %zu runs", how, n);
	for (size_t i = 0; i < 2; i++) {
		ok(index_contents(ix, a, runs[i].id, INDEX_WROTE, &c, &n, &e));
		if (n != 1)
			fail_msg("%s: %zu outputs", how, n);
	}
	index_close(ix);
	arena_free(a);
}

static void test_damaged(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct stat st;
	char *path;
	run_id id;

	small_run(s, T1, id);
	small_run(s, T2, id);
	expect_both(s, "new");
	path = index_file(a);
	assert_non_null(path);
	for (off_t at = 0; at < 40000; at += at ? 4096 : 100) {
		damage(path, at, false);
		expect_both(s, "noise");
		/* It is made anew, when what had to be read was damaged. */
		if (at < 8192)
			sql(path, "PRAGMA integrity_check");
		damage(path, at, true);
		expect_both(s, "cut");
	}
	unlink(path);
	expect_both(s, "deleted");
	/* Of another version of reprise; a table is missing; wrong rows. */
	sql(path,
		"PRAGMA user_version = 999; DROP TABLE facts;"
		"CREATE TABLE other(x); CREATE VIEW v AS SELECT x FROM other");
	expect_both(s, "another version");
	sql(path, "DROP TABLE contents");
	expect_both(s, "no contents");
	sql(path, "DROP TABLE runs");
	expect_both(s, "no runs");
	sql(path, "DROP TABLE runs; CREATE TABLE runs(id)");
	expect_both(s, "other runs");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_both(s, "a directory");
	assert_int_equal(rmdir(path), 0);
	write_text(path, "");
	assert_int_equal(chmod(path, 0666), 0);
	expect_both(s, "of everybody");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(unlink(path), 0);
	write_text("target", "");
	assert_int_equal(symlink("../target", path), 0);
	expect_both(s, "a link");
	assert_int_equal(stat("target", &st), 0);
	assert_int_equal(st.st_size, 0);
	arena_free(a);
	store_close(s);
}

/* While somebody asks, another makes the file empty, or damages it. */
static void test_damaged_meanwhile(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct index_library *l;
	struct err e = ERR_INIT;
	struct index_run *runs;
	struct index *ix, *other;
	run_id id;
	size_t n;

	small_run(s, T1, id);
	small_run(s, T2, id);
	ix = must_index(s);
	ok(index_runs(ix, a, &runs, &n, &e));
	assert_int_equal(n, 2);
	sql(index_file(a), "DELETE FROM runs; DELETE FROM uses_library");
	ok(index_runs(ix, a, &runs, &n, &e));
	assert_int_equal(n, 2);
	sql(index_file(a), "DROP TABLE uses_library");
	ok(index_libraries(ix, a, NULL, NULL, &l, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(l->runs.count, 2);
	/* What another one adds is seen. */
	small_run(s, T3, id);
	other = must_index(s);
	ok(index_runs(ix, a, &runs, &n, &e));
	assert_int_equal(n, 3);
	damage(index_file(a), 0, false);
	ok(index_runs(ix, a, &runs, &n, &e));
	assert_int_equal(n, 3);
	ok(index_runs(other, a, &runs, &n, &e));
	assert_int_equal(n, 3);
	index_close(other);
	index_close(ix);
	arena_free(a);
	store_close(s);
}

/* Somebody who holds the lock and does not get on is not waited for long. */
static void test_locked(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	sqlite3 *db;
	run_id id;

	small_run(s, T1, id);
	small_run(s, T2, id);
	expect_both(s, "new");
	assert_int_equal(sqlite3_open(index_file(a), &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(
			db, "DELETE FROM runs; DELETE FROM contents; BEGIN EXCLUSIVE",
			NULL, NULL, NULL),
		SQLITE_OK);
	expect_both(s, "locked");
	assert_int_equal(
		sqlite3_exec(db, "COMMIT; BEGIN IMMEDIATE", NULL, NULL, NULL),
		SQLITE_OK);
	/* It can be read, and lacks both. */
	expect_both(s, "locked for writing");
	sqlite3_close(db);
	expect_both(s, "free");
	arena_free(a);
	store_close(s);
}

/* What a child is to do with the index; 0 when it found `want` runs. */
static int count_runs(const char *want)
{
	struct store *s = store_open("store", STORE_READ, NULL);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct index *ix = s ? index_open(s, &e) : NULL;
	struct index_run *runs;
	size_t n = 0;
	int r = 1;

	if (ix && index_runs(ix, a, &runs, &n, &e) == 0 && n == (size_t)atoi(want))
		r = 0;
	else
		fprintf(stderr, "%zu runs: %s\n", n, e.msg);
	index_close(ix);
	arena_free(a);
	if (s)
		store_close(s);
	return r;
}

/* No file can grow beyond one page: as on a full disk. */
static int count_in_small_files(const char *want)
{
	struct rlimit limit = {4096, 4096};

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	return count_runs(want);
}

static int count_as_user(const char *want)
{
	return become_ordinary() ? count_runs(want) : 9;
}

static void test_many_processes(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	pid_t child[6];
	run_id id;

	for (int i = 0; i < 30; i++)
		small_run(s, T1, id);
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < COUNT(child); i++)
			child[i] = start_child("count", "30", NULL);
		for (size_t i = 0; i < COUNT(child); i++)
			assert_int_equal(wait_child(child[i]), 0);
		switch (round) {
		case 0:
			unlink(index_file(a));
			break;
		case 1:
			damage(index_file(a), 0, false);
			break;
		case 2:
			damage(index_file(a), 8192, false);
			break;
		case 3:
			sql(index_file(a), "PRAGMA user_version = 999");
			break;
		}
	}
	arena_free(a);
	store_close(s);
}

/* A killed builder leaves a journal, which the next one rolls back. */
static void test_killed(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	pid_t child;
	run_id id;

	for (int i = 0; i < 20; i++)
		small_run(s, T1, id);
	for (useconds_t after = 500; after < 30000; after += 1500) {
		struct arena *a = arena_new();

		child = start_child("count", "20", NULL);
		usleep(after);
		kill(child, SIGKILL);
		wait_child(child);
		assert_int_equal(wait_child(start_child("count", "20", NULL)), 0);
		unlink(index_file(a));
		arena_free(a);
	}
	store_close(s);
}

/* Any step of sqlite's may fail, once: the answer is right all the same. */
static void test_failing_steps(void **state)
{
	static const char *const faults[] = {"kill", "EIO", "EINVAL"};
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	bool built_in = false;
	run_id id;

	small_run(s, T1, id);
	small_run(s, T2, id);
	for (size_t i = 0; i < COUNT(faults) && (i == 0 || built_in); i++)
		for (int n = 1, status = -1; n < 200 && status != 99; n++) {
			char fault[40], *path;

			snprintf(fault, sizeof(fault), "index.step=%s:%d",
				faults[i], n);
			status = wait_child(start_child("count", "2", fault));
			built_in |= status == -SIGKILL;
			if (!built_in)
				break;
			/* 99: there are no more steps. */
			if (status && status != 99 && status != -SIGKILL)
				fail_msg("%s: status %d", fault, status);
			expect_both(s, fault);
			/* Every second time nothing is there to begin with. */
			path = index_file(a);
			if (n % 2 && path)
				unlink(path);
		}
	arena_free(a);
	store_close(s);
	if (!built_in) {
		print_message("no faults are built in\n");
		skip();
	}
}

static void test_not_writable(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	run_id id;

	small_run(s, T1, id);
	assert_int_equal(wait_child(start_child("count-in-small", "1", NULL)), 0);
	assert_int_equal(listed(s, a, &(struct index_run *){NULL}), 1);
	small_run(s, T2, id);
	/* The first run is in the file, the second one does not fit. */
	assert_int_equal(wait_child(start_child("count-in-small", "2", NULL)), 0);

	/* A cache that is read-only, with a file and without one. */
	assert_int_equal(
		system("chmod -R a+rX,u-w . && chmod go-w reprise/*"), 0);
	assert_int_equal(wait_child(start_child("count-as-user", "2", NULL)), 0);
	assert_int_equal(chmod("reprise", 0700), 0);
	unlink(index_file(a));
	assert_int_equal(chmod("reprise", 0500), 0);
	assert_int_equal(wait_child(start_child("count-as-user", "2", NULL)), 0);
	assert_int_equal(system("chmod -R u+w ."), 0);
	/* No home at all. */
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", "", 1);
	assert_int_equal(listed(s, a, &(struct index_run *){NULL}), 2);
	arena_free(a);
	store_close(s);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *task;
		int (*run)(const char *arg);
	} tasks[] = {
		{"count", count_runs},
		{"count-in-small", count_in_small_files},
		{"count-as-user", count_as_user},
	};
	const struct CMUnitTest tests[] = {
		TEST(test_runs),
		TEST(test_contents),
		TEST(test_links),
		TEST(test_uses),
		TEST(test_changes),
		TEST(test_damaged),
		TEST(test_damaged_meanwhile),
		TEST(test_locked),
		TEST(test_many_processes),
		TEST(test_killed),
		TEST(test_failing_steps),
		TEST(test_not_writable),
	};

	for (size_t i = 0; argc > 2 && i < COUNT(tasks); i++)
		if (strcmp(argv[1], tasks[i].task) == 0)
			return tasks[i].run(argv[2]);

	return cmocka_run_group_tests(tests, NULL, NULL);
}
