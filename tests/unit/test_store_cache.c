// SPDX-License-Identifier: Apache-2.0
/* The digest cache: shared, growing, damaged, full, and never a wrong answer. */
#include "store_help.h"

#include "store/digest_cache.h"

#include <pthread.h>
#include <time.h>

static struct digest_key key_of(uint64_t i)
{
	return (struct digest_key){8, i, i * 3, (int64_t)i * 5, (int64_t)i * 7};
}

static struct digest digest_of(uint64_t i)
{
	struct digest d;

	memset(&d, 0, sizeof(d));
	for (size_t at = 0; at < DIGEST_BYTES; at += 8)
		memcpy(d.b + at, &(uint64_t){i * 2654435761u + at}, 8);
	return d;
}

static void put_nth(struct digest_cache *c, uint64_t i)
{
	struct digest_key k = key_of(i);
	struct digest d = digest_of(i);

	digest_cache_put(c, &k, &d);
}

/* 1 found and right, 0 not found; a wrong answer fails. */
static int get_nth(struct digest_cache *c, uint64_t i)
{
	struct digest_key k = key_of(i);
	struct digest is, want = digest_of(i);
	int r = digest_cache_get(c, &k, &is);

	if (r)
		assert_true(digest_equal(&is, &want));
	return r;
}

static unsigned found(struct digest_cache *c, uint64_t from, uint64_t to)
{
	unsigned n = 0;

	for (uint64_t i = from; i < to; i++)
		n += (unsigned)get_nth(c, i);
	return n;
}

static struct digest_cache *must_cache(void)
{
	struct err e = ERR_INIT;
	struct digest_cache *c = digest_cache_open("cache", &e);

	if (!c)
		fail_msg("digest_cache_open: %s", e.msg);
	return c;
}

static void test_round_trip(void **state)
{
	struct digest_cache *c = must_cache();
	struct digest_key k;
	struct digest d, first = digest_of(1), second = digest_of(2);

	assert_int_equal(get_nth(c, 1), 0);
	put_nth(c, 1);
	assert_int_equal(get_nth(c, 1), 1);
	digest_cache_close(c);
	c = must_cache();
	assert_int_equal(get_nth(c, 1), 1);
	/* Each part of the key counts. */
	for (int part = 0; part < 5; part++) {
		k = key_of(1);
		*(part == 0         ? &k.dev
			: part == 1 ? &k.ino
			: part == 2 ? &k.size
			: part == 3 ? (uint64_t *)&k.mtime_ns
				    : (uint64_t *)&k.ctime_ns) += 1;
		assert_int_equal(digest_cache_get(c, &k, &d), 0);
	}
	/* A file that has changed has one record: the last. */
	k = key_of(1);
	k.ctime_ns++;
	digest_cache_put(c, &k, &second);
	assert_int_equal(digest_cache_get(c, &k, &d), 1);
	assert_true(digest_equal(&d, &second));
	k.ctime_ns--;
	assert_int_equal(digest_cache_get(c, &k, &d), 0);
	digest_cache_put(c, &k, &first);
	assert_int_equal(get_nth(c, 1), 1);
	digest_cache_close(c);
}

/* Beyond the first size, several times; another user of the file follows. */
static void test_growth(void **state)
{
	struct digest_cache *c = must_cache(), *other = must_cache();
	struct stat before, after;

	assert_int_equal(stat("cache/digests", &before), 0);
	for (uint64_t i = 1; i <= 100000; i++)
		put_nth(c, i);
	assert_int_equal(stat("cache/digests", &after), 0);
	assert_true(after.st_size > 4 * before.st_size);
	assert_true(found(c, 1, 100001) >= 99990);
	put_nth(other, 200000);
	assert_int_equal(get_nth(c, 200000), 1);
	assert_true(found(other, 1, 100001) >= 99990);
	digest_cache_close(other);
	digest_cache_close(c);
	c = must_cache();
	assert_true(found(c, 1, 100001) >= 99990);
	digest_cache_close(c);
	/* The file and its lock. */
	assert_int_equal(count_entries("cache"), 2);
}

static void test_bound(void **state)
{
	struct digest_cache *c = must_cache();
	struct stat st;

	for (uint64_t i = 1; i <= 1100000; i++) {
		put_nth(c, i);
		if (i % 100000 == 0) {
			assert_int_equal(stat("cache/digests", &st), 0);
			assert_true(st.st_size <= 256 << 20);
		}
	}
	/* It started over on the way. */
	assert_int_equal(get_nth(c, 1100000), 1);
	assert_int_equal(get_nth(c, 1), 0);
	digest_cache_close(c);
}

static int task_writer(const char *arg)
{
	struct digest_cache *c = digest_cache_open("cache", NULL);
	uint64_t from = (uint64_t)atoi(arg);

	for (unsigned round = 0; round < 3; round++)
		for (uint64_t i = 0; i < 30000; i++) {
			put_nth(c, 1 + (from + i) % 40000);
			get_nth(c, 1 + i);
		}
	digest_cache_close(c);
	return 0;
}

static void *thread_writer(void *arg)
{
	for (uint64_t i = 1; i <= 30000; i++) {
		put_nth(arg, i);
		get_nth(arg, 30001 - i);
	}
	return NULL;
}

static void test_many_at_once(void **state)
{
	struct digest_cache *c = must_cache();
	pthread_t threads[3];
	pid_t pids[3];

	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = start_child("writer", i == 1 ? "7000" : "0", NULL);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_create(&threads[i], NULL, thread_writer, c);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < COUNT(pids); i++)
		assert_int_equal(wait_child(pids[i]), 0);
	put_nth(c, 50000);
	assert_int_equal(get_nth(c, 50000), 1);
	/* Some are lost while another grows: that is allowed. */
	assert_true(found(c, 1, 40001) > 20000);
	digest_cache_close(c);
}

/* Every bad file is replaced by one that works. */
static void test_bad_files(void **state)
{
	autostrbuf good = STRBUF_INIT;
	struct digest_cache *c = must_cache();
	struct stat st;

	for (uint64_t i = 1; i <= 1000; i++)
		put_nth(c, i);
	digest_cache_close(c);
	assert_int_equal(fs_slurp("cache/digests", &good), 0);
	for (int bad = 0; bad < 8; bad++) {
		int fd;

		unlink("cache/digests");
		fd = open("cache/digests", O_RDWR | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(fs_write_all(fd, good.s, good.len), 0);
		if (bad == 0) /* empty */
			assert_int_equal(ftruncate(fd, 0), 0);
		if (bad == 1) /* cut */
			assert_int_equal(ftruncate(fd, 100000), 0);
		if (bad == 2) /* longer */
			assert_int_equal(ftruncate(fd, (off_t)good.len + 1), 0);
		if (bad == 3) /* foreign */
			assert_int_equal(pwrite(fd, "SQLite", 6, 0), 6);
		if (bad == 4) /* another number of slots */
			assert_int_equal(
				pwrite(fd, "\xff\xff\xff\xff", 4, 16), 4);
		if (bad == 5) /* others may write to it */
			assert_int_equal(fchmod(fd, 0666), 0);
		if (bad == 6) { /* a link */
			unlink("cache/digests");
			assert_int_equal(symlink("../x", "cache/digests"), 0);
		}
		if (bad == 7) { /* a fifo */
			unlink("cache/digests");
			assert_int_equal(mkfifo("cache/digests", 0600), 0);
		}
		close(fd);
		c = must_cache();
		assert_int_equal(found(c, 1, 1001), 0);
		put_nth(c, 1);
		assert_int_equal(get_nth(c, 1), 1);
		digest_cache_close(c);
		assert_int_equal(lstat("cache/digests", &st), 0);
		assert_true(S_ISREG(st.st_mode) && st.st_size > 100000);
		assert_int_equal(access("x", F_OK), -1);
	}
}

/* Random damage below the header: a miss, never a wrong digest. */
static void test_damaged_records(void **state)
{
	struct digest_cache *c = must_cache();
	unsigned n;
	int fd;

	for (uint64_t i = 1; i <= 5000; i++)
		put_nth(c, i);
	digest_cache_close(c);
	fd = open("cache/digests", O_RDWR);
	for (off_t at = 64; at < 64 + 80 * (1 << 14); at += 131)
		assert_int_equal(pwrite(fd, "\x5a", 1, at), 1);
	close(fd);
	c = must_cache();
	n = found(c, 1, 5001);
	assert_true(n > 500 && n < 4500);
	for (uint64_t i = 1; i <= 5000; i++)
		put_nth(c, i);
	assert_true(found(c, 1, 5001) > 4900);
	digest_cache_close(c);
}

static int task_no_place(const char *arg)
{
	struct digest_cache *c;

	if (!become_ordinary())
		return 1;
	/* May be read, belongs to somebody else: an empty cache. */
	c = digest_cache_open("cache", NULL);
	if (!c)
		return 2;
	put_nth(c, 3);
	if (get_nth(c, 3))
		return 3;
	digest_cache_close(c);
	c = digest_cache_open("cache/digests/below", NULL);
	if (!c || get_nth(c, 1))
		return 4;
	put_nth(c, 1);
	digest_cache_close(c);
	return 0;
}

static void test_no_place(void **state)
{
	assert_int_equal(mkdir("cache", 0555), 0);
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(wait_child(start_child("no_place", "", NULL)), 0);
}

static int task_full(const char *arg)
{
	struct digest_cache *c = digest_cache_open("cache", NULL);
	bool bad;

	for (uint64_t i = 1; i <= 30000; i++)
		put_nth(c, i);
	bad = found(c, 20001, 30001) <= 5000 || count_entries("cache") != 2;
	digest_cache_close(c);
	return bad;
}

/* Beside those of files. */
static void test_md5(void **state)
{
	struct digest_cache *c = must_cache();
	struct digest content = digest_of(1), other = content;
	uint8_t md5[MD5_BYTES], wanted[MD5_BYTES] = {1, 2, 3};

	other.b[DIGEST_BYTES - 1] ^= 1;
	put_nth(c, 1);
	assert_int_equal(digest_cache_get_md5(c, &content, md5), 0);
	digest_cache_put_md5(c, &content, wanted);
	digest_cache_close(c);
	c = must_cache();
	assert_int_equal(digest_cache_get_md5(c, &content, md5), 1);
	assert_memory_equal(md5, wanted, MD5_BYTES);
	assert_int_equal(digest_cache_get_md5(c, &other, md5), 0);
	assert_int_equal(get_nth(c, 1), 1);
	digest_cache_close(c);
}

static void test_full(void **state)
{
	/* It cannot grow: it forgets, and goes on. */
	assert_int_equal(
		wait_child(start_child("full", "", "cache.grow=ENOSPC:2")), 0);
}

static void test_default_place(void **state)
{
	char path[100];
	struct digest_cache *c;

	snprintf(path, sizeof(path), "%s/xdg", test_dir);
	setenv("XDG_CACHE_HOME", path, 1);
	c = digest_cache_open(NULL, NULL);
	digest_cache_close(c);
	assert_int_equal(access("xdg/reprise/digests", F_OK), 0);
	setenv("XDG_CACHE_HOME", "relative", 1);
	setenv("HOME", test_dir, 1);
	c = digest_cache_open(NULL, NULL);
	digest_cache_close(c);
	assert_int_equal(access(".cache/reprise/digests", F_OK), 0);
}

static void test_cost(void **state)
{
	struct digest_cache *c = must_cache();
	struct timespec a, b;
	double ns;

	for (uint64_t i = 1; i <= 10000; i++)
		put_nth(c, i);
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(found(c, 1, 10001), 10000);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ns = ((double)(b.tv_sec - a.tv_sec) * 1e9 +
		     (double)(b.tv_nsec - a.tv_nsec)) /
	     10000;
	print_message("%.0f ns a look-up\n", ns);
	assert_true(ns < 20000);
	digest_cache_close(c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_growth),
		TEST(test_bound),
		TEST(test_many_at_once),
		TEST(test_bad_files),
		TEST(test_damaged_records),
		TEST(test_no_place),
		TEST(test_md5),
		TEST(test_full),
		TEST(test_default_place),
		TEST(test_cost),
	};

	if (argc > 2 && strcmp(argv[1], "writer") == 0)
		return task_writer(argv[2]);
	if (argc > 2 && strcmp(argv[1], "no_place") == 0)
		return task_no_place(argv[2]);
	if (argc > 2 && strcmp(argv[1], "full") == 0)
		return task_full(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
