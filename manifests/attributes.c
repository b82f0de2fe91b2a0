// SPDX-License-Identifier: Apache-2.0
/* Extended attributes as text, and back. */
#include "manifests/attributes.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include <string.h>

/* What xattr(7) allows. */
#define NAME_BYTES 255
#define VALUE_BYTES 65536

bool attribute_is_ours(const char *name)
{
	return strncmp(name, "user.", 5) == 0 && name[5] != '\0' &&
	       strncmp(name, "user.overlay.", 13) != 0;
}

static void escape(struct strbuf *out, const char *s, size_t n, bool name)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < ' ' || c == 127 || c == '\\' || (name && c == '='))
			strbuf_addf(out, "\\%03o", c);
		else
			strbuf_addc(out, (char)c);
	}
}

void attribute_write(
	struct strbuf *out, const char *name, const void *value, size_t size)
{
	if (out->len > 0)
		strbuf_addc(out, '\n');
	escape(out, name, strlen(name), true);
	strbuf_addc(out, '=');
	escape(out, value, size, false);
}

/* The `n` bytes at `s` without escapes; -1 when one is damaged. */
static long unescape(const char *s, size_t n, char *out)
{
	long len = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned c = (unsigned char)s[i];

		if (c == '\\') {
			if (n - i < 4 || s[i + 1] > '3')
				return -1;
			c = 0;
			for (int k = 1; k < 4; k++) {
				if (s[i + k] < '0' || s[i + k] > '7')
					return -1;
				c = c * 8 + (unsigned)(s[i + k] - '0');
			}
			i += 3;
		}
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return len;
}

int attribute_next(const char **text, struct arena *a, struct attribute *out)
{
	const char *s = *text, *end, *equals;
	long name, value;

	if (*s == '\0')
		return 0;
	end = strchrnul(s, '\n');
	equals = memchr(s, '=', (size_t)(end - s));
	if (equals == NULL || (*end == '\n' && end[1] == '\0'))
		return -1;
	out->name = arena_alloc(a, (size_t)(equals - s) + 1);
	out->value = arena_alloc(a, (size_t)(end - equals));
	name = unescape(s, (size_t)(equals - s), out->name);
	value = unescape(equals + 1, (size_t)(end - equals) - 1, out->value);
	if (name < 0 || value < 0 || name > NAME_BYTES || value > VALUE_BYTES ||
		strlen(out->name) != (size_t)name ||
		!attribute_is_ours(out->name))
		return -1;
	out->size = (size_t)value;
	*text = *end == '\n' ? end + 1 : end;
	return 1;
}

bool attributes_ok(const char *text)
{
	autoarena *a = arena_new();
	struct attribute attribute;
	int r;

	do
		r = attribute_next(&text, a, &attribute);
	while (r > 0);
	return r == 0;
}
