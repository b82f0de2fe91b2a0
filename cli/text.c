/* SPDX-License-Identifier: Apache-2.0 */
/* Strings and numbers for people and for JSON. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at s (RFC 3629), or 0 when there is none. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = *s < 0x80                 ? 1
		   : *s >= 0xc2 && *s < 0xe0 ? 2
		   : (*s & 0xf0) == 0xe0     ? 3
		   : *s >= 0xf0 && *s < 0xf5 ? 4
					     : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		(*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

json_t *cli_json_string(const char *s)
{
	json_t *j = json_string(s);
	autofree char *clean = NULL;
	char *p;

	if (j != NULL || s == NULL)
		return j;
	p = clean = xmalloc(3 * strlen(s) + 1);
	for (const char *c = s; *c != '\0';) {
		size_t n = utf8_len((const unsigned char *)c);

		memcpy(p, n > 0 ? c : "\xef\xbf\xbd", n > 0 ? n : 3);
		p += n > 0 ? n : 3;
		c += n > 0 ? n : 1;
	}
	*p = '\0';
	return json_string(clean);
}

char *cli_bytes_text(struct arena *a, uint64_t n)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	double v = (double)n;
	size_t u = 0;

	for (; v >= 999.5 && u + 1 < sizeof(units) / sizeof(*units); u++)
		v /= 1000;
	if (u == 0 || v >= 9.95)
		return arena_printf(a, "%.0f %s", v, units[u]);
	return arena_printf(a, "%.1f %s", v, units[u]);
}

char *cli_printable(struct arena *a, const char *s)
{
	autostrbuf b = STRBUF_INIT;

	for (const char *c = s; *c != '\0';) {
		size_t n = utf8_len((const unsigned char *)c);

		if (n == 1 && iscntrl((unsigned char)*c))
			n = 0;
		if (n == 0)
			strbuf_addf(&b, "\\x%02x", (unsigned char)*c);
		else
			strbuf_add(&b, c, n);
		c += n > 0 ? n : 1;
	}
	return arena_strdup(a, b.s != NULL ? b.s : "");
}

static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "%+,-./:=@_";

char *cli_command_text(struct arena *a, const struct strlist *argv)
{
	autostrbuf b = STRBUF_INIT;

	for (size_t i = 0; i < argv->count; i++) {
		const char *s = argv->items[i];

		if (i > 0)
			strbuf_addc(&b, ' ');
		if (*s != '\0' && s[strspn(s, plain)] == '\0') {
			strbuf_adds(&b, s);
			continue;
		}
		strbuf_addc(&b, '\'');
		for (; *s != '\0'; s++)
			if (*s == '\'')
				strbuf_adds(&b, "'\\''");
			else
				strbuf_addc(&b, *s);
		strbuf_addc(&b, '\'');
	}
	return cli_printable(a, b.s != NULL ? b.s : "");
}
