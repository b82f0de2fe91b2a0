// SPDX-License-Identifier: Apache-2.0
/* Objects: put, found, damaged, refused; by many at once, killed and full. */
#include "store_help.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#define LARGE ((3 << 20) + 17)

static char *large_bytes(char fill)
{
	char *p = xmalloc(LARGE);

	for (size_t i = 0; i < LARGE; i++)
		p[i] = (char)(fill + (char)(i % 61) + (char)(i >> 16));
	return p;
}

static int fd_with(const void *p, size_t n)
{
	char path[] = "source-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(fs_write_all(fd, p, n), 0);
	return fd;
}

static struct store_batch *must_batch(struct store *s)
{
	struct err e = ERR_INIT;
	struct store_batch *b = store_batch_new(s, &e);

	if (!b)
		fail_msg("store_batch_new: %s", e.msg);
	return b;
}

static void test_put(void **state)
{
	char *large = large_bytes('a');
	const struct {
		const char *what;
		const void *p;
		size_t n;
		uint64_t limit;
		size_t expect;
	} cases[] = {
		{"empty", "", 0, UINT64_MAX, 0},
		{"one byte", "x", 1, UINT64_MAX, 1},
		{"one chunk", large, 1 << 20, UINT64_MAX, 1 << 20},
		{"large", large, LARGE, UINT64_MAX, LARGE},
		{"limit in a small one", large, 1000, 10, 10},
		{"limit 0", large, 1000, 0, 0},
		{"limit in a large one", large, LARGE, 2097153, 2097153},
		{"limit beyond", large, 2000, 3000, 2000},
	};
	struct store *s = must_open("store", STORE_CREATE);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct store_batch *b = must_batch(s);
		int fd = fd_with(cases[i].p, cases[i].n);
		char path[OBJECT_PATH], full[200];
		autostrbuf text = STRBUF_INIT;
		struct put_result r;
		struct digest want;
		struct stat st;

		ok(store_put_fd(b, fd, cases[i].limit, &r, &e));
		digest_bytes(cases[i].p, cases[i].expect, &want);
		assert_true(digest_equal(&r.digest, &want));
		assert_int_equal(r.bytes, cases[i].expect);
		/* Not to be seen before the commit. */
		if (!r.known)
			assert_int_equal(store_has(s, &want, &e), 0);
		ok(store_batch_commit(b, &e));
		assert_int_equal(store_has(s, &want, &e), 1);
		assert_int_equal(store_verify_object(s, &want, &e), 0);
		object_path(&want, path);
		snprintf(full, sizeof(full), "store/objects/%s", path);
		assert_int_equal(fs_slurp(full, &text), 0);
		assert_int_equal(text.len, cases[i].expect);
		assert_int_equal(stat(full, &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0400);
		assert_int_equal(st.st_nlink, 1);
		close(fd);
		store_batch_free(b);
	}
	assert_int_equal(count_entries("store/tmp"), 0);
	store_close(s);
	free(large);
}

static void test_known(void **state)
{
	char *large = large_bytes('b');
	struct store *s = must_open("store", STORE_CREATE);
	struct store_batch *b = must_batch(s);
	struct err e = ERR_INIT;
	uint64_t new_bytes, known_bytes;
	struct put_result r;
	struct digest d;

	ok(store_put_bytes(b, "hello", 5, &r, &e));
	assert_false(r.known);
	ok(store_put_bytes(b, "hello", 5, &r, &e));
	assert_true(r.known);
	ok(store_put_bytes(b, large, LARGE, &r, &e));
	assert_false(r.known);
	ok(store_batch_commit(b, &e));
	store_batch_totals(b, &new_bytes, &known_bytes);
	assert_int_equal(new_bytes, 5 + LARGE);
	assert_int_equal(known_bytes, 5);
	/* A batch can be filled again. */
	int fd = fd_with(large, LARGE);

	ok(store_put_fd(b, fd, UINT64_MAX, &r, &e));
	assert_true(r.known);
	digest_bytes("hello", 5, &d);
	assert_true(store_put_known(b, &d, 5));
	assert_false(store_put_known(b, &d, 6));
	digest_bytes("other", 5, &d);
	assert_false(store_put_known(b, &d, 5));
	ok(store_put_bytes(b, "other", 5, &r, &e));
	assert_false(r.known);
	ok(store_batch_commit(b, &e));
	store_batch_totals(b, &new_bytes, &known_bytes);
	assert_int_equal(new_bytes, 10 + LARGE);
	assert_int_equal(known_bytes, 10 + LARGE);
	assert_int_equal(store_has(s, &d, &e), 1);
	close(fd);
	store_batch_free(b);
	store_close(s);
	free(large);
}

static void test_uncommitted(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	char *before = picture("store"), *after;
	struct store_batch *b = must_batch(s);
	struct err e = ERR_INIT;
	struct put_result r;

	ok(store_put_bytes(b, "gone", 4, &r, &e));
	store_batch_free(b);
	after = picture("store");
	assert_string_equal(before, after);
	free(before);
	free(after);
	store_close(s);
}

static void test_unreadable_source(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct store_batch *b = must_batch(s);
	struct err e = ERR_INIT;
	struct put_result r;
	int fds[2], dir = open(".", O_RDONLY | O_DIRECTORY);

	assert_int_equal(pipe(fds), 0);
	refused(store_put_fd(b, fds[0], UINT64_MAX, &r, &e), "cannot read");
	refused(store_put_fd(b, dir, UINT64_MAX, &r, &e), "cannot read");
	/* Later puts are not hurt. */
	ok(store_put_bytes(b, "fine", 4, &r, &e));
	ok(store_batch_commit(b, &e));
	assert_int_equal(store_verify_object(s, &r.digest, &e), 0);
	store_batch_free(b);
	store_close(s);
	close(dir);
	close(fds[0]);
	close(fds[1]);
}

static void object_file(const struct digest *d, char out[200])
{
	char path[OBJECT_PATH];

	object_path(d, path);
	snprintf(out, 200, "store/objects/%s", path);
}

static void test_damaged(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct digest d = put_text(s, "hello"), none;
	struct err e = ERR_INIT;
	char file[200];

	object_file(&d, file);
	write_text(file, "hullo");
	assert_int_equal(store_verify_object(s, &d, &e), 1);
	assert_non_null(strstr(e.msg, "is damaged"));
	/* Another size is seen by a put, which puts it right. */
	write_text(file, "hell");
	put_text(s, "hello");
	assert_int_equal(store_verify_object(s, &d, &e), 0);
	/* A symbolic link is no object, wherever it leads. */
	write_text("real", "hello");
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("../../../real", file), 0);
	assert_int_equal(store_verify_object(s, &d, &e), 1);
	assert_int_equal(store_open_object(s, &d, &e), -1);
	put_text(s, "hello");
	assert_int_equal(store_verify_object(s, &d, &e), 0);
	digest_bytes("none", 4, &none);
	assert_int_equal(store_has(s, &none, &e), 0);
	assert_int_equal(store_verify_object(s, &none, &e), 1);
	assert_int_equal(store_open_object(s, &none, &e), -1);
	assert_int_equal(e.code, ENOENT);
	store_close(s);
}

static void test_link_in_store(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct store_batch *b = must_batch(s);
	struct err e = ERR_INIT;
	struct put_result r;
	struct digest d;
	char file[200];

	digest_bytes("hello", 5, &d);
	object_file(&d, file);
	*strrchr(file, '/') = 0;
	assert_int_equal(mkdir("elsewhere", 0700), 0);
	assert_int_equal(symlink("../../elsewhere", file), 0);
	ok(store_put_bytes(b, "hello", 5, &r, &e));
	refused(store_batch_commit(b, &e), "is not a directory");
	refused(store_batch_commit(b, &e), "earlier write");
	assert_int_equal(count_entries("elsewhere"), 0);
	store_batch_free(b);
	assert_int_equal(count_entries("store/tmp"), 0);
	store_close(s);
}

static void test_alternates(void **state)
{
	struct store *site = must_open("site", STORE_CREATE), *s;
	struct digest d = put_text(site, "shared");
	char site_objects[100], *before, *after;
	struct err e = ERR_INIT;
	int fd;

	store_close(site);
	assert_int_equal(mkdir("store", 0700), 0);
	assert_int_equal(mkdir("store/objects", 0700), 0);
	snprintf(site_objects, sizeof(site_objects),
		"# the site's\n/nowhere/at/all\n\n%s/site\n", test_dir);
	write_text("store/objects/alternates", site_objects);
	s = must_open("store", STORE_CREATE);
	assert_int_equal(store_alternate_count(s), 1);
	assert_int_equal(store_has(s, &d, &e), 1);
	fd = store_open_object(s, &d, &e);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(store_verify_object(s, &d, &e), 0);
	/* Not stored again. */
	before = picture("store");
	put_text(s, "shared");
	after = picture("store");
	assert_string_equal(before, after);
	put_text(s, "own");
	free(after);
	after = picture("store");
	assert_string_not_equal(before, after);
	free(before);
	free(after);
	store_close(s);
	/* The objects directory itself may be named, too. */
	write_text("store/objects/alternates", "../../site/objects\n");
	s = must_open("store", STORE_READ);
	assert_int_equal(store_has(s, &d, &e), 1);
	store_close(s);
}

static void test_open(void **state)
{
	struct err e = ERR_INIT;
	struct store *s;
	struct stat st;

	assert_null(store_open("none", STORE_READ, &e));
	assert_non_null(strstr(e.msg, "cannot open the store 'none'"));
	assert_null(store_open("none", STORE_WRITE, &e));
	assert_int_equal(access("none", F_OK), -1);
	assert_int_equal(mkdir("home", 0700), 0);
	write_text("home/letter", "dear");
	assert_null(store_open("home", STORE_READ, &e));
	assert_non_null(strstr(e.msg, "is not a store"));
	assert_null(store_open("home", STORE_CREATE, &e));
	assert_non_null(strstr(e.msg, "not empty: it has 'letter'"));
	assert_int_equal(count_entries("home"), 1);
	assert_null(store_open("home/letter", STORE_CREATE, &e));
	s = must_open("deep/er/store", STORE_CREATE);
	assert_int_equal(stat("deep/er/store", &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(stat("deep/er/store/objects", &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	store_close(s);
	/* Reading asks for no more than is there and needed. */
	assert_int_equal(rmdir("deep/er/store/tmp"), 0);
	assert_int_equal(rmdir("deep/er/store/names"), 0);
	s = must_open("deep/er/store", STORE_READ);
	assert_null(store_batch_new(s, &e));
	assert_non_null(strstr(e.msg, "opened for reading only"));
	store_close(s);
	store_close(must_open("deep/er/store", STORE_WRITE));
}

static void test_locate(void **state)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	char want[200];

	unsetenv("REPRISE_STORE");
	setenv("HOME", "/home/x", 1);
	setenv("XDG_DATA_HOME", "relative", 1);
	assert_string_equal(
		store_locate(a, NULL, &e), "/home/x/.local/share/reprise");
	setenv("XDG_DATA_HOME", "/data", 1);
	assert_string_equal(store_locate(a, NULL, &e), "/data/reprise");
	assert_int_equal(mkdir("project", 0700), 0);
	assert_int_equal(mkdir("project/.reprise", 0700), 0);
	assert_int_equal(mkdir("project/src", 0700), 0);
	assert_int_equal(chdir("project/src"), 0);
	snprintf(want, sizeof(want), "%s/project/.reprise", test_dir);
	assert_string_equal(store_locate(a, NULL, &e), want);
	/* A link may lead anywhere: it does not count. */
	assert_int_equal(symlink("/tmp", ".reprise"), 0);
	assert_string_equal(store_locate(a, NULL, &e), want);
	setenv("REPRISE_STORE", "/env", 1);
	assert_string_equal(store_locate(a, NULL, &e), "/env");
	assert_string_equal(store_locate(a, "/opt", &e), "/opt");
	snprintf(want, sizeof(want), "%s/project/src/rel", test_dir);
	assert_string_equal(store_locate(a, "rel", &e), want);
	assert_null(store_locate(a, "", &e));
	unsetenv("REPRISE_STORE");
	assert_int_equal(chdir(test_dir), 0);
	arena_free(a);
}

/* Many processes and threads store the same 300 contents at once. */

#define CONTENTS 300

struct crowd {
	struct store_batch *b;
	unsigned shift;
	int failures;
};

static void *put_crowd(void *arg)
{
	struct crowd *c = arg;
	struct put_result r;
	char text[32];

	for (unsigned i = 0; i < CONTENTS; i++) {
		int n = snprintf(text, sizeof(text), "content %u",
			(i + c->shift) % CONTENTS);

		if (store_put_bytes(c->b, text, (size_t)n, &r, NULL) < 0)
			__atomic_fetch_add(&c->failures, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int task_crowd(const char *arg)
{
	struct err e = ERR_INIT;
	struct store *s = store_open("store", STORE_CREATE, &e);
	struct crowd c = {.shift = (unsigned)atoi(arg)};
	pthread_t threads[4];

	c.b = s ? store_batch_new(s, &e) : NULL;
	if (!c.b)
		return 1;
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_create(&threads[i], NULL, put_crowd, &c);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	if (c.failures || store_batch_commit(c.b, &e) < 0)
		return 2;
	store_batch_free(c.b);
	store_close(s);
	return 0;
}

static void test_many_at_once(void **state)
{
	pid_t pids[6];
	struct err e = ERR_INIT;
	struct store *s;
	char text[32];

	for (size_t i = 0; i < COUNT(pids); i++) {
		snprintf(text, sizeof(text), "%zu", i * 37);
		pids[i] = start_child("crowd", text, NULL);
	}
	for (size_t i = 0; i < COUNT(pids); i++)
		assert_int_equal(wait_child(pids[i]), 0);
	s = must_open("store", STORE_READ);
	for (unsigned i = 0; i < CONTENTS; i++) {
		struct digest d;
		int n = snprintf(text, sizeof(text), "content %u", i);

		digest_bytes(text, (size_t)n, &d);
		assert_int_equal(store_verify_object(s, &d, &e), 0);
	}
	assert_int_equal(count_entries("store/tmp"), 0);
	store_close(s);
}

/* Two small contents and a large one; fails as the fault says. */
static int task_put(const char *arg)
{
	char *large = large_bytes('c');
	struct err e = ERR_INIT;
	struct store *s = store_open("store", STORE_WRITE, &e);
	struct store_batch *b = s ? store_batch_new(s, &e) : NULL;
	struct put_result r;
	int fd = fd_with(large, LARGE), failed;

	failed = !b || store_put_bytes(b, "one", 3, &r, &e) < 0 ||
		 store_put_fd(b, fd, UINT64_MAX, &r, &e) < 0 ||
		 store_put_bytes(b, "two", 3, &r, &e) < 0 ||
		 store_batch_commit(b, &e) < 0;
	store_batch_free(b);
	store_close(s);
	close(fd);
	free(large);
	if (!failed)
		return 0;
	return e.code == ENOSPC ? 28 : 5;
}

static size_t check_all_objects(void)
{
	static const char *const texts[] = {"one", "two"};
	char *large = large_bytes('c');
	struct store *s = must_open("store", STORE_WRITE);
	struct err e = ERR_INIT;
	struct digest d;
	size_t n = 0;

	for (size_t i = 0; i <= COUNT(texts); i++) {
		if (i < COUNT(texts))
			digest_bytes(texts[i], 3, &d);
		else
			digest_bytes(large, LARGE, &d);
		if (store_has(s, &d, &e) == 1) {
			assert_int_equal(store_verify_object(s, &d, &e), 0);
			n++;
		}
	}
	/* Opening for writing removed what the dead one left. */
	assert_int_equal(count_entries("store/tmp"), 0);
	store_close(s);
	free(large);
	return n;
}

static void test_killed(void **state)
{
	static const struct {
		const char *fault;
		size_t objects;
	} cases[] = {
		{"store.scratch=kill", 0},
		{"store.create=kill", 0},
		{"store.write=kill", 0},
		{"store.write=kill:3", 0},
		{"store.write=kill:6", 0},
		{"store.fsync=kill", 0},
		{"store.fsync=kill:3", 0},
		{"store.rename=kill", 0},
		{"store.rename=kill:2", 1},
		{"store.rename=kill:3", 2},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		store_close(must_open("store", STORE_CREATE));
		assert_int_equal(
			wait_child(start_child("put", "", cases[i].fault)),
			-SIGKILL);
		assert_true(count_entries("store/tmp") > 0);
		assert_int_equal(check_all_objects(), cases[i].objects);
		assert_int_equal(fs_remove_tree(AT_FDCWD, "store", NULL), 0);
	}
}

static void test_failing(void **state)
{
	static const struct {
		const char *fault;
		int status;
		size_t objects;
	} cases[] = {
		{"store.scratch=ENOSPC", 28, 0},
		{"store.create=ENOSPC", 28, 0},
		{"store.create=EIO:2", 5, 0},
		{"store.write=ENOSPC:3", 28, 0},
		{"store.fsync=EIO:2", 5, 0},
		{"store.fsync=ENOSPC", 28, 0},
		{"store.rename=ENOSPC:2", 28, 1},
		{"store.space=ENOSPC", 28, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		store_close(must_open("store", STORE_CREATE));
		assert_int_equal(
			wait_child(start_child("put", "", cases[i].fault)),
			cases[i].status);
		/* It cleaned up itself. */
		assert_int_equal(count_entries("store/tmp"), 0);
		assert_int_equal(check_all_objects(), cases[i].objects);
		assert_int_equal(fs_remove_tree(AT_FDCWD, "store", NULL), 0);
	}
}

/* What others put there a moment ago: 5 when it had to be synced once more. */
static int task_known(const char *arg)
{
	struct err e = ERR_INIT;
	struct store *s = store_open("store", STORE_WRITE, &e);
	struct store_batch *b = s ? store_batch_new(s, &e) : NULL;
	struct digest d;
	int r = 1;

	digest_bytes("one", 3, &d);
	if (b && store_put_known(b, &d, 3))
		r = store_batch_commit(b, &e) < 0 ? 5 : 0;
	store_batch_free(b);
	store_close(s);
	/* Not by exit(3), which would say that the fault was not hit. */
	_exit(r);
}

/*
 * A name that another writer gave is on the disk when that writer is done; as
 * long as there is one it may not be.
 */
static void test_sync_of_others(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	const char *fault = "store.fsync=EIO";
	struct store_batch *b;

	assert_int_equal(wait_child(start_child("put", "", NULL)), 0);
	assert_int_equal(wait_child(start_child("known", "", fault)), 0);
	b = must_batch(s);
	assert_int_equal(wait_child(start_child("known", "", fault)), 5);
	store_batch_free(b);
	assert_int_equal(wait_child(start_child("known", "", fault)), 0);
	store_close(s);
}

/* What a living writer has in tmp/ is not touched by another's opening. */
static void test_living_neighbour(void **state)
{
	struct store *s = must_open("store", STORE_CREATE);
	struct store_batch *b = must_batch(s);
	struct err e = ERR_INIT;
	struct put_result r;

	ok(store_put_bytes(b, "mine", 4, &r, &e));
	assert_int_equal(wait_child(start_child("put", "", NULL)), 0);
	ok(store_batch_commit(b, &e));
	assert_int_equal(store_verify_object(s, &r.digest, &e), 0);
	store_batch_free(b);
	store_close(s);
}

static bool write_to(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY);

	return fd >= 0 && fs_write_all(fd, text, strlen(text)) == 0;
}

/* Root in a user and a mount namespace of its own. */
static bool own_mounts(void)
{
	char map[32], gids[32];

	if (geteuid() == 0)
		return unshare(CLONE_NEWNS) == 0;
	snprintf(map, sizeof(map), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	return write_to("/proc/self/uid_map", map) &&
	       write_to("/proc/self/setgroups", "deny") &&
	       write_to("/proc/self/gid_map", gids);
}

/* A file system of 20 MB of its own: 0 when storing stops in time. */
static int task_small_disk(const char *arg)
{
	char *large = large_bytes('d');
	struct err e = ERR_INIT;
	struct put_result r;
	struct store_batch *b;
	struct store *s;
	struct statfs f;
	unsigned n = 0;

	if (!own_mounts() ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mkdir("disk", 0700) < 0 ||
		mount("small", "disk", "tmpfs", 0, "size=20m") < 0)
		return 77;
	s = store_open("disk/store", STORE_CREATE, &e);
	b = s ? store_batch_new(s, &e) : NULL;
	if (!b)
		return 1;
	for (; n < 20; n++) {
		large[0] = (char)n;
		if (store_put_bytes(b, large, 1 << 20, &r, &e) < 0)
			break;
	}
	if (n == 20 || n < 12 || e.code != ENOSPC ||
		!strstr(e.msg, "under 5 % free"))
		return 2;
	if (statfs("disk", &f) < 0 || f.f_bavail < f.f_blocks / 20)
		return 3;
	/* What fits is stored all the same. */
	if (store_batch_commit(b, &e) < 0)
		return 4;
	store_batch_free(b);
	store_close(s);
	free(large);
	return 0;
}

static void test_small_disk(void **state)
{
	int status = wait_child(start_child("small_disk", "", NULL));

	if (status == 77) {
		print_message("skipped: no mount namespace here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

/* As an ordinary user: a directory that may not be written to. */
static int task_read_only(const char *arg)
{
	struct err e = ERR_INIT;
	struct store *s;
	struct digest d;

	if (!become_ordinary())
		return 1;
	s = store_open("store", STORE_WRITE, &e);
	if (s || !strstr(e.msg, "cannot write to the store"))
		return 2;
	s = store_open("store", STORE_READ, &e);
	digest_bytes("hello", 5, &d);
	if (!s || store_has(s, &d, &e) != 1)
		return 3;
	store_close(s);
	return 0;
}

static void test_read_only(void **state)
{
	static const char *const dirs[] = {"store/objects", "store/runs",
		"store/names", "store/tmp", "store"};
	struct store *s = must_open("store", STORE_CREATE);

	put_text(s, "hello");
	store_close(s);
	assert_int_equal(chmod(".", 0755), 0);
	for (size_t i = 0; i < COUNT(dirs); i++)
		assert_int_equal(chmod(dirs[i], 0555), 0);
	assert_int_equal(chmod("store/objects/2c", 0555), 0);
	assert_int_equal(wait_child(start_child("read_only", "", NULL)), 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*task)(const char *arg);
	} tasks[] = {
		{"crowd", task_crowd},
		{"put", task_put},
		{"known", task_known},
		{"small_disk", task_small_disk},
		{"read_only", task_read_only},
	};
	const struct CMUnitTest tests[] = {
		TEST(test_put),
		TEST(test_known),
		TEST(test_uncommitted),
		TEST(test_unreadable_source),
		TEST(test_damaged),
		TEST(test_link_in_store),
		TEST(test_alternates),
		TEST(test_open),
		TEST(test_locate),
		TEST(test_many_at_once),
		TEST(test_killed),
		TEST(test_failing),
		TEST(test_living_neighbour),
		TEST(test_sync_of_others),
		TEST(test_small_disk),
		TEST(test_read_only),
	};

	for (size_t i = 0; argc > 2 && i < COUNT(tasks); i++)
		if (strcmp(argv[1], tasks[i].name) == 0)
			return tasks[i].task(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
