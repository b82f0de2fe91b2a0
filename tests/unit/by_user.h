/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases that only root can run are no cases of an ordinary user: a skip is for
 * what this machine cannot do.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static inline int run_cases_of_user(const char *group,
	const struct CMUnitTest *tests, size_t count,
	bool (*needs_root)(const struct CMUnitTest *))
{
	struct CMUnitTest *mine = calloc(count, sizeof(*mine));
	size_t n = 0;
	int failed;

	for (size_t i = 0; mine && i < count; i++)
		if (geteuid() == 0 || !needs_root(&tests[i]))
			mine[n++] = tests[i];
	/* What the macro cmocka_run_group_tests() calls. */
	failed = n ? _cmocka_run_group_tests(group, mine, n, NULL, NULL) : 1;
	free(mine);
	return failed;
}
