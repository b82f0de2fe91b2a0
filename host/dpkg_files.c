// SPDX-License-Identifier: Apache-2.0
/* Debian packages: what they have. */
#include "host/dpkg_read.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/files.h"
#include "host/problems.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* --- where files lie -------------------------------------------------- */

const char *dpkg_place(const struct dpkg *d, const struct dpkg_package *p,
	const char *path, size_t *len, char buf[MERGED_BUF])
{
	const struct diversion *v;

	path = merged_path(&d->merged, path, len, buf);
	v = map_get(&d->diversions, path, *len);
	if (!v || strcmp(v->package, p->name) == 0)
		return path;
	*len = v->len;
	return v->to;
}

/* A copy of where a path lies. */
static const char *merged_copy(const struct dpkg *d, const char *path, size_t n)
{
	char buf[MERGED_BUF];

	path = merged_path(&d->merged, path, &n, buf);
	return arena_memdup(d->arena, path, n);
}

/* Three lines each: the path, where it went, the package. */
void dpkg_read_diversions(struct dpkg *d)
{
	autostrbuf text = STRBUF_INIT;
	char *s, *from, *to, *package;
	size_t from_len, to_len, n;

	if (host_record(d->admin, "diversions", &text) < 0)
		return;
	s = text.s;
	while ((from = dpkg_line(&s, &from_len)) &&
		(to = dpkg_line(&s, &to_len)) && (package = dpkg_line(&s, &n))) {
		struct diversion *v;

		if (*from != '/' || *to != '/')
			continue;
		v = arena_alloc(d->arena, sizeof(*v));
		v->to = merged_copy(d, to, to_len);
		v->len = strlen(v->to);
		v->package = arena_strdup(d->arena, package);
		map_puts(&d->diversions, merged_copy(d, from, from_len), v);
	}
}

/* --- lists ------------------------------------------------------------ */

int dpkg_info(const struct dpkg *d, const struct dpkg_package *p,
	const char *suffix, struct strbuf *out)
{
	char name[512];

	strbuf_clear(out);
	if (p->several) {
		snprintf(name, sizeof(name), "%.200s:%.100s.%s", p->name,
			p->architecture, suffix);
		return host_record(d->info, name, out);
	}
	snprintf(name, sizeof(name), "%.200s.%s", p->name, suffix);
	return host_record(d->info, name, out);
}

char *dpkg_list(
	const struct dpkg *d, const struct dpkg_package *p, struct strbuf *out)
{
	if (dpkg_info(d, p, "list", out) == 0)
		return out->s;
	problem_add(d->problems, DPKG_ADMIN "/info",
		"the files of '%s' are not known: %s", p->name, strerror(errno));
	return NULL;
}

bool dpkg_is_path(const char *line, size_t len)
{
	return len > 1 && len < PATH_MAX && line[0] == '/' &&
	       !(len == 2 && line[1] == '.');
}

void dpkg_files(const struct dpkg *d, const struct dpkg_package *p,
	struct arena *a, struct strlist *out)
{
	autostrbuf text = STRBUF_INIT;
	char buf[MERGED_BUF], *s = dpkg_list(d, p, &text), *line;
	size_t len;

	while ((line = dpkg_line(&s, &len))) {
		const char *path;

		if (!dpkg_is_path(line, len))
			continue;
		path = dpkg_place(d, p, line, &len, buf);
		*ARENA_PUSH(a, out->items, out->count) =
			arena_memdup(a, path, len);
	}
}

size_t dpkg_file_count(const struct dpkg *d, const struct dpkg_package *p)
{
	autostrbuf text = STRBUF_INIT;
	char *s = dpkg_list(d, p, &text), *line, *last = NULL;
	size_t len, last_len = 0, n = 0;

	/* A directory comes right before the first thing in it. */
	while ((line = dpkg_line(&s, &len))) {
		if (!dpkg_is_path(line, len))
			continue;
		n += last && !(len > last_len && line[last_len] == '/' &&
				     memcmp(line, last, last_len) == 0);
		last = line;
		last_len = len;
	}
	return n + (last != NULL);
}
