// SPDX-License-Identifier: Apache-2.0
/* Contents settled after a run: stored, by reference, changed, unreadable. */
#include "store_help.h"

#include "capture/contents.h"
#include "store/digest_cache.h"

#include <time.h>

static struct store *store;

static int setup(void **state)
{
	if (help_setup(state) < 0)
		return -1;
	store = must_open("store", STORE_CREATE);
	return 0;
}

static int teardown(void **state)
{
	store_close(store);
	return help_teardown(state);
}

/* The file as it is now, expected to stay so. */
static struct content wanted(const char *path)
{
	struct content c = {.path = path, .limit = UINT64_MAX};

	state_of(AT_FDCWD, path, &c.expect);
	return c;
}

static void settle(struct content *items, size_t n, struct digest_cache *cache)
{
	struct err e = ERR_INIT;
	struct store_batch *b = store_batch_new(store, &e);
	size_t pending = 99;

	assert_non_null(b);
	ok(contents_settle(b, cache, items, n, NULL, &pending, &e));
	assert_int_equal(pending, 0);
	store_batch_free(b);
}

static bool is_content(const struct digest *d, const char *text)
{
	struct digest want;

	digest_bytes(text, strlen(text), &want);
	return digest_equal(d, &want);
}

static bool in_store(const char *text)
{
	struct digest d;

	digest_bytes(text, strlen(text), &d);
	return store_has(store, &d, NULL) == 1;
}

static void test_plain(void **state)
{
	struct content c[3];

	write_text("a", "one");
	write_text("b", "two");
	write_text("c", "one");
	c[0] = wanted("a");
	c[1] = wanted("b");
	c[1].by_reference = true;
	c[2] = wanted("c");
	settle(c, 3, NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(c[i].outcome, CONTENT_OK);
	assert_true(is_content(&c[0].digest, "one") && c[0].stored);
	assert_true(is_content(&c[1].digest, "two") && !c[1].stored);
	assert_true(is_content(&c[2].digest, "one") && c[2].stored);
	assert_true(in_store("one"));
	assert_false(in_store("two"));
	settle(NULL, 0, NULL);
}

static void test_limit(void **state)
{
	struct content c[2];

	/* Only appended to: its first bytes are what was read. */
	write_text("a", "first");
	c[0] = wanted("a");
	c[0].limit = c[0].expect.size;
	c[1] = c[0];
	c[1].by_reference = true;
	write_text("a", "first and more");
	settle(c, 2, NULL);
	assert_int_equal(c[0].outcome, CONTENT_OK);
	assert_true(c[0].stored && is_content(&c[0].digest, "first"));
	assert_int_equal(c[1].outcome, CONTENT_OK);
	assert_true(is_content(&c[1].digest, "first"));
}

static void test_changed(void **state)
{
	struct content c[2];

	write_text("a", "old");
	c[0] = wanted("a");
	write_text("a", "new");
	write_text("b", "old");
	c[1] = wanted("b");
	usleep(20000);
	assert_int_equal(truncate("b", 1), 0);
	settle(c, 2, NULL);
	assert_int_equal(c[0].outcome, CONTENT_CHANGED);
	assert_true(is_content(&c[0].digest, "new"));
	assert_int_equal(c[1].outcome, CONTENT_CHANGED);
}

static void test_unreadable(void **state)
{
	struct content c[5];
	size_t n = 4;

	write_text("a", "x");
	c[0] = wanted("a");
	unlink("a");
	assert_int_equal(mkdir("d", 0700), 0);
	c[1] = wanted("d");
	assert_int_equal(symlink("d", "l"), 0);
	c[2] = wanted("l");
	/* A pipe that nobody writes into must not hold us. */
	assert_int_equal(mkfifo("p", 0600), 0);
	c[3] = wanted("p");
	if (geteuid() != 0) {
		write_text("closed", "x");
		chmod("closed", 0);
		c[n++] = wanted("closed");
	}
	settle(c, n, NULL);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(c[i].outcome, CONTENT_UNREADABLE);
	assert_int_equal(c[0].error, ENOENT);
	assert_int_equal(c[2].error, ELOOP);
	if (n > 4)
		assert_int_equal(c[4].error, EACCES);
}

static bool digest_file(const char *path, struct digest *d)
{
	struct err e = ERR_INIT;
	autoclose int fd = open(path, O_RDONLY);

	return fd >= 0 && digest_fd(fd, d, NULL, &e) == 0;
}

static struct digest_key key_of(const char *path)
{
	struct state st;

	assert_int_equal(state_of(AT_FDCWD, path, &st), 0);
	return (struct digest_key){
		st.dev, st.ino, st.size, state_mtime(&st), st.ctime};
}

static void test_cache(void **state)
{
	struct err e = ERR_INIT;
	struct digest_cache *cache = digest_cache_open("cache", &e);
	struct digest_key key;
	struct content c;
	struct digest d;
	int fd;

	assert_non_null(cache);
	/* A file that has just changed is not remembered. */
	write_text("a", "quiet");
	key = key_of("a");
	c = wanted("a");
	settle(&c, 1, cache);
	assert_int_equal(digest_cache_get(cache, &key, &d), 0);
	sleep(3);
	/* Nor one that somebody may be writing. */
	fd = open("a", O_WRONLY);
	settle(&c, 1, cache);
	assert_int_equal(digest_cache_get(cache, &key, &d), 0);
	close(fd);
	settle(&c, 1, cache);
	assert_int_equal(digest_cache_get(cache, &key, &d), 1);
	assert_true(is_content(&d, "quiet"));

	/* What is remembered is taken, if the store still has it. */
	digest_bytes("quiet", 5, &d);
	c.stored = false;
	settle(&c, 1, cache);
	assert_true(c.stored && digest_equal(&c.digest, &d));
	digest_bytes("wrong", 5, &d);
	digest_cache_put(cache, &key, &d);
	c.by_reference = true;
	settle(&c, 1, cache);
	assert_true(digest_equal(&c.digest, &d));
	c.by_reference = false;
	settle(&c, 1, cache);
	assert_true(is_content(&c.digest, "quiet") && c.stored);
	/* Not for a part of it, nor when it is not what was read. */
	digest_cache_put(cache, &key, &d);
	c.limit = 2;
	c.by_reference = true;
	settle(&c, 1, cache);
	assert_true(is_content(&c.digest, "qu"));
	c.limit = UINT64_MAX;
	c.expect.mtime_ns ^= 1;
	settle(&c, 1, cache);
	assert_int_equal(c.outcome, CONTENT_CHANGED);
	assert_true(is_content(&c.digest, "quiet"));
	digest_cache_close(cache);
}

static bool at_once(void *arg)
{
	++*(unsigned *)arg;
	return true;
}

static void test_out_of_time(void **state)
{
	struct err e = ERR_INIT;
	struct store_batch *b = store_batch_new(store, &e);
	unsigned asked = 0;
	struct content_limit limit = {at_once, &asked};
	struct content c[2];
	size_t pending = 0;

	write_text("a", "one");
	c[0] = c[1] = wanted("a");
	c[1].path = "none";
	ok(contents_settle(b, NULL, c, 2, &limit, &pending, &e));
	store_batch_free(b);
	assert_true(asked > 0);
	assert_int_equal(c[0].outcome, CONTENT_PENDING);
	assert_false(c[0].stored || in_store("one"));
	assert_true(pending >= 1);
}

/* What somebody else does to a file while it is hashed. */

enum deed { APPEND, TRUNCATE, REWRITE, REPLACE, REMOVE, SHUT };

struct vandal {
	enum deed deed;
	unsigned asked, when;
};

#define MIB ((size_t)1 << 20)

static void write_bytes(const char *path, int flags, size_t n, char c)
{
	int fd = open(path, O_WRONLY | flags, 0600);
	char *buf = xmalloc(n);

	memset(buf, c, n);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, buf, n), 0);
	free(buf);
	close(fd);
}

static void do_deed(enum deed deed)
{
	/* So that the times differ from those of its making. */
	usleep(20000);
	switch (deed) {
	case APPEND:
		write_bytes("big", O_APPEND, 10, 'b');
		return;
	case TRUNCATE:
		assert_int_equal(truncate("big", 2 * MIB + 7), 0);
		return;
	case REWRITE:
		write_bytes("big", 0, 4 * MIB, 'c');
		return;
	case REPLACE:
		write_bytes("other", O_CREAT, 10, 'd');
		assert_int_equal(rename("other", "big"), 0);
		return;
	case REMOVE:
		assert_int_equal(unlink("big"), 0);
		return;
	case SHUT:
		assert_int_equal(chmod("big", 0), 0);
		return;
	}
}

/* Asked when the file is open, and after each MiB that was hashed only. */
static bool while_hashing(void *arg)
{
	struct vandal *v = arg;

	if (++v->asked == v->when)
		do_deed(v->deed);
	return false;
}

static void test_changes_while_hashed(void **state)
{
	static const struct {
		enum deed deed;
		bool changed;
	} cases[] = {
		{APPEND, true},
		{TRUNCATE, true},
		{REWRITE, true},
		/* The bytes are still those that the run read. */
		{REPLACE, false},
		{REMOVE, false},
		{SHUT, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		for (int stored = 0; stored < 2; stored++) {
			struct vandal v = {cases[i].deed, 0, stored ? 1 : 2};
			struct content_limit limit = {while_hashing, &v};
			struct err e = ERR_INIT;
			struct store_batch *b = store_batch_new(store, &e);
			struct digest whole, now;
			struct content c;
			size_t pending;

			unlink("big");
			write_bytes("big", O_CREAT, 4 * MIB, (char)('k' + i));
			digest_file("big", &whole);
			c = wanted("big");
			c.by_reference = !stored;
			ok(contents_settle(b, NULL, &c, 1, &limit, &pending, &e));
			store_batch_free(b);
			assert_true(v.asked >= v.when);
			assert_int_equal(c.outcome,
				cases[i].changed ? CONTENT_CHANGED : CONTENT_OK);
			assert_int_equal(c.stored, stored);
			/* Of what is there, and never of what is not. */
			if (stored)
				assert_int_equal(store_verify_object(
							 store, &c.digest, &e),
					0);
			if (!cases[i].changed)
				assert_true(digest_equal(&c.digest, &whole));
			else if (digest_file("big", &now) && stored)
				assert_true(digest_equal(&c.digest, &now));
		}
}

/* A disk that is full at the second file: digests all the same. */
static int full_task(const char *arg)
{
	static const char *const names[] = {"f0", "f1", "f2"};
	struct content c[COUNT(names)];
	size_t good = 0, no_room = 0;
	bool disturbed = false;

	store = must_open("store", STORE_CREATE);
	for (size_t i = 0; i < COUNT(names); i++) {
		write_text(names[i], names[i]);
		c[i] = wanted(names[i]);
	}
	settle(c, COUNT(names), NULL);
	for (size_t i = 0; i < COUNT(names); i++) {
		disturbed |= !is_content(&c[i].digest, names[i]) ||
			     c[i].stored != (c[i].outcome == CONTENT_OK);
		good += c[i].outcome == CONTENT_OK;
		no_room += c[i].outcome == CONTENT_NO_ROOM;
	}
	store_close(store);
	return !disturbed && no_room && good + no_room == COUNT(names) ? 0 : 1;
}

static void test_full(void **state)
{
	assert_int_equal(
		wait_child(start_child("full", "", "store.write=ENOSPC:2")), 0);
	assert_int_equal(
		wait_child(start_child("full", "", "store.write=EDQUOT:1")), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(test_plain),
		CASE(test_limit),
		CASE(test_changed),
		CASE(test_unreadable),
		CASE(test_cache),
		CASE(test_out_of_time),
		CASE(test_changes_while_hashed),
		CASE(test_full),
	};

	if (argc == 3 && !strcmp(argv[1], "full"))
		return full_task(argv[2]);
	return cmocka_run_group_tests_name("contents", tests, NULL, NULL);
}
