/* SPDX-License-Identifier: Apache-2.0 */
/* What every command needs: the store, errors, JSON and numbers for people. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "cli/cli.h"
#include "store/store.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

int cli_fail(const struct invocation *in, const struct err *e)
{
	log_error("%s", e->msg);
	return in->command->trouble;
}

struct store *cli_open_store(
	struct invocation *in, bool must_write, struct err *e)
{
	const struct common_options *o = in->options;
	char *dir = store_locate(in->arena, o->store, e);
	struct store *s;

	if (dir == NULL)
		return NULL;
	s = store_open(dir, must_write ? STORE_CREATE : STORE_READ, e);
	if (s == NULL)
		return NULL;
	return s;
}

int cli_flush(struct err *e)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(e, "cannot write to standard output");
	return 0;
}

int cli_print_json(struct json_t *doc, struct err *e)
{
	int r = doc == NULL ? -1
			    : json_dumpf(doc, stdout,
				      JSON_INDENT(2) | JSON_REAL_PRECISION(15));

	json_decref(doc);
	if (r < 0 && !ferror(stdout))
		return err_set(e, "cannot make the JSON document");
	putchar('\n');
	return cli_flush(e);
}

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
