// SPDX-License-Identifier: Apache-2.0
/* The line of progress: when it is there, and that it goes. */
#include "base/log.h"
#include "base/progress.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char out[4096];

/* Two steps with 1.1 s between them, stderr caught. */
static void run(bool terminal, enum log_level level)
{
	struct progress p;
	int pipes[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	dup2(pipes[1], STDERR_FILENO);
	log_set_level(level);
	progress_begin(&p, "storing file", 10, terminal);
	progress_step(&p, 1);
	usleep(1100000);
	progress_step(&p, 5);
	progress_end(&p);
	log_set_level(LOG_NORMAL);
	dup2(saved, STDERR_FILENO);
	n = read(pipes[0], out, sizeof(out) - 1);
	out[n > 0 ? n : 0] = 0;
	close(pipes[0]);
	close(pipes[1]);
	close(saved);
}

static void shown_after_a_second_and_cleared(void **state)
{
	run(true, LOG_NORMAL);
	assert_string_equal(
		out, "\r\033[Kreprise: storing file 5 of 10 (50 %)\r\033[K");
}

static void silent_without_a_terminal(void **state)
{
	run(false, LOG_NORMAL);
	assert_string_equal(out, "");
}

static void silent_when_quiet(void **state)
{
	run(true, LOG_ERRORS);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shown_after_a_second_and_cleared),
		cmocka_unit_test(silent_without_a_terminal),
		cmocka_unit_test(silent_when_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
