/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte string; always NUL-terminated, may hold NULs inside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *s;
	size_t len;
	size_t cap;
};

#define STRBUF_INIT        \
	{                  \
		NULL, 0, 0 \
	}

void strbuf_release(struct strbuf *b);
void strbuf_clear(struct strbuf *b);
/* Make room for `extra` more bytes and the NUL. */
void strbuf_grow(struct strbuf *b, size_t extra);
/* The same for a size that comes from outside: false when there is no memory. */
bool strbuf_try_grow(struct strbuf *b, size_t extra);
void strbuf_add(struct strbuf *b, const void *p, size_t n);
void strbuf_adds(struct strbuf *b, const char *s);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_addf(struct strbuf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The text as a heap string that the caller frees; b is empty afterwards. */
char *strbuf_detach(struct strbuf *b);

#define autostrbuf __attribute__((cleanup(strbuf_release))) struct strbuf
