// SPDX-License-Identifier: Apache-2.0
/* Loading libarchive. */
#include "base/archive.h"
#include "base/err.h"
#include "base/library.h"

#include <pthread.h>

/* The SONAME since libarchive 3.0. */
#define LIBRARY "libarchive.so.13"

/* Set once, by load(), and never changed: functions of a library. */
static struct archive_library library;
static struct err failure;

static void load(void)
{
#ifdef REPRISE_LINK_ARCHIVE
#define X(name) library.name = archive_##name;
	ARCHIVE_CALLS(X)
#undef X
#else
	static const struct library_call calls[] = {
#define X(name) {"archive_" #name, &library.name},
		ARCHIVE_CALLS(X)
#undef X
	};

	library_load(LIBRARY, calls, sizeof(calls) / sizeof(*calls), &failure);
#endif
}

const struct archive_library *archive_load(struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (!*failure.msg)
		return &library;
	err_set(e, "%s", failure.msg);
	return NULL;
}
