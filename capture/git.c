// SPDX-License-Identifier: Apache-2.0
/* Loading libgit2. */
#include "capture/git.h"
#include "base/err.h"
#include "base/library.h"

#include <pthread.h>
#include <stdbool.h>

#define LIBRARY "libgit2.so." LIBGIT2_SOVERSION

/* Set once, by load(), and never changed: functions of a library. */
static struct git git;
static struct err failure;

static bool bind(void)
{
#ifdef REPRISE_LINK_GIT
#define X(name) git.name = git_##name;
	GIT_CALLS(X)
#undef X
#else
	static const struct library_call calls[] = {
#define X(name) {"git_" #name, &git.name},
		GIT_CALLS(X)
#undef X
	};

	if (library_load(LIBRARY, calls, sizeof(calls) / sizeof(*calls),
		    &failure) < 0)
		return false;
#endif
	return true;
}

static void load(void)
{
	if (!bind())
		return;
	if (git.libgit2_init() < 0) {
		err_set(&failure, "cannot initialise '%s'", LIBRARY);
		return;
	}
	/* Repositories of others are read, never written, and none of their
	 * hooks, filters or other programs is run by libgit2. */
	git.libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

const struct git *git_load(struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (!*failure.msg)
		return &git;
	err_set(e, "%s", failure.msg);
	return NULL;
}
