// SPDX-License-Identifier: Apache-2.0
/* What the command sees of itself, and how its end comes back. */
#include "tests/unit/isolation_env.h"

static void exit_status_comes_back(void **state)
{
	struct outcome *o = run_script("exit 42", is_root(state));

	assert_string_equal(o->e.msg, "");
	assert_int_equal(o->rc, 0);
	assert_int_equal(o->result.exit_code, 42);
	assert_int_equal(o->result.signal, 0);
}

static void death_by_signal_comes_back(void **state)
{
	struct outcome *o = run_script("kill -SEGV $$", is_root(state));

	assert_int_equal(o->rc, 0);
	assert_int_equal(o->result.signal, SIGSEGV);
	assert_int_equal(o->result.exit_code, 128 + SIGSEGV);
}

static void ids_and_names_are_the_recorded_ones(void **state)
{
	struct outcome *o =
		run_script("id -u; id -g; hostname; umask; "
			   "pwd; echo $$; test $PPID = 1 && echo init",
			is_root(state));

	assert_string_equal(o->e.msg, "");
	assert_string_equal(o->out, "1234\n4321\nrecorded\n0022\n/\n2\ninit\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(exit_status_comes_back),
		BOTH(death_by_signal_comes_back),
		BOTH(ids_and_names_are_the_recorded_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
