// SPDX-License-Identifier: Apache-2.0
/* Whole packages and a shell: what is added to a record of this system. */
#include "capture/packages.h"
#include "capture/record.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct record rec;

static struct touched *touch(const char *path, unsigned access)
{
	struct state st;

	state_of(AT_FDCWD, path, &st);
	return record_touch(&rec, path, access, &st, NULL);
}

static const char *real(const char *path)
{
	static char buf[4][PATH_MAX];
	static int i;

	i = (i + 1) % 4;
	if (!realpath(path, buf[i]))
		fail_msg("there is no '%s'", path);
	return buf[i];
}

static int set_up(void **state)
{
	memset(&rec, 0, sizeof(rec));
	record_open(&rec, NULL);
	return 0;
}

static int tear_down(void **state)
{
	record_close(&rec);
	return 0;
}

static void a_shell_comes_with_its_libraries(void **state)
{
	struct packages_added out;
	char link[PATH_MAX];
	struct touched *t;

	packages_add(&rec, &out);
	t = record_find(&rec, real("/bin/sh"));
	assert_non_null(t);
	assert_int_equal(t->access, TOUCH_WHOLE);
	assert_true(t->first.exists && S_ISREG(t->first.mode));
	assert_non_null(record_find(&rec, real("/usr/bin/env")));
	assert_non_null(record_find(&rec, real("/etc/passwd")));
	/* Nothing was used, but what these need comes along. */
	assert_non_null(record_find(&rec, real("/lib64/ld-linux-x86-64.so.2")));
	assert_int_equal(out.packages, 0);
	assert_true(out.files > 10);
	/* With the links on the way, each as it is. */
	if (readlink("/bin", link, sizeof(link)) > 0) {
		t = record_find(&rec, "/bin");
		assert_non_null(t);
		assert_true(S_ISLNK(t->first.mode));
		assert_string_equal(t->target, "usr/bin");
		assert_null(record_find(&rec, "/bin/sh"));
	}
}

/* The run's own record stands: what it read, made, or did not find. */
static void what_the_run_touched_stays_its_own(void **state)
{
	struct packages_added out, again;
	struct touched *read, *seen, *absent, *made;
	struct state st = {.exists = false};

	read = touch(real("/usr/bin/cat"), ACCESS_R | ACCESS_X);
	seen = touch(real("/usr/bin/head"), 0);
	absent = record_touch(&rec, real("/usr/bin/tail"), ACCESS_N, &st, NULL);
	made = touch(real("/usr/bin/wc"), ACCESS_R | ACCESS_W);
	packages_add(&rec, &out);
	assert_int_equal(read->access, ACCESS_R | ACCESS_X);
	assert_int_equal(seen->access, ACCESS_S | TOUCH_WHOLE);
	assert_int_equal(absent->access, ACCESS_N);
	assert_int_equal(made->access, ACCESS_R | ACCESS_W);
	assert_true(out.files > 10);
	/* Once is enough. */
	packages_add(&rec, &again);
	assert_int_equal(again.packages, out.packages);
	assert_int_equal(again.files, out.files);
	assert_int_equal(
		record_find(&rec, real("/usr/bin/env"))->access, TOUCH_WHOLE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_shell_comes_with_its_libraries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_the_run_touched_stays_its_own, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("packages", tests, NULL, NULL);
}
