// SPDX-License-Identifier: Apache-2.0
/* The growing byte string. */
#include "base/strbuf.h"
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strbuf_release(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf)STRBUF_INIT;
}

void strbuf_clear(struct strbuf *b)
{
	b->len = 0;
	if (b->s)
		b->s[0] = 0;
}

bool strbuf_try_grow(struct strbuf *b, size_t extra)
{
	size_t need, cap = b->cap ? b->cap : 64;
	char *s;

	if (__builtin_add_overflow(b->len, extra, &need) || need >= SIZE_MAX / 2)
		return false;
	need++;
	if (need <= b->cap)
		return true;
	while (cap < need)
		cap *= 2;
	s = realloc(b->s, cap);
	if (!s) /* without the room for more */
		s = realloc(b->s, cap = need);
	if (!s)
		return false;
	b->s = s;
	b->cap = cap;
	b->s[b->len] = 0;
	return true;
}

void strbuf_grow(struct strbuf *b, size_t extra)
{
	if (!strbuf_try_grow(b, extra))
		out_of_memory();
}

void strbuf_add(struct strbuf *b, const void *p, size_t n)
{
	strbuf_grow(b, n);
	if (n)
		memcpy(b->s + b->len, p, n);
	b->len += n;
	b->s[b->len] = 0;
}

void strbuf_adds(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

void strbuf_addc(struct strbuf *b, char c)
{
	strbuf_add(b, &c, 1);
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	strbuf_grow(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

char *strbuf_detach(struct strbuf *b)
{
	char *s;

	strbuf_grow(b, 0);
	s = b->s;
	*b = (struct strbuf)STRBUF_INIT;
	return s;
}
