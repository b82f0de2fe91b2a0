// SPDX-License-Identifier: Apache-2.0
/* What distribution a system is. */
#include "host/os_release.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "host/files.h"

#include <string.h>

/* Assignments as a shell has them; values with a backslash are none that
 * anybody writes for an ID or a version. */
static char *unquoted(struct arena *a, const char *s)
{
	char quote = *s == '"' || *s == '\'' ? *s : 0;
	size_t n;

	s += quote != 0;
	n = quote ? strcspn(s, quote == '"' ? "\"\\\n" : "'\n")
		  : strcspn(s, " \t\r\\\n");
	return n ? arena_memdup(a, s, n) : NULL;
}

char *os_release(struct arena *a, const char *root, const char *key)
{
	autostrbuf text = STRBUF_INIT;
	size_t n = strlen(key);

	if (host_slurp(root, "/etc/os-release", &text) < 0 &&
		host_slurp(root, "/usr/lib/os-release", &text) < 0)
		return NULL;
	for (const char *s = text.s; s; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (strncmp(s, key, n) == 0 && s[n] == '=')
			return unquoted(a, s + n + 1);
	}
	return NULL;
}
