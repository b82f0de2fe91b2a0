// SPDX-License-Identifier: Apache-2.0
/* Files at their limits: full pipes, signals, no room, paths of any length. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

	strcpy(path, "/tmp/test-base-fs.XXXXXX");
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

/* The number may be another file's by the second time. */
static void closes_once(void **state)
{
	int fd = open("/", O_PATH | O_CLOEXEC), number = fd, other;

	fs_autoclose(&fd);
	other = open("/", O_PATH | O_CLOEXEC);
	assert_int_equal(other, number);
	fs_autoclose(&fd);
	assert_int_equal(fcntl(other, F_GETFD), FD_CLOEXEC);
	close(other);
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

static void remove_tree_says_what_stays(void **state)
{
	struct err e = ERR_INIT;

	assert_int_equal(fs_remove_tree(AT_FDCWD, "/proc/self/status", &e), -1);
	assert_non_null(strstr(e.msg, "cannot remove '/proc/self/status'"));
}

#define PARTS 50

/* DIR/ccc.../ccc.../...: 50 names of 200 letters, a file at the end. */
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

	assert_true(strlen(path) > 10000);
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

/* How opening it ended; the descriptor leaks into the child that asks. */
static int open_error(const char *path, int flags)
{
	return fs_open(path, flags) < 0 ? errno : 0;
}

static int distrusting(int dir, pid_t other)
{
	const int flags = O_RDONLY | O_NONBLOCK;
	char path[128];
	DIR *d;

	fs_distrust_ways();
	/* To what only this process has open: directly, and by a link. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d/file", dir);
	if (open_error(path, flags) != ELOOP ||
		open_error("way/file", flags) != ELOOP)
		return 1;
	if (fs_opendir("way") || errno != ELOOP)
		return 2;
	/* Other links, and what another process has. */
	d = fs_opendir("sub");
	if (!d || open_error("link", flags) != 0)
		return 3;
	snprintf(path, sizeof(path), "/proc/%d/cwd", other);
	if (open_error(path, flags) != 0)
		return 4;
	snprintf(path, sizeof(path), "/proc/%d/root/", other);
	if (open_error(path, flags) != 0)
		return 5;
	/* Its root is no way back to us. */
	snprintf(path, sizeof(path), "/proc/%d/root%s/way/file", other,
		getcwd((char[64]){0}, 64));
	return open_error(path, flags) == ELOOP ? 0 : 6;
}

static void ways_can_be_distrusted(void **state)
{
	autoclose int dir = open(".", O_RDONLY | O_DIRECTORY);
	const pid_t self = getpid();
	char way[64];
	int status;
	pid_t pid;

	snprintf(way, sizeof(way), "/proc/self/fd/%d", dir);
	write_text("file", "text");
	assert_int_equal(mkdir("sub", 0755), 0);
	assert_int_equal(symlink(way, "way"), 0);
	assert_int_equal(symlink("sub/../file", "link"), 0);
	pid = fork();
	if (pid == 0)
		_exit(distrusting(dir, self));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, in_dir, out_of_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_once),
		cmocka_unit_test(reads_and_writes_all_through_a_pipe),
		cmocka_unit_test(transfers_survive_signals),
		IN_DIR(write_file_replaces),
		IN_DIR(write_file_or_not_at_all),
		IN_DIR(remove_tree_says_what_stays),
		IN_DIR(opens_paths_of_any_length),
		IN_DIR(ways_can_be_distrusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
