// SPDX-License-Identifier: Apache-2.0
/* Digests through the cache: only of files that were quiet, and harmlessly. */
#include "store_help.h"

#include "store/digest_cache.h"
#include "store/digest_file.h"

#include <signal.h>
#include <sys/wait.h>

/* A program of the system was left alone for long; what we write was not. */
static void only_quiet_files_are_remembered(void **state)
{
	struct err e = ERR_INIT;
	struct digest_cache *c = digest_cache_open("cache", &e);
	autoclose int sh = open("/bin/sh", O_RDONLY | O_CLOEXEC), fd = -1;
	struct digest d, again, direct;
	struct stat st, now;

	assert_non_null(c);
	ok(digest_file(c, sh, &st, &d, &e));
	assert_true(lseek(sh, 0, SEEK_SET) == 0);
	ok(digest_fd(sh, &direct, NULL, &e));
	assert_true(digest_equal(&d, &direct));
	ok(stat("/bin/sh", &now));
	assert_true(digest_same_state(&st, &now));
	assert_true(digest_known(c, &now, &again));
	assert_true(digest_equal(&d, &again));
	assert_false(digest_known(NULL, &now, &again));
	ok(fs_write_file(AT_FDCWD, "new", "x", 1, 0600, &e));
	fd = open("new", O_RDONLY | O_CLOEXEC);
	ok(digest_file(c, fd, &st, &d, &e));
	assert_false(digest_known(c, &st, &again));
	now.st_size++;
	assert_false(digest_same_state(&st, &now));
	digest_cache_close(c);
}

static void writers_are_seen(void **state)
{
	struct err e = ERR_INIT;
	autoclose int fd = -1, writer = -1;

	ok(fs_write_file(AT_FDCWD, "file", "x", 1, 0600, &e));
	fd = open("file", O_RDONLY | O_CLOEXEC);
	assert_true(digest_is_quiet(fd, 0));
	writer = open("file", O_WRONLY | O_CLOEXEC);
	assert_true(writer >= 0);
	assert_false(digest_is_quiet(fd, 0));
}

/* Looking takes a lease for a moment; who breaks it must not hurt us. */
static void looking_for_writers_is_safe(void **state)
{
	struct err e = ERR_INIT;
	unsigned before = 0;
	int status;
	pid_t pid;

	ok(fs_write_file(AT_FDCWD, "file", "x", 1, 0600, &e));
	pid = fork();
	if (pid == 0) {
		int fd = open("file", O_RDONLY | O_CLOEXEC);

		for (;;)
			digest_is_quiet(fd, 0);
	}
	/* Until it had the lease at such a moment many times. */
	for (unsigned i = 0; i < 2000000 && before < 50; i++) {
		int fd = open("file", O_WRONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0 && errno == EWOULDBLOCK) {
			before++;
			/* Waits until it has given the lease up. */
			fd = open("file", O_WRONLY | O_CLOEXEC);
		}
		if (fd >= 0)
			close(fd);
		if (waitpid(pid, &status, WNOHANG) == pid)
			fail_msg("died: %x", (unsigned)status);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(before >= 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_quiet_files_are_remembered),
		TEST(writers_are_seen),
		TEST(looking_for_writers_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
