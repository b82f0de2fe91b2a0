// SPDX-License-Identifier: Apache-2.0
/* The helpers that every module stands on. */
#include "store_help.h"

#include "base/fault.h"
#include "base/map.h"

#include <limits.h>
#include <signal.h>

static void test_err(void **state)
{
	struct err e = ERR_INIT;
	char big[1000];

	assert_int_equal(err_set(&e, "bad '%s'", "x"), -1);
	assert_string_equal(e.msg, "bad 'x'");
	assert_int_equal(e.code, 0);
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "cannot open '%s'", "f"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(e.code, ENOENT);
	assert_string_equal(
		e.msg, "cannot open 'f': No such file or directory");
	assert_int_equal(err_wrap(&e, "run '%d'", 7), -1);
	assert_string_equal(
		e.msg, "run '7': cannot open 'f': No such file or directory");
	assert_int_equal(e.code, ENOENT);
	/* Nobody asks, nothing breaks. */
	assert_int_equal(err_set(NULL, "x"), -1);
	assert_int_equal(err_sys(NULL, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
	/* Cut, not overrun; one must fit a pipe's atomic write. */
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	err_set(&e, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_wrap(&e, "outer");
	assert_int_equal(strncmp(e.msg, "outer: aaa", 10), 0);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_true(sizeof(e) <= PIPE_BUF);
}

static void test_arena(void **state)
{
	struct arena *a = arena_new();
	char *first = arena_alloc(a, 1), *s;
	struct kv *items = NULL;
	size_t count = 0, used;

	for (size_t n = 1; n < 3000000; n = n * 3 + 1) {
		char *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		assert_int_equal(p[0] | p[n - 1], 0);
		memset(p, 0xff, n);
	}
	assert_int_equal(*first, 0);
	assert_non_null(arena_alloc(a, 0));
	assert_string_equal(arena_strdup(a, "text"), "text");
	assert_null(arena_strdup(a, NULL));
	assert_string_equal(arena_memdup(a, "abcdef", 3), "abc");
	assert_string_equal(arena_printf(a, "%05d", 42), "00042");
	s = arena_printf(a, "%9000s", "x");
	assert_int_equal(strlen(s), 9000);
	/* A growing array keeps what it has. */
	for (size_t i = 0; i < 1000; i++) {
		struct kv *k = ARENA_PUSH(a, items, count);

		assert_null(k->key);
		k->key = arena_printf(a, "%zu", i);
		assert_int_equal(count, i + 1);
	}
	for (size_t i = 0; i < count; i++)
		assert_int_equal(atoi(items[i].key), i);
	used = arena_used(a);
	assert_true(used > 3500000);
	arena_clear(a);
	assert_int_equal(arena_used(a), 0);
	/* Memory that is used again is zeroed again. */
	s = arena_alloc(a, 2000);
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(s[i], 0);
	arena_free(a);
	arena_free(NULL);
}

static void overflowing_array(void)
{
	arena_array(arena_new(), SIZE_MAX / 4, 8);
}

static void test_arena_overflow(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		overflowing_array();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_strbuf(void **state)
{
	autostrbuf b = STRBUF_INIT;
	char *s;

	strbuf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.s, "a\0b", 4);
	strbuf_adds(&b, "cd");
	strbuf_addc(&b, 'e');
	strbuf_addf(&b, "-%s-%d", "f", 7);
	assert_memory_equal(b.s, "a\0bcde-f-7", 11);
	strbuf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.s, "");
	/* What was there before does not show behind the end. */
	strbuf_adds(&b, "xxxx");
	strbuf_clear(&b);
	strbuf_add(&b, "a", 1);
	assert_string_equal(b.s, "a");
	strbuf_clear(&b);
	for (int i = 0; i < 10000; i++)
		strbuf_addf(&b, "%d,", i);
	assert_int_equal(b.len, 48890);
	assert_int_equal(strlen(b.s), b.len);
	strbuf_add(&b, NULL, 0);
	assert_int_equal(b.len, 48890);
	s = strbuf_detach(&b);
	assert_int_equal(strlen(s), 48890);
	free(s);
	assert_null(b.s);
	s = strbuf_detach(&b);
	assert_string_equal(s, "");
	free(s);
}

static void test_map(void **state)
{
	struct map m = MAP_INIT;
	static char keys[5000][8];
	size_t i = 0, n = 0;
	uint64_t sum = 0;
	const struct map_entry *en;

	assert_null(map_gets(&m, "x"));
	assert_null(map_next(&m, &i));
	for (size_t k = 0; k < COUNT(keys); k++) {
		snprintf(keys[k], sizeof(keys[k]), "%zu", k);
		assert_null(map_puts(&m, keys[k], keys[k]));
	}
	assert_int_equal(m.count, COUNT(keys));
	for (size_t k = 0; k < COUNT(keys); k++) {
		char copy[8];

		strcpy(copy, keys[k]);
		assert_ptr_equal(map_gets(&m, copy), keys[k]);
	}
	assert_null(map_gets(&m, "5000"));
	/* A key is its bytes: NULs count, a prefix is another key. */
	assert_null(map_put(&m, "a\0b", 3, keys[1]));
	assert_null(map_get(&m, "a\0c", 3));
	assert_null(map_get(&m, "a", 1));
	assert_ptr_equal(map_get(&m, "a\0b", 3), keys[1]);
	assert_ptr_equal(map_put(&m, "a\0b", 3, keys[2]), keys[1]);
	assert_int_equal(m.count, COUNT(keys) + 1);
	i = 0;
	while ((en = map_next(&m, &i))) {
		n++;
		sum += (uintptr_t)en->value;
	}
	assert_int_equal(n, m.count);
	assert_true(sum != 0);
	map_clear(&m);
	assert_int_equal(m.count, 0);
	assert_null(map_gets(&m, "1"));
	assert_null(map_puts(&m, keys[1], keys[1]));
	assert_ptr_equal(map_gets(&m, "1"), keys[1]);
	map_release(&m);
	assert_null(map_gets(&m, "1"));
}

/* RFC 1321, appendix A.5. */
static void test_md5(void **state)
{
	static const uint8_t abc[MD5_BYTES] = {0x90, 0x01, 0x50, 0x98, 0x3c,
		0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72};
	uint8_t md5[MD5_BYTES];
	struct err e = ERR_INIT;
	autoclose int fd = -1;

	write_text("f", "abc");
	fd = open("f", O_RDONLY | O_CLOEXEC);
	/* Wherever its offset is. */
	assert_int_equal(lseek(fd, 1, SEEK_SET), 1);
	ok(digest_md5_fd(fd, md5, &e));
	assert_memory_equal(md5, abc, MD5_BYTES);
	assert_int_equal(digest_md5_fd(-1, md5, &e), -1);
	assert_int_equal(e.code, EBADF);
}

static void test_plain_paths(void **state)
{
	static const char *const cases[][2] = {
		{"/a/b", "/a/b"},
		{"//a/./b/", "/a/b"},
		{"/a/../b", "/b"},
		{"/../../a", "/a"},
		{"/a/..", "/"},
		{"/", "/"},
		{"/..a/.b/c..", "/..a/.b/c.."},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char path[32];

		strcpy(path, cases[i][0]);
		fs_plain(path);
		assert_string_equal(path, cases[i][1]);
	}
}

static void test_digest(void **state)
{
	/* FIPS 180-2, appendix B. */
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223"
				  "b00361a396177a9cb410ff61f20015ad";
	static const char none[] = "e3b0c44298fc1c149afbf4c8996fb924"
				   "27ae41e4649b934ca495991b7852b855";
	struct hasher *h = hasher_new();
	struct err e = ERR_INIT;
	struct digest a, b;
	char hex[DIGEST_HEX + 1], text[DIGEST_TEXT];
	uint64_t size;
	int fd;

	digest_bytes("abc", 3, &a);
	digest_hex(&a, hex);
	assert_string_equal(hex, abc);
	digest_text(&a, text);
	assert_memory_equal(text, "sha256:", 7);
	assert_string_equal(text + 7, abc);
	digest_bytes("", 0, &b);
	digest_hex(&b, hex);
	assert_string_equal(hex, none);
	assert_false(digest_equal(&a, &b));
	assert_false(digest_is_zero(&b));

	/* In pieces, and twice. */
	for (int round = 0; round < 2; round++) {
		hasher_add(h, "a", 1);
		hasher_add(h, "", 0);
		hasher_add(h, "bc", 2);
		hasher_final(h, &b);
		assert_true(digest_equal(&a, &b));
	}
	hasher_free(h);

	write_text("f", "xabc");
	fd = open("f", O_RDONLY);
	assert_int_equal(lseek(fd, 1, SEEK_SET), 1);
	ok(digest_fd(fd, &b, &size, &e));
	assert_int_equal(size, 3);
	assert_true(digest_equal(&a, &b));
	close(fd);
	assert_int_equal(digest_fd(-1, &b, NULL, &e), -1);
	assert_int_equal(e.code, EBADF);

	assert_int_equal(digest_parse(text, &b), 0);
	assert_true(digest_equal(&a, &b));
	assert_int_equal(digest_parse(abc, &b), 0);
	assert_int_equal(digest_parse("", &b), -1);
	assert_int_equal(digest_parse("sha256:", &b), -1);
	assert_int_equal(digest_parse("md5:00", &b), -1);
	text[10] = 'A';
	assert_int_equal(digest_parse(text, &b), -1);
	text[10] = 'g';
	assert_int_equal(digest_parse(text, &b), -1);
	digest_text(&a, text);
	text[DIGEST_TEXT - 2] = 0;
	assert_int_equal(digest_parse(text, &b), -1);
	snprintf(hex, sizeof(hex), "%.63s", abc);
	assert_int_equal(digest_parse(hex, &b), -1);
}

static void test_fs_transfer(void **state)
{
	autostrbuf b = STRBUF_INIT;
	char buf[10];
	int p[2];

	/* Short writes into a pipe, read back whole. */
	assert_int_equal(pipe(p), 0);
	if (fork() == 0) {
		close(p[0]);
		for (int i = 0; i < 100; i++) {
			if (write(p[1], "0123456789", 10) != 10)
				_exit(1);
			usleep(100);
		}
		_exit(0);
	}
	close(p[1]);
	assert_int_equal(fs_read_all(p[0], buf, sizeof(buf)), sizeof(buf));
	assert_int_equal(fs_slurp_fd(p[0], &b), 0);
	assert_int_equal(b.len, 990);
	assert_int_equal(fs_read_all(p[0], buf, sizeof(buf)), 0);
	close(p[0]);
	wait(NULL);
	assert_int_equal(fs_read_all(-1, buf, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(fs_write_all(-1, buf, 1), -1);
	assert_int_equal(fs_slurp("none", &b), -1);
	assert_int_equal(errno, ENOENT);
	/* A file whose size is 0 for stat. */
	strbuf_clear(&b);
	assert_int_equal(fs_slurp("/proc/self/status", &b), 0);
	assert_non_null(strstr(b.s, "Pid:"));
}

static void test_fs_write_file(void **state)
{
	struct err e = ERR_INIT;
	autostrbuf b = STRBUF_INIT;
	struct stat st;

	umask(022);
	ok(fs_write_file(AT_FDCWD, "f", "one", 3, 0640, &e));
	ok(fs_write_file(AT_FDCWD, "f", "two!", 4, 0600, &e));
	assert_int_equal(fs_slurp("f", &b), 0);
	assert_string_equal(b.s, "two!");
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Nothing is left beside it, whatever happens. */
	refused(fs_write_file(AT_FDCWD, "no/f", "x", 1, 0600, &e), "'no/f");
	assert_int_equal(mkdir("d", 0700), 0);
	refused(fs_write_file(AT_FDCWD, "d", "x", 1, 0600, &e), "'d'");
	assert_int_equal(count_entries("."), 2);
}

static void test_fs_directories(void **state)
{
	struct err e = ERR_INIT;
	int fd = open(".", O_PATH | O_DIRECTORY);

	ok(fs_mkdirs("a/b//c/", 0755, &e));
	ok(fs_mkdirs("a/b/c", 0755, &e));
	ok(fs_mkdirs_at(fd, "a/b/d", 0700, &e));
	write_text("a/f", "");
	refused(fs_mkdirs("a/f", 0755, &e), "'a/f'");
	refused(fs_mkdirs("a/f/g", 0755, &e), "'a/f");
	/* Links are removed, not followed; closed directories are opened. */
	write_text("keep", "");
	assert_int_equal(mkdir("elsewhere", 0700), 0);
	write_text("elsewhere/keep", "");
	assert_int_equal(symlink("../elsewhere", "a/link"), 0);
	assert_int_equal(symlink("a", "top"), 0);
	write_text("a/b/c/f", "");
	assert_int_equal(chmod("a/b/c", 0), 0);
	assert_int_equal(chmod("a/b", 0555), 0);
	ok(fs_remove_tree(AT_FDCWD, "a", &e));
	assert_int_equal(access("a", F_OK), -1);
	assert_int_equal(access("elsewhere/keep", F_OK), 0);
	ok(fs_remove_tree(AT_FDCWD, "a", &e));
	ok(fs_remove_tree(AT_FDCWD, "keep", &e));
	ok(fs_remove_tree(fd, "top", &e));
	assert_int_equal(count_entries("."), 1);
	close(fd);
}

static void test_fs_paths(void **state)
{
	static const struct {
		const char *path, *dir;
		bool below;
	} cases[] = {
		{"/a/b", "/a", true}, {"/a", "/a", true}, {"/ab", "/a", false},
		{"/a/b", "/a/", true}, {"/", "/", true}, {"/x", "/", true},
		{"/a", "/a/b", false}, {"/a/b", "/a/b/c", false},
		{"/a/../b", "/a", true}, /* purely textual */
	};
	autoarena *a = arena_new();
	char *long_target = arena_alloc(a, 4000);
	int fd;

	for (size_t i = 0; i < COUNT(cases); i++)
		if (fs_below(cases[i].path, cases[i].dir) != cases[i].below)
			fail_msg("fs_below(%s, %s)", cases[i].path, cases[i].dir);
	assert_string_equal(fs_join(a, "/a", "b"), "/a/b");
	assert_string_equal(fs_join(a, "/", "b"), "/b");
	assert_string_equal(fs_join(a, "/a/", "b"), "/a/b");
	memset(long_target, 'x', 3999);
	assert_int_equal(symlink(long_target, "l"), 0);
	assert_string_equal(fs_readlink(a, AT_FDCWD, "l"), long_target);
	write_text("f", "");
	assert_null(fs_readlink(a, AT_FDCWD, "f"));
	assert_int_equal(errno, EINVAL);
	fd = fs_openat2(AT_FDCWD, "/etc", O_RDONLY, 0, 0x08 /* BENEATH */);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, EXDEV);
	fd = fs_openat2(AT_FDCWD, "f", O_RDONLY, 0, 0x08);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void test_cleanups_keep_errno(void **state)
{
	errno = EDOM;
	{
		autoclose int fd = open("/dev/null", O_RDONLY);
		autoclose int bad = 987654;
		autofree char *p = xstrdup("x");

		assert_true(fd >= 0);
		assert_non_null(p);
		assert_int_equal(bad, 987654);
		errno = EDOM;
	}
	assert_int_equal(errno, EDOM);
	{
		int fd = 7;

		assert_int_equal(steal_fd(&fd), 7);
		assert_int_equal(fd, -1);
	}
}

/* Faults: the third of three, none of another name, a kill, one never hit. */
static int fault_task(const char *arg)
{
	int hits = 0, code = 0;

	for (int i = 1; i <= 4; i++)
		if (FAULT("test.here")) {
			hits = hits * 10 + i;
			code = errno;
		}
	if (FAULT("test.elsewhere"))
		return 50;
	/* exit(3) runs what reports a fault that was never hit. */
	exit(hits == atoi(arg) && (!hits || code == ENOSPC) ? 0 : 51);
}

static void test_fault(void **state)
{
	assert_int_equal(wait_child(start_child("fault", "0", NULL)), 0);
	assert_int_equal(
		wait_child(start_child("fault", "3", "test.here=ENOSPC:3")), 0);
	assert_int_equal(
		wait_child(start_child("fault", "1", "test.here=ENOSPC")), 0);
	assert_int_equal(
		wait_child(start_child("fault", "0", "test.here=ENOSPC:5")), 99);
	assert_int_equal(
		wait_child(start_child("fault", "0", "test.never=EIO")), 99);
	assert_int_equal(
		wait_child(start_child("fault", "0", "test.here=kill:2")),
		-SIGKILL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_arena_overflow),
		cmocka_unit_test(test_strbuf),
		cmocka_unit_test(test_map),
		TEST(test_digest),
		TEST(test_md5),
		TEST(test_plain_paths),
		TEST(test_fs_transfer),
		TEST(test_fs_write_file),
		TEST(test_fs_directories),
		TEST(test_fs_paths),
		TEST(test_cleanups_keep_errno),
		cmocka_unit_test(test_fault),
	};

	if (argc == 3 && !strcmp(argv[1], "fault"))
		return fault_task(argv[2]);
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
