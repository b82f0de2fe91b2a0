/* SPDX-License-Identifier: Apache-2.0 */
/* Strings and numbers for people. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "manifests/scalar.h"
#include <stdio.h>
#include <string.h>

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

	for (size_t left = strlen(s); left > 0;) {
		uint32_t cp;
		size_t n = utf8_decode(s, left, &cp);

		if (n > 0 && cp >= ' ' && scalar_printable(cp)) {
			strbuf_add(&b, s, n);
		} else {
			strbuf_addf(&b, "\\x%02x", (unsigned char)*s);
			n = 1;
		}
		s += n;
		left -= n;
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

char *cli_path_in_run(struct arena *a, const struct manifest *m, const char *path)
{
	const char *cwd = m->command.cwd;
	char *all = *path == '/' ? arena_strdup(a, path)
				 : fs_join(a, cwd ? cwd : "/", path);
	char *out = arena_alloc(a, strlen(all) + 2), *save = NULL;

	for (char *w = strtok_r(all, "/", &save); w != NULL;
		w = strtok_r(NULL, "/", &save)) {
		char *slash = strrchr(out, '/');

		if (strcmp(w, ".") == 0)
			continue;
		if (strcmp(w, "..") != 0)
			strcat(strcat(out, "/"), w);
		else if (slash != NULL)
			*slash = '\0';
	}
	return *out != '\0' ? out : strcat(out, "/");
}
