// SPDX-License-Identifier: Apache-2.0
/* Python's installed distributions. */
#include "host/python.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *python_site_of(struct arena *a, const char *path)
{
	static const char *const names[] = {
		"/site-packages/", "/dist-packages/"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *at = strstr(path, names[i]);

		if (at)
			return arena_memdup(a, path,
				(size_t)(at - path) + strlen(names[i]) - 1);
	}
	return NULL;
}

bool python_is_metadata(const char *path)
{
	return strstr(path, ".dist-info/") || strstr(path, ".egg-info/") ||
	       fs_has_suffix(path, ".egg-info");
}

/* The first field of a line of RECORD, a CSV file (RFC 4180), in place. */
static char *take_field(char *line)
{
	char *to = line, *p;

	if (*line != '"') {
		line[strcspn(line, ",\r")] = 0;
		return line;
	}
	for (p = line + 1; *p && (*p != '"' || p[1] == '"'); p++) {
		p += *p == '"';
		*to++ = *p;
	}
	*to = 0;
	return line;
}

/* `path` from `dir`, without "." and ".." */
static char *join_plain(struct arena *a, const char *dir, const char *path)
{
	char *out = arena_printf(a, "%s/%s", *path == '/' ? "" : dir, path);
	char *to = out;

	for (char *p = out; *p;) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (to > out && *--to != '/')
				;
		} else if (n && (n != 1 || *p != '.')) {
			*to++ = '/';
			memmove(to, p, n);
			to += n;
		}
		p += n;
	}
	*to = 0;
	return out;
}

static void read_record(struct python_package *p, struct arena *a,
	const char *root, const char *site, const char *record)
{
	autostrbuf text = STRBUF_INIT;
	autofree char *full = NULL;
	char *save = NULL;

	if (asprintf(&full, "%s%s", root, record) < 0)
		abort();
	/* Those of the largest packages are some megabytes. */
	if (fs_slurp(full, &text) < 0 || !text.s)
		return;
	for (char *line = strtok_r(text.s, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char *field = take_field(line);

		if (*field)
			*ARENA_PUSH(a, p->files.items, p->files.count) =
				join_plain(a, site, field);
	}
}

static void read_one(struct python_site *s, struct arena *a, const char *root,
	const char *info)
{
	const char *dir = fs_join(a, s->directory, info);
	autostrbuf text = STRBUF_INIT;
	struct python_package *p;
	char *end;

	if (host_slurp(root, fs_join(a, dir, "METADATA"), &text) < 0)
		return;
	/* Headers end at an empty line; a description may follow. */
	end = strstr(text.s, "\n\n");
	if (end)
		*end = 0;
	p = ARENA_PUSH(a, s->packages, s->count);
	p->name = host_value(a, text.s, "Name");
	p->version = host_value(a, text.s, "Version");
	if (!p->name || !p->version) {
		s->count--;
		return;
	}
	read_record(p, a, root, s->directory, fs_join(a, dir, "RECORD"));
}

void python_site_read(struct python_site *s, struct arena *a, const char *root,
	const char *directory)
{
	struct strlist names = {0};

	*s = (struct python_site){.directory = arena_strdup(a, directory)};
	host_names(a, root, directory, &names);
	for (size_t i = 0; i < names.count; i++)
		if (fs_has_suffix(names.items[i], ".dist-info"))
			read_one(s, a, root, names.items[i]);
}
