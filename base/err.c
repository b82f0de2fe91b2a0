// SPDX-License-Identifier: Apache-2.0
/* Filling and wrapping the one error type. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void format(struct err *e, const char *fmt, va_list ap)
{
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
}

static void append(struct err *e, const char *sep, const char *text)
{
	size_t len = strlen(e->msg);

	snprintf(e->msg + len, sizeof(e->msg) - len, "%s%s", sep, text);
}

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	e->code = 0;
	va_start(ap, fmt);
	format(e, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int code = errno;
	va_list ap;

	if (!e)
		return -1;
	e->code = code;
	va_start(ap, fmt);
	format(e, fmt, ap);
	va_end(ap);
	append(e, ": ", strerror(code));
	errno = code;
	return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char inner[sizeof(e->msg)];
	va_list ap;

	if (!e)
		return -1;
	memcpy(inner, e->msg, sizeof(inner));
	va_start(ap, fmt);
	format(e, fmt, ap);
	va_end(ap);
	append(e, ": ", inner);
	return -1;
}
