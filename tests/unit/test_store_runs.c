// SPDX-License-Identifier: Apache-2.0
/* Runs: made, published whole or not at all, listed, named and found. */
#include "store_help.h"

#include "store/journal.h"

#include <signal.h>
#include <time.h>

static const struct test_run plain = {.text = "data"};

static void test_life(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	autostrbuf manifest = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct run_entry *list;
	struct strlist dead;
	struct journal *j;
	struct run_dir r;
	struct stat st;
	char path[100], id[RUN_ID_LEN + 1];
	size_t n;

	ok(run_create(s, &r, &e));
	assert_true(run_is_id(r.id));
	assert_int_equal(r.id[14], '4');
	/* Only just made: neither published nor dead. */
	ok(runs_list(s, a, true, &list, &n, &e));
	assert_int_equal(n, 1);
	assert_false(list[0].published || list[0].dead);
	j = journal_create(r.fd, RUN_JOURNAL, &e);
	assert_non_null(j);
	ok(runs_list(s, a, true, &list, &n, &e));
	assert_false(list[0].published || list[0].dead);
	journal_close(j);
	ok(runs_list(s, a, true, &list, &n, &e));
	assert_true(list[0].dead);
	ok(runs_list(s, a, false, &list, &n, &e));
	assert_int_equal(n, 0);
	refused(run_find(s, r.id, id, &e), "is not finished");
	refused(run_find(s, "@", id, &e), "there is no run '@'");
	refused(run_set_name(s, "x", r.id, &e), "cannot name run");

	make_files(s, &plain, &r, &manifest);
	ok(run_publish(s, &r, manifest.s, manifest.len, &e));
	ok(runs_list(s, a, false, &list, &n, &e));
	assert_int_equal(n, 1);
	assert_true(list[0].published && !list[0].dead && !list[0].name);
	assert_string_equal(list[0].started, "2026-01-02T03:04:05.000006Z");
	assert_string_equal(list[0].status, "completed");
	ok(run_find(s, r.id, id, &e));
	snprintf(path, sizeof(path), "store/runs/%s", r.id);
	assert_int_equal(count_entries(path), 2);
	assert_int_equal(fstatat(r.fd, RUN_MANIFEST, &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0400);
	assert_int_equal(fstatat(r.fd, RUN_FILES, &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0400);
	run_dir_release(&r);

	ok(run_create(s, &r, &e));
	assert_int_equal(count_entries("store/runs"), 2);
	ok(run_abandon(s, &r, &e));
	run_dir_release(&r);
	assert_int_equal(count_entries("store/runs"), 1);

	/* Its maker died before it could begin. */
	ok(run_create(s, &r, &e));
	ok(runs_dead(s, a, &dead, &e));
	assert_int_equal(count_entries("store/runs"), 2);
	assert_int_equal(futimens(r.fd, (struct timespec[2]){{1, 0}, {1, 0}}), 0);
	ok(runs_dead(s, a, &dead, &e));
	assert_int_equal(dead.count, 0);
	assert_int_equal(count_entries("store/runs"), 1);
	run_dir_release(&r);
	refused(run_open(s, "../../etc", &r, &e), "'../../etc' is not a run");
	refused(run_open(s, "01234567-89ab-4cde-8f01-23456789abcd", &r, &e),
		"there is no run '01234567-");
	assert_int_equal(e.code, ENOENT);
	arena_free(a);
	store_close(s);
}

static int task_publish(const char *id)
{
	struct store *s = store_open("store", STORE_WRITE, NULL);
	autostrbuf text = STRBUF_INIT;
	struct err e = ERR_INIT;
	struct run_dir r;
	int failed;

	if (!s || run_open(s, id, &r, &e) < 0 || fs_slurp("manifest", &text) < 0)
		return 1;
	failed = run_publish(s, &r, text.s, text.len, &e);
	run_dir_release(&r);
	store_close(s);
	if (!failed)
		return 0;
	return e.code == ENOSPC ? 28 : 5;
}

/* Killed or failing at any step: published and whole, or not published. */
static void test_torn_publish(void **state)
{
	static const struct {
		const char *fault;
		int status;
		bool published;
	} cases[] = {
		{"run.files=kill", -SIGKILL, false},
		{"run.sync=kill", -SIGKILL, false},
		{"run.manifest=kill", -SIGKILL, false},
		{"run.publish=kill", -SIGKILL, false},
		{"run.journal=kill", -SIGKILL, true},
		{"run.files=ENOSPC", 28, false},
		{"run.sync=EIO", 5, false},
		{"run.manifest=ENOSPC", 28, false},
		{"run.publish=EIO", 5, false},
		{"run.journal=EIO", 0, true},
	};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct store *s = must_open("store", STORE_CREATE);
		struct arena *a = arena_new();
		autostrbuf text = STRBUF_INIT;
		struct manifest m;
		struct run_dir r;
		char id[RUN_ID_LEN + 1];

		ok(run_create(s, &r, &e));
		journal_close(journal_create(r.fd, RUN_JOURNAL, &e));
		make_files(s, &plain, &r, &text);
		write_text("manifest", text.s);
		assert_int_equal(
			wait_child(start_child("publish", r.id, cases[i].fault)),
			cases[i].status);
		if (cases[i].published) {
			int fd;

			ok(run_find(s, "@", id, &e));
			ok(run_read_manifest(s, id, a, &m, &e));
			fd = run_open_files(s, id, &m, &e);
			assert_true(fd >= 0);
			close(fd);
		} else {
			refused(run_find(s, "@", id, &e), "no run");
			/* The journal still tells the story. */
			assert_int_equal(
				journal_is_live(r.fd, RUN_JOURNAL, &e), 0);
		}
		run_dir_release(&r);
		arena_free(a);
		store_close(s);
		ok(fs_remove_tree(AT_FDCWD, "store", &e));
	}
}

static void replace_in(const char *path, const char *old, const char *new)
{
	autostrbuf text = STRBUF_INIT, out = STRBUF_INIT;
	char *at;

	assert_int_equal(fs_slurp(path, &text), 0);
	at = strstr(text.s, old);
	assert_non_null(at);
	strbuf_add(&out, text.s, (size_t)(at - text.s));
	strbuf_adds(&out, new);
	strbuf_adds(&out, at + strlen(old));
	write_text(path, out.s);
}

static void test_damaged(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct run_entry *list;
	struct manifest m;
	char id[RUN_ID_LEN + 1], found[RUN_ID_LEN + 1], other[RUN_ID_LEN + 1];
	char path[120];
	size_t n;

	make_run(s, &plain, id);
	ok(run_read_manifest(s, id, a, &m, &e));
	snprintf(path, sizeof(path), "store/runs/%s/files.yaml", id);
	replace_in(path, "\"/p/in\"", "\"/p/iN\"");
	refused(run_open_files(s, id, &m, &e), "files.yaml' is damaged");
	snprintf(path, sizeof(path), "store/runs/%s/manifest.yaml", id);
	replace_in(path, "umask", "umusk");
	refused(run_read_manifest(s, id, a, &m, &e), "manifest.yaml:");
	/* The listing reads less: it does not mind. */
	ok(run_find(s, "@", found, &e));
	replace_in(path, "run:", "run: [");
	ok(runs_list(s, a, false, &list, &n, &e));
	assert_int_equal(n, 1);
	assert_non_null(list[0].trouble);
	assert_non_null(strstr(list[0].trouble, "manifest.yaml:"));
	assert_string_equal(list[0].started, "");
	refused(run_find(s, "@", found, &e), "it has 0");
	/* By its id it is still there to be looked at. */
	ok(run_find(s, id, found, &e));
	/* A manifest that was put where another's belongs. */
	make_run(s, &plain, other);
	snprintf(path, sizeof(path),
		"cp -f store/runs/%s/manifest.yaml store/runs/%s/", other, id);
	assert_int_equal(system(path), 0);
	refused(run_read_manifest(s, id, a, &m, &e),
		"the manifest of another run");
	arena_free(a);
	store_close(s);
}

static void make_named(struct store *s, const char *name, unsigned hour,
	char id[RUN_ID_LEN + 1])
{
	struct test_run t = plain;
	struct err e = ERR_INIT;
	char started[40];

	snprintf(started, sizeof(started), "2026-01-02T%02u:00:00.000000Z", hour);
	t.started = started;
	t.name = name;
	make_run(s, &t, id);
	if (name)
		ok(run_set_name(s, name, id, &e));
}

/* An id of our choosing: a copy of the run under it. */
static void make_twin(const char *id, const char *twin)
{
	char command[400];

	snprintf(command, sizeof(command),
		"cp -r store/runs/%s store/runs/%s && "
		"chmod u+w store/runs/%s/* && sed -i s/%s/%s/ "
		"store/runs/%s/manifest.yaml",
		id, twin, twin, id, twin, twin);
	assert_int_equal(system(command), 0);
}

static void test_find(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct err e = ERR_INIT;
	char first[RUN_ID_LEN + 1], second[RUN_ID_LEN + 1];
	char third[RUN_ID_LEN + 1], found[RUN_ID_LEN + 1], part[20];
	static const char twin_a[] = "abcd0000-89ab-4cde-8f01-23456789abcd";
	static const char twin_b[] = "abcd1111-89ab-4cde-8f01-23456789abcd";
	struct {
		const char *what, *id;
	} good[] = {
		{"@", third},
		{"@~0", third},
		{"@~1", second},
		{first, first},
		{"train", first},
		{"features/users@v3", second},
		{part, second},
		{"abcd0", twin_a},
		{"abcd1111-89", twin_b},
	};
	static const struct {
		const char *what, *text;
	} bad[] = {
		{"@~9", "there is no run '@~9' in the store"},
		{"@~", "'@~' is neither '@' nor '@~N'"},
		{"@x", "'@x' is neither"},
		{"@~1x", "'@~1x' is neither"},
		{"nothing", "there is no run 'nothing' in the store 'store'"},
		{"ffffff", "there is no run 'ffffff'"},
		{"abc", "there is no run 'abc'"},
		{"", "there is no run ''"},
		{"../names/train", "there is no run '../names/train'"},
		{"features", "there is no run 'features'"},
		{"train/x", "there is no run 'train/x'"},
		{"ffffffff-89ab-4cde-8f01-23456789abcd", "there is no run"},
		{"abcd", "'abcd' is ambiguous: abcd"},
		{"abcd", "abcd0000-89ab (train, 2026-01-02T01:00:00.000000Z)"},
		{"abcd", "abcd1111-89ab (train, 2026-01-02T01:00:00.000000Z)"},
	};

	make_named(s, "train", 1, first);
	make_twin(first, twin_a);
	make_twin(first, twin_b);
	make_named(s, "features/users@v3", 2, second);
	make_named(s, NULL, 3, third);
	snprintf(part, sizeof(part), "%.13s", second);
	for (size_t i = 0; i < COUNT(good); i++) {
		e.msg[0] = 0;
		if (run_find(s, good[i].what, found, &e) < 0 ||
			strcmp(found, good[i].id) != 0)
			fail_msg("'%s': %s", good[i].what, e.msg);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(run_find(s, bad[i].what, found, &e), bad[i].text);
	/* A name means another run from now on. */
	ok(run_set_name(s, "train", third, &e));
	ok(run_find(s, "train", found, &e));
	assert_string_equal(found, third);
	/* A name that is also the beginning of another run's id. */
	ok(run_set_name(s, "abcd0", third, &e));
	refused(run_find(s, "abcd0", found, &e), "'abcd0' is ambiguous");
	ok(run_set_name(s, "abcd0", twin_a, &e));
	ok(run_find(s, "abcd0", found, &e));
	/* A run that has gone, and a name that holds nonsense. */
	write_text("store/names/train", "../../etc/passwd, which is no run\n");
	refused(run_find(s, "train", found, &e), "names/train' is damaged");
	write_text(
		"store/names/train", "ffffffff-89ab-4cde-8f01-23456789abcd\n");
	refused(run_find(s, "train", found, &e), "not in the store");
	store_close(s);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"", "/", "/a", "a/", "a//b", ".",
		"..", "a/../b", "a/.b", ".a", "@", "@x", "a/@x", "~1", "-n",
		"a:b", "a\nb", "a\x7f", "x.tmp", "y.tmp/z",
		"01234567-89ab-4cde-8f01-23456789abcd"};
	static const char *const good[] = {"a", "a.b", "train 2", "20240501",
		"a/b/c", "\xc3\xa9t\xc3\xa9", "x@v3", "a-b", "cafe"};
	struct store *s = must_open("store", STORE_CREATE);
	struct err e = ERR_INIT;
	char id[RUN_ID_LEN + 1], found[RUN_ID_LEN + 1], longer[400], *before,
		*after;

	make_run(s, &plain, id);
	before = picture("store");
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(run_set_name(s, bad[i], id, &e), "bad name");
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	refused(run_set_name(s, longer, id, &e), "is longer than");
	longer[240] = 0;
	refused(run_set_name(s, longer, id, &e), "too long");
	refused(run_set_name(s, "x", "ffffffff-89ab-4cde-8f01-23456789abcd", &e),
		"cannot name run");
	after = picture("store");
	assert_string_equal(before, after);
	free(before);
	free(after);
	/* Nothing is written through a link. */
	assert_int_equal(mkdir("elsewhere", 0700), 0);
	assert_int_equal(symlink("../../elsewhere", "store/names/link"), 0);
	refused(run_set_name(s, "link/x", id, &e), "cannot set the name");
	assert_int_equal(count_entries("elsewhere"), 0);
	for (size_t i = 0; i < COUNT(good); i++) {
		/* "a" is a name by now, and no directory. */
		if (strcmp(good[i], "a/b/c") == 0) {
			refused(run_set_name(s, good[i], id, &e),
				"cannot set the name 'a/b/c'");
			continue;
		}
		ok(run_set_name(s, good[i], id, &e));
		ok(run_find(s, good[i], found, &e));
		assert_string_equal(found, id);
	}
	store_close(s);
}

static void test_list_names(void **state)
{
	static const char *const good[] = {"z", "a/b/c", "a/d", "a/b/x"};
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct name_entry *names;
	char id[RUN_ID_LEN + 1];
	size_t n;

	names_list(s, a, &names, &n);
	assert_int_equal(n, 0);
	make_run(s, &plain, id);
	for (size_t i = 0; i < COUNT(good); i++)
		ok(run_set_name(s, good[i], id, &e));
	ok(name_set(s, "set", id, "/p/out", &e));
	/* Neither names nor of any harm to them. */
	write_text("store/names/damaged", "nonsense\n");
	write_text("store/names/being-written.tmp", id);
	assert_int_equal(symlink("a", "store/names/link"), 0);
	names_list(s, a, &names, &n);
	assert_int_equal(n, 5);
	assert_string_equal(names[0].name, "a/b/c");
	assert_string_equal(names[1].name, "a/b/x");
	assert_string_equal(names[2].name, "a/d");
	assert_string_equal(names[3].name, "set");
	assert_string_equal(names[3].path, "/p/out");
	assert_string_equal(names[4].name, "z");
	assert_string_equal(names[4].id, id);
	assert_null(names[4].path);
	arena_free(a);
	store_close(s);
}

static void test_many(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct timespec t0, t1;
	struct run_entry *list;
	char id[RUN_ID_LEN + 1];
	size_t n;

	for (unsigned i = 0; i < 24; i++)
		make_named(s, i % 2 ? "odd" : NULL, (i * 7) % 24, id);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	ok(runs_list(s, a, true, &list, &n, &e));
	clock_gettime(CLOCK_MONOTONIC, &t1);
	print_message("%.0f us a run\n",
		((double)(t1.tv_sec - t0.tv_sec) * 1e6 +
			(double)(t1.tv_nsec - t0.tv_nsec) / 1e3) /
			24);
	assert_int_equal(n, 24);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(atoi(list[i].started + 11), 23 - (int)i);
		/* Hours of odd runs are odd: 7 and 24 keep the parity. */
		assert_int_equal(list[i].name != NULL, (23 - i) % 2);
	}
	arena_free(a);
	store_close(s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life),
		TEST(test_torn_publish),
		TEST(test_damaged),
		TEST(test_find),
		TEST(test_names),
		TEST(test_list_names),
		TEST(test_many),
	};

	if (argc > 2 && strcmp(argv[1], "publish") == 0)
		return task_publish(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
