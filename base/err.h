/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error type. It is plain data: it cannot fail to allocate, and one
 * fits into PIPE_BUF, so a sandbox child sends the very same struct up its
 * pipe in a single atomic write.
 */
#pragma once

#include <stdarg.h>

struct err {
	/* An errno value, or 0 when no system call was at fault. */
	int code;
	/* Lower case, no full stop, the failing thing in single quotes. */
	char msg[500];
};

#define ERR_INIT          \
	{                 \
		0,        \
		{         \
			0 \
		}         \
	}

/*
 * Fill `e` and return -1, so that a function fails in one line. `e` may be
 * NULL when the caller does not want to know. Too long messages are cut.
 */
int err_set(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with ": strerror(errno)" appended and errno kept in `code`. */
int err_sys(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "fmt: " before the message that `e` already holds; returns -1. */
int err_wrap(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
