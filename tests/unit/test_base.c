// SPDX-License-Identifier: Apache-2.0
/* Errors, arenas, strings, maps, digests, faults and files. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int in_dir(void **state)
{
	static char path[64];

	strcpy(path, "/tmp/test-base.XXXXXX");
	*state = mkdtemp(path);
	return *state && chdir(path) == 0 ? 0 : -1;
}

static int out_of_dir(void **state)
{
	struct err e = ERR_INIT;

	if (chdir("/") < 0)
		return -1;
	return fs_remove_tree(AT_FDCWD, *state, &e);
}

/* The wait status of a child that calls `f`. */
static int child(void (*f)(void))
{
	const struct rlimit none = {0, 0};
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		f();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void aborts(void (*f)(void))
{
	int status = child(f);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static int entries_of(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void write_text(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
}

/* err */

static void err_set_has_no_code(void **state)
{
	struct err e = {.code = 7};

	assert_int_equal(err_set(&e, "no run '%s'", "x"), -1);
	assert_int_equal(e.code, 0);
	assert_string_equal(e.msg, "no run 'x'");
	assert_int_equal(err_set(NULL, "nobody asks"), -1);
}

static void err_sys_says_and_keeps_errno(void **state)
{
	struct err e = ERR_INIT;

	errno = ENOENT;
	assert_int_equal(err_sys(&e, "cannot open '%d'", 5), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(e.code, ENOENT);
	assert_string_equal(
		e.msg, "cannot open '5': No such file or directory");
	assert_int_equal(err_sys(NULL, "nobody asks"), -1);
}

static void err_wrap_puts_words_before(void **state)
{
	struct err e = {.code = EIO, .msg = "inner"};

	assert_int_equal(err_wrap(&e, "run '%s'", "x"), -1);
	assert_int_equal(e.code, EIO);
	assert_string_equal(e.msg, "run 'x': inner");
	assert_int_equal(err_wrap(NULL, "nobody asks"), -1);
}

static void long_messages_are_cut(void **state)
{
	struct {
		struct err e;
		char after[8];
	} s = {.after = "intact"};
	char big[2000];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	errno = EACCES;
	err_sys(&s.e, "%s", big);
	assert_int_equal(strlen(s.e.msg), sizeof(s.e.msg) - 1);
	assert_int_equal(s.e.code, EACCES);
	err_wrap(&s.e, "bb");
	assert_int_equal(strlen(s.e.msg), sizeof(s.e.msg) - 1);
	assert_memory_equal(s.e.msg, "bb: aa", 6);
	err_wrap(&s.e, "%s", big);
	assert_int_equal(strlen(s.e.msg), sizeof(s.e.msg) - 1);
	assert_string_equal(s.after, "intact");
	/* One struct is one atomic write into a pipe. */
	assert_true(sizeof(s.e) <= PIPE_BUF);
}

/* arena */

static void arena_gives_aligned_zeroes(void **state)
{
	static const size_t sizes[] = {1, 3, 17, 0, 5000, 1, 3 << 20, 2};
	autoarena *a = arena_new();

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			unsigned char *p = arena_alloc(a, sizes[i]);

			assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
			for (size_t b = 0; b < sizes[i]; b++)
				if (p[b])
					fail_msg("byte %zu is not zero", b);
			/* The next round gets what was used before. */
			memset(p, 0xff, sizes[i]);
		}
		assert_true(arena_used(a) > 3 << 20);
		arena_clear(a);
		assert_int_equal(arena_used(a), 0);
	}
}

static void arena_blocks_do_not_overlap(void **state)
{
	autoarena *a = arena_new();
	char *p[500];

	for (int i = 0; i < 500; i++) {
		p[i] = arena_alloc(a, (size_t)i + 1);
		memset(p[i], i & 0xff, (size_t)i + 1);
	}
	for (int i = 0; i < 500; i++)
		for (int b = 0; b <= i; b++)
			assert_int_equal((unsigned char)p[i][b], i & 0xff);
}

static void arena_push_grows(void **state)
{
	autoarena *a = arena_new();
	uint64_t *items = NULL;
	size_t count = 0;

	for (size_t i = 0; i < 1000; i++) {
		uint64_t *p = ARENA_PUSH(a, items, count);

		assert_ptr_equal(p, &items[i]);
		assert_int_equal(*p, 0);
		*p = i;
		/* Whoever allocates between does not get its room. */
		memset(arena_alloc(a, 16), 0xff, 16);
	}
	assert_int_equal(count, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
}

static void arena_strings(void **state)
{
	autoarena *a = arena_new();
	char big[9000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	assert_null(arena_strdup(a, NULL));
	assert_string_equal(arena_strdup(a, "abc"), "abc");
	assert_string_equal(arena_strdup(a, ""), "");
	assert_memory_equal(arena_memdup(a, "a\0b", 3), "a\0b", 4);
	assert_string_equal(arena_memdup(a, "abc", 2), "ab");
	assert_string_equal(arena_printf(a, "%s", big), big);
	assert_string_equal(arena_printf(a, "%d-%s", 7, "q"), "7-q");
}

static void ask_for_too_many(void)
{
	autoarena *a = arena_new();

	arena_array(a, SIZE_MAX / 4, 8);
}

static void ask_for_too_much(void)
{
	autoarena *a = arena_new();

	arena_alloc(a, SIZE_MAX - 4);
}

static void arena_overflow_aborts(void **state)
{
	aborts(ask_for_too_many);
	aborts(ask_for_too_much);
}

/* strbuf */

static void strbuf_grows_and_ends(void **state)
{
	autostrbuf b = STRBUF_INIT;
	char *s;

	for (int i = 0; i < 1000; i++)
		strbuf_addf(&b, "%03d,", i);
	assert_int_equal(b.len, 4000);
	assert_int_equal(b.s[4000], 0);
	assert_memory_equal(b.s + 3996, "999,", 4);
	strbuf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.s, "");
	strbuf_add(&b, "a\0b", 3);
	strbuf_addc(&b, 'c');
	strbuf_adds(&b, "de");
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.s, "a\0bcde", 7);
	s = strbuf_detach(&b);
	assert_memory_equal(s, "a\0bcde", 7);
	free(s);
	assert_null(b.s);
	assert_int_equal(b.len, 0);
	s = strbuf_detach(&b);
	assert_string_equal(s, "");
	free(s);
}

static void strbuf_of_nothing(void **state)
{
	autostrbuf b = STRBUF_INIT;

	strbuf_clear(&b);
	strbuf_add(&b, NULL, 0);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.s, "");
}

/* map */

static void map_holds_many(void **state)
{
	enum { N = 20000 };
	struct map m = MAP_INIT;
	autoarena *a = arena_new();
	char *keys[N];
	size_t i = 0, walked = 0;

	assert_null(map_gets(&m, "nothing"));
	for (size_t k = 0; k < N; k++) {
		keys[k] = arena_printf(a, "/data/%zu.npy", k);
		assert_null(map_puts(&m, keys[k], keys[k]));
	}
	assert_int_equal(m.count, N);
	for (size_t k = 0; k < N; k++)
		assert_ptr_equal(map_gets(&m, keys[k]), keys[k]);
	assert_null(map_gets(&m, "/data/20000.npy"));
	for (const struct map_entry *s; (s = map_next(&m, &i)); walked++)
		assert_ptr_equal(s->key, s->value);
	assert_int_equal(walked, N);
	map_clear(&m);
	assert_int_equal(m.count, 0);
	assert_null(map_gets(&m, keys[0]));
	i = 0;
	assert_null(map_next(&m, &i));
	map_puts(&m, keys[1], keys[2]);
	assert_ptr_equal(map_gets(&m, keys[1]), keys[2]);
	map_release(&m);
	assert_null(map_gets(&m, keys[1]));
}

static void map_replaces(void **state)
{
	struct map m = MAP_INIT;
	int one, two;

	assert_null(map_puts(&m, "k", &one));
	assert_ptr_equal(map_puts(&m, "k", &two), &one);
	assert_ptr_equal(map_gets(&m, "k"), &two);
	assert_int_equal(m.count, 1);
	map_release(&m);
}

static void map_keys_are_bytes(void **state)
{
	static const char bytes[40];
	struct map m = MAP_INIT;
	int values[41];

	/* All zero, so that only the length tells them apart. */
	for (size_t n = 0; n <= 40; n++)
		assert_null(map_put(&m, bytes, n, &values[n]));
	for (size_t n = 0; n <= 40; n++)
		assert_ptr_equal(map_get(&m, bytes, n), &values[n]);
	assert_null(map_get(&m, "a\0b", 3));
	map_put(&m, "a\0b", 3, &values[0]);
	assert_null(map_get(&m, "a\0c", 3));
	assert_ptr_equal(map_get(&m, "a\0b", 3), &values[0]);
	map_release(&m);
}

/* digest: vectors of FIPS 180-4's examples and of the empty message */

#define OF_NOTHING \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_MILLION \
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void digest_is(const struct digest *d, const char *hex)
{
	char out[DIGEST_HEX + 1], text[DIGEST_TEXT];

	digest_hex(d, out);
	assert_string_equal(out, hex);
	digest_text(d, text);
	assert_memory_equal(text, "sha256:", 7);
	assert_string_equal(text + 7, hex);
}

static void digest_vectors(void **state)
{
	struct hasher *h = hasher_new();
	struct digest d;

	digest_bytes("", 0, &d);
	digest_is(&d, OF_NOTHING);
	digest_bytes("abc", 3, &d);
	digest_is(&d, OF_ABC);
	for (int i = 0; i < 1000; i++) {
		char thousand[1000];

		memset(thousand, 'a', sizeof(thousand));
		hasher_add(h, thousand, sizeof(thousand));
	}
	hasher_final(h, &d);
	digest_is(&d, OF_MILLION);
	/* It begins anew. */
	hasher_add(h, "ab", 2);
	hasher_add(h, "c", 1);
	hasher_final(h, &d);
	digest_is(&d, OF_ABC);
	hasher_free(h);
	hasher_free(NULL);
}

static void digest_of_a_file(void **state)
{
	autoclose int fd = -1;
	struct err e = ERR_INIT;
	struct digest d;
	uint64_t size;

	write_text("f", "xxabc");
	fd = open("f", O_RDONLY);
	lseek(fd, 2, SEEK_SET);
	assert_int_equal(digest_fd(fd, &d, &size, &e), 0);
	digest_is(&d, OF_ABC);
	assert_int_equal(size, 3);
	assert_int_equal(digest_fd(fd, &d, NULL, &e), 0);
	digest_is(&d, OF_NOTHING);
	fs_autoclose(&fd);
	fd = open(".", O_RDONLY);
	assert_int_equal(digest_fd(fd, &d, &size, &e), -1);
	assert_int_equal(e.code, EISDIR);
}

static void digest_parses_both_spellings(void **state)
{
	struct digest a, b, zero = {{0}};

	assert_int_equal(digest_parse(OF_ABC, &a), 0);
	digest_is(&a, OF_ABC);
	assert_int_equal(digest_parse("sha256:" OF_ABC, &b), 0);
	assert_true(digest_equal(&a, &b));
	b.b[31] ^= 1;
	assert_false(digest_equal(&a, &b));
	assert_false(digest_is_zero(&a));
	assert_true(digest_is_zero(&zero));
}

static void digest_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"sha256:",
		"sha1:" OF_ABC,
		"sha256:sha256:" OF_ABC,
		OF_ABC "0",
		" " OF_ABC,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
		"a",
		"BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
		"ad",
		"ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
		"ad",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
		"a/",
	};
	struct digest d = {{42}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (digest_parse(bad[i], &d) != -1)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(d.b[0], 42);
}

/* fault: each in a child, whose variable is read at its first FAULT() */

static void third_is_full(void)
{
	for (int i = 1; i <= 5; i++) {
		errno = 0;
		if (FAULT("test.other") || FAULT("test.here") != (i == 3) ||
			errno != (i == 3 ? ENOSPC : 0))
			_exit(i);
	}
	exit(0);
}

static void first_is_eio(void)
{
	if (!FAULT("test.here") || errno != EIO)
		_exit(1);
	exit(0);
}

static void dies_there(void)
{
	if (FAULT("test.here"))
		_exit(1);
	exit(2);
}

static void no_fault(void)
{
	exit(FAULT("test.here") ? 1 : 0);
}

static void fault_as_requested(void **state)
{
	int status;

	setenv("REPRISE_FAULT", "test.here=ENOSPC:3", 1);
	assert_int_equal(child(third_is_full), 0);
	setenv("REPRISE_FAULT", "test.here", 1);
	assert_int_equal(child(first_is_eio), 0);
	setenv("REPRISE_FAULT", "test.here=kill", 1);
	status = child(dies_there);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	unsetenv("REPRISE_FAULT");
	assert_int_equal(child(no_fault), 0);
}

static void never_reached(void)
{
	/* Its message is none of this test's output. */
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	exit(FAULT("test.elsewhere") ? 1 : 0);
}

static void fault_never_hit_fails(void **state)
{
	int status;

	setenv("REPRISE_FAULT", "test.here=EIO", 1);
	status = child(never_reached);
	unsetenv("REPRISE_FAULT");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 99);
}

/* fs */

enum { MUCH = 300000 };

static void reads_and_writes_all_through_a_pipe(void **state)
{
	char *out = xmalloc(MUCH), *in = xcalloc(MUCH + 10, 1);
	int p[2], status;
	pid_t pid;

	for (int i = 0; i < MUCH; i++)
		out[i] = (char)(i * 7);
	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		_exit(fs_write_all(p[1], out, MUCH) < 0);
	}
	close(p[1]);
	/* More than a pipe takes at once, and end of file before all came. */
	assert_int_equal(fs_read_all(p[0], in, MUCH + 10), MUCH);
	assert_memory_equal(in, out, MUCH);
	assert_int_equal(fs_read_all(p[0], in, 1), 0);
	close(p[0]);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	errno = 0;
	assert_int_equal(fs_read_all(-1, in, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(fs_write_all(-1, in, 1), -1);
	free(in);
	free(out);
}

static void on_alarm(int sig)
{
}

static void transfers_survive_signals(void **state)
{
	struct sigaction act = {.sa_handler = on_alarm}, old;
	pid_t pid, parent = getpid();
	autostrbuf b = STRBUF_INIT;
	char in[4];
	int p[2];

	sigaction(SIGALRM, &act, &old);
	for (int slurps = 0; slurps < 2; slurps++) {
		assert_int_equal(pipe(p), 0);
		pid = fork();
		if (pid == 0) {
			close(p[0]);
			for (int i = 0; i < 4; i++) {
				usleep(20000);
				kill(parent, SIGALRM);
				usleep(20000);
				if (write(p[1], "x", 1) != 1)
					_exit(1);
			}
			_exit(0);
		}
		close(p[1]);
		if (slurps)
			assert_int_equal(fs_slurp_fd(p[0], &b), 0);
		else
			assert_int_equal(fs_read_all(p[0], in, 4), 4);
		close(p[0]);
		waitpid(pid, NULL, 0);
	}
	sigaction(SIGALRM, &old, NULL);
	assert_memory_equal(in, "xxxx", 4);
	assert_string_equal(b.s, "xxxx");
}

static void slurps_what_has_no_size(void **state)
{
	autostrbuf b = STRBUF_INIT;

	assert_int_equal(fs_slurp("/proc/self/status", &b), 0);
	assert_memory_equal(b.s, "Name:", 5);
	assert_int_equal(strlen(b.s), b.len);
	write_text("f", "tail");
	strbuf_clear(&b);
	strbuf_adds(&b, "head ");
	assert_int_equal(fs_slurp_at(AT_FDCWD, "f", &b), 0);
	assert_string_equal(b.s, "head tail");
	assert_int_equal(fs_slurp("absent", &b), -1);
	assert_int_equal(errno, ENOENT);
}

static void file_holds(const char *path, const char *text)
{
	autostrbuf b = STRBUF_INIT;

	assert_int_equal(fs_slurp(path, &b), 0);
	assert_string_equal(b.s, text);
}

static void write_file_replaces(void **state)
{
	struct err e = ERR_INIT;
	struct stat before, after;
	autoclose int fd = -1;
	char old[4] = "";

	assert_int_equal(fs_write_file(AT_FDCWD, "f", "old", 3, 0640, &e), 0);
	stat("f", &before);
	assert_int_equal(before.st_mode & 0777, 0640 & ~022);
	fd = open("f", O_RDONLY);
	assert_int_equal(fs_write_file(AT_FDCWD, "f", "new!", 4, 0600, &e), 0);
	file_holds("f", "new!");
	/* Whoever reads the old one goes on with it: it is another file. */
	stat("f", &after);
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(fs_read_all(fd, old, 3), 3);
	assert_string_equal(old, "old");
	assert_int_equal(entries_of("."), 1);
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(fs_write_file(AT_FDCWD, "d/f", "x", 1, 0600, &e), 0);
	file_holds("d/f", "x");
}

static void write_file_or_not_at_all(void **state)
{
	const struct rlimit small = {100, 100};
	struct err e = ERR_INIT;
	char big[1000] = "";
	int status;
	pid_t pid;

	/* No room. */
	write_text("f", "old");
	pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		_exit(fs_write_file(AT_FDCWD, "f", big, 1000, 0600, &e) < 0
				? e.code
				: 0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), EFBIG);
	file_holds("f", "old");
	assert_int_equal(entries_of("."), 1);
	/* No place. */
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(fs_write_file(AT_FDCWD, "d", "x", 1, 0600, &e), -1);
	assert_int_equal(e.code, EISDIR);
	assert_int_equal(fs_write_file(AT_FDCWD, "no/f", "x", 1, 0600, &e), -1);
	assert_int_equal(e.code, ENOENT);
	assert_int_equal(entries_of("."), 2);
	assert_int_equal(entries_of("d"), 0);
}

static void mkdirs_makes_what_is_missing(void **state)
{
	struct err e = ERR_INIT;
	autoclose int dir = -1;
	struct stat st;

	assert_int_equal(fs_mkdirs("a//b/c/", 0700, &e), 0);
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(fs_mkdirs("a/b/c", 0755, &e), 0);
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_equal(fs_mkdirs("link/b/d", 0755, &e), 0);
	dir = open("a/b", O_RDONLY);
	assert_int_equal(fs_mkdirs_at(dir, "e/f", 0755, &e), 0);
	assert_int_equal(entries_of("a/b"), 3);
	assert_int_equal(fs_mkdirs("/tmp", 0755, &e), 0);
	/* Made by nobody, and there. */
	assert_int_equal(fs_mkdirs("/proc/self/fd", 0755, &e), 0);
}

static void mkdirs_needs_directories(void **state)
{
	struct err e = ERR_INIT;

	write_text("f", "");
	assert_int_equal(fs_mkdirs("f/x", 0755, &e), -1);
	assert_int_equal(e.code, ENOTDIR);
	assert_non_null(strstr(e.msg, "cannot make directory 'f'"));
	assert_int_equal(fs_mkdirs("f", 0755, &e), -1);
	assert_int_equal(e.code, ENOTDIR);
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_int_equal(fs_mkdirs("link", 0755, &e), -1);
	assert_int_equal(e.code, ENOTDIR);
}

static void remove_tree_removes_all(void **state)
{
	struct err e = ERR_INIT;

	assert_int_equal(mkdir("kept", 0755), 0);
	write_text("kept/file", "x");
	assert_int_equal(fs_mkdirs("t/closed/in", 0755, &e), 0);
	assert_int_equal(fs_mkdirs("t/shut/in", 0755, &e), 0);
	write_text("t/closed/f", "x");
	write_text("t/shut/in/f", "x");
	assert_int_equal(symlink("../kept", "t/to-dir"), 0);
	assert_int_equal(symlink("../kept/file", "t/closed/to-file"), 0);
	assert_int_equal(symlink("nowhere", "t/to-nothing"), 0);
	assert_int_equal(mkfifo("t/fifo", 0600), 0);
	assert_int_equal(chmod("t/closed", 0500), 0);
	assert_int_equal(chmod("t/shut", 0), 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, "t", &e), 0);
	assert_int_equal(access("t", F_OK), -1);
	file_holds("kept/file", "x");
	/* A link itself, and what is not there. */
	assert_int_equal(symlink("kept", "link"), 0);
	assert_int_equal(fs_remove_tree(AT_FDCWD, "link", &e), 0);
	file_holds("kept/file", "x");
	assert_int_equal(fs_remove_tree(AT_FDCWD, "link", &e), 0);
	assert_int_equal(entries_of("."), 1);
}

static void remove_tree_says_what_stays(void **state)
{
	struct err e = ERR_INIT;

	assert_int_equal(fs_remove_tree(AT_FDCWD, "/proc/self/status", &e), -1);
	assert_non_null(strstr(e.msg, "cannot remove '/proc/self/status'"));
}

static void below_is_textual(void **state)
{
	static const struct {
		const char *path, *dir;
		bool below;
	} cases[] = {
		{"/a/b", "/a", true},
		{"/a", "/a", true},
		{"/a/b", "/a/", true},
		{"/a", "/a/", true},
		{"/ab", "/a", false},
		{"/", "/a", false},
		{"/a", "/a/b", false},
		{"/a", "/", true},
		{"/", "/", true},
		{"/a", "//", true},
		{"a", "/", false},
		{".ssh/id", ".ssh", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (fs_below(cases[i].path, cases[i].dir) != cases[i].below)
			fail_msg("'%s' below '%s'", cases[i].path, cases[i].dir);
}

static void joins_and_reads_links(void **state)
{
	autoarena *a = arena_new();

	assert_string_equal(fs_join(a, "/a", "b"), "/a/b");
	assert_string_equal(fs_join(a, "/", "b"), "/b");
	assert_string_equal(fs_join(a, "/a/", "b"), "/a/b");
	assert_int_equal(symlink("to where/it leads", "link"), 0);
	assert_string_equal(
		fs_readlink(a, AT_FDCWD, "link"), "to where/it leads");
	assert_null(fs_readlink(a, AT_FDCWD, "absent"));
	assert_int_equal(errno, ENOENT);
	assert_null(fs_readlink(a, AT_FDCWD, "."));
	assert_int_equal(errno, EINVAL);
}

static void openat2_keeps_inside(void **state)
{
	autoclose int fd = -1;

	assert_int_equal(symlink("/etc", "out"), 0);
	/* RESOLVE_BENEATH */
	assert_int_equal(
		fs_openat2(AT_FDCWD, "out/passwd", O_RDONLY, 0, 0x08), -1);
	assert_int_equal(errno, EXDEV);
	fd = fs_openat2(AT_FDCWD, "out/passwd", O_RDONLY, 0, 0);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

#define PARTS 30

/* DIR/ccc.../ccc.../...: 30 names of 200 letters, a file at the end. */
static char *make_long(struct arena *a, const char *dir)
{
	char part[202] = "", *path = arena_printf(a, "%s/", dir);

	memset(part, 'c', 200);
	for (int i = 0; i < PARTS; i++) {
		assert_int_equal(mkdir(part, 0755), 0);
		assert_int_equal(chdir(part), 0);
		path = arena_printf(a, "%s%s/", path, part);
	}
	write_text("file", "deep");
	return arena_printf(a, "%sfile", path);
}

static void opens_paths_of_any_length(void **state)
{
	autoarena *a = arena_new();
	char *path = make_long(a, *state), buf[5] = "";
	const char *rest = path;
	autoclose int fd = -1, at = -1;

	assert_true(strlen(path) > 6000);
	assert_int_equal(open(path, O_RDONLY), -1);
	fd = fs_open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fs_read_all(fd, buf, 4), 4);
	assert_string_equal(buf, "deep");
	at = fs_enter_long(AT_FDCWD, &rest);
	assert_true(at >= 0);
	assert_true(strlen(rest) < PATH_MAX);
	assert_int_equal(faccessat(at, rest, F_OK, 0), 0);
	/* What is absent, and a name that is too long by itself. */
	strcpy(path + strlen(path) - 4, "none");
	assert_int_equal(fs_open(path, O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	memset(path, 'c', strlen(path));
	assert_int_equal(fs_open(path, O_RDONLY), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, in_dir, out_of_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_set_has_no_code),
		cmocka_unit_test(err_sys_says_and_keeps_errno),
		cmocka_unit_test(err_wrap_puts_words_before),
		cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(arena_gives_aligned_zeroes),
		cmocka_unit_test(arena_blocks_do_not_overlap),
		cmocka_unit_test(arena_push_grows),
		cmocka_unit_test(arena_strings),
		cmocka_unit_test(arena_overflow_aborts),
		cmocka_unit_test(strbuf_grows_and_ends),
		cmocka_unit_test(strbuf_of_nothing),
		cmocka_unit_test(map_holds_many),
		cmocka_unit_test(map_replaces),
		cmocka_unit_test(map_keys_are_bytes),
		cmocka_unit_test(digest_vectors),
		IN_DIR(digest_of_a_file),
		cmocka_unit_test(digest_parses_both_spellings),
		cmocka_unit_test(digest_refuses),
		cmocka_unit_test(fault_as_requested),
		cmocka_unit_test(fault_never_hit_fails),
		cmocka_unit_test(reads_and_writes_all_through_a_pipe),
		cmocka_unit_test(transfers_survive_signals),
		IN_DIR(slurps_what_has_no_size),
		IN_DIR(write_file_replaces),
		IN_DIR(write_file_or_not_at_all),
		IN_DIR(mkdirs_makes_what_is_missing),
		IN_DIR(mkdirs_needs_directories),
		IN_DIR(remove_tree_removes_all),
		IN_DIR(remove_tree_says_what_stays),
		cmocka_unit_test(below_is_textual),
		IN_DIR(joins_and_reads_links),
		IN_DIR(openat2_keeps_inside),
		IN_DIR(opens_paths_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
