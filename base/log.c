// SPDX-License-Identifier: Apache-2.0
/* Lines on stderr, each in one write. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The one mutable global of the program: set by -q before anything runs. */
static enum log_level current = LOG_NORMAL;

void log_set_level(enum log_level level)
{
	current = level;
}

enum log_level log_get_level(void)
{
	return current;
}

/* Names come from anywhere: none may act on the terminal or look like a line
 * of ours. */
static size_t add_text(char *out, size_t room, const char *s)
{
	size_t len = 0;

	for (; *s && len + 8 <= room; s++) {
		unsigned char c = (unsigned char)*s, next = (unsigned char)s[1];

		/* U+0080 to U+009F are the control characters of ISO 6429. */
		if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			len += (size_t)sprintf(out + len, "\\xc2\\x%02x", next);
			s++;
		} else if (c < ' ' || c == 127) {
			len += (size_t)sprintf(out + len, "\\x%02x", c);
		} else {
			out[len++] = (char)c;
		}
	}
	return len;
}

static void line(const char *fmt, va_list ap)
{
	static const char prefix[] = "reprise: ";
	char text[4096], buf[sizeof(prefix) + sizeof(text)];
	int saved = errno;
	size_t len = sizeof(prefix) - 1;

	memcpy(buf, prefix, len);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	len += add_text(buf + len, sizeof(buf) - len - 1, text);
	buf[len++] = '\n';
	/* Nobody is left to tell when stderr itself is gone. */
	if (write(STDERR_FILENO, buf, len) < 0)
		errno = saved;
	errno = saved;
}

#define LOG_AT(function, level)             \
	void function(const char *fmt, ...) \
	{                                   \
		va_list ap;                 \
                                            \
		if (current < (level))      \
			return;             \
		va_start(ap, fmt);          \
		line(fmt, ap);              \
		va_end(ap);                 \
	}

LOG_AT(log_error, LOG_ERRORS)
LOG_AT(log_warn, LOG_NORMAL)
LOG_AT(log_info, LOG_NORMAL)
LOG_AT(log_debug, LOG_DEBUG)
