// SPDX-License-Identifier: Apache-2.0
/* Debian packages: what their files were when they were installed. */
#include "host/dpkg_read.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <string.h>

#define MD5_HEX 32

struct digests {
	const struct dpkg *d;
	const struct dpkg_package *const *owners;
	const char **out;
	struct dpkg_ends ends;
	struct map wanted; /* path -> the first of it in `out` */
};

static bool is_md5(const char *s)
{
	return strspn(s, "0123456789abcdef") == MD5_HEX;
}

static void take_digest(struct digests *g, const struct dpkg_package *p,
	const char *path, size_t len, const char *md5)
{
	char buf[MERGED_BUF];
	const char **out;

	if (!dpkg_is_path(path, len))
		return;
	path = dpkg_place(g->d, p, path, &len, buf);
	out = map_get(&g->wanted, path, len);
	if (out && g->owners[out - g->out] == p)
		*out = arena_memdup(g->d->arena, md5, MD5_HEX);
}

static void read_sums(
	struct digests *g, const struct dpkg_package *p, struct strbuf *text)
{
	char *s, *line;
	size_t len;

	/* Packages without a file that has a digest have none. */
	s = dpkg_info(g->d, p, "md5sums", text) < 0 ? NULL : text->s;
	while ((line = dpkg_line(&s, &len))) {
		if (len < MD5_HEX + 3 || line[MD5_HEX + 1] != ' ')
			continue;
		/* "md5  usr/bin/x": the byte before becomes the root. */
		line[MD5_HEX + 1] = '/';
		/* The cheap question first: most are not asked for. */
		if (dpkg_ends_has(&g->ends, line, len) && is_md5(line))
			take_digest(g, p, line + MD5_HEX + 1, len - MD5_HEX - 1,
				line);
	}
}

/* "/etc/x md5", perhaps with a word after it. */
static void read_conffile(
	struct digests *g, const struct dpkg_package *p, const char *line)
{
	const char *md5 = line;

	while ((md5 = strchr(md5, ' ')) && !is_md5(md5 + 1))
		md5++;
	if (md5)
		take_digest(g, p, line, (size_t)(md5 - line), md5 + 1);
}

void dpkg_digests(const struct dpkg *d, const char *const *paths, size_t count,
	const struct dpkg_package *const *owners, const char **digests)
{
	autofree struct digests *g = xcalloc(1, sizeof(*g));
	autofree bool *used = xcalloc(d->count + 1, sizeof(*used));
	autostrbuf text = STRBUF_INIT;

	g->d = d;
	g->owners = owners;
	g->out = digests;
	dpkg_ends_find(&g->ends, d, paths, count);
	for (size_t i = 0; i < count; i++) {
		digests[i] = NULL;
		if (!owners[i])
			continue;
		used[owners[i] - d->packages] = true;
		map_puts(&g->wanted, paths[i], &digests[i]);
	}
	for (size_t i = 0; i < d->count; i++)
		if (used[i])
			read_sums(g, &d->packages[i], &text);
	for (size_t i = 0; i < d->conffile_count; i++)
		if (used[d->conffiles[i].package])
			read_conffile(g, &d->packages[d->conffiles[i].package],
				d->conffiles[i].line);
	/* The same path may have been asked for twice. */
	for (size_t i = 0; i < count; i++)
		if (owners[i])
			digests[i] =
				*(const char **)map_gets(&g->wanted, paths[i]);
	map_release(&g->wanted);
}
