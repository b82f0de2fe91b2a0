// SPDX-License-Identifier: Apache-2.0
/* Debian packages: what they have. */
#include "host/dpkg_read.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/problems.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MD5_HEX 32

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
void dpkg_read_diversions(struct dpkg *d, int admin)
{
	autostrbuf text = STRBUF_INIT;
	char *s, *from, *to, *package;
	size_t from_len, to_len, n;

	if (fs_slurp_at(admin, "diversions", &text) < 0)
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

/* Of packages that several architectures can have at once, the name has it. */
static int read_info(const struct dpkg *d, const struct dpkg_package *p,
	const char *suffix, struct strbuf *out)
{
	char name[512];

	strbuf_clear(out);
	if (p->several) {
		snprintf(name, sizeof(name), "%.200s:%.100s.%s", p->name,
			p->architecture, suffix);
		return fs_slurp_at(d->info, name, out);
	}
	snprintf(name, sizeof(name), "%.200s.%s", p->name, suffix);
	return fs_slurp_at(d->info, name, out);
}

/* The text of its list, NULL when there is none. */
static char *read_list(
	const struct dpkg *d, const struct dpkg_package *p, struct strbuf *out)
{
	if (read_info(d, p, "list", out) == 0)
		return out->s;
	problem_add(d->problems, DPKG_ADMIN "/info",
		"the files of '%s' are not known: %s", p->name, strerror(errno));
	return NULL;
}

/* "/." is the root. */
static bool is_path(const char *line, size_t len)
{
	return len > 1 && len < PATH_MAX && line[0] == '/' &&
	       !(len == 2 && line[1] == '.');
}

/*
 * Which ends of paths are wanted, as a set that may say yes too often: of the
 * hundred thousands of lines all but a few are passed over by it. A last name
 * is the same wherever its directory lies.
 */
#define ENDS_BITS (1u << 18)
struct ends {
	uint64_t bits[ENDS_BITS / 64];
};

/* Of the last name, 8 bytes. */
static uint32_t end_of(const char *path, size_t len)
{
	uint64_t last = 0;

	for (size_t i = 0; i < 8 && i < len && path[len - 1 - i] != '/'; i++)
		last = last << 8 | (unsigned char)path[len - 1 - i];
	return (uint32_t)((last * 0x9e3779b97f4a7c15u) >> 46);
}

static void ends_add(struct ends *e, const char *path, size_t len)
{
	uint32_t n = end_of(path, len);

	e->bits[n / 64] |= (uint64_t)1 << n % 64;
}

static bool ends_has(const struct ends *e, const char *path, size_t len)
{
	uint32_t n = end_of(path, len);

	return e->bits[n / 64] >> n % 64 & 1;
}

static void find_ends(const struct dpkg *d, struct ends *e,
	const char *const *paths, size_t count)
{
	const struct map_entry *diverted;
	size_t i = 0;

	for (size_t k = 0; k < count; k++)
		ends_add(e, paths[k], strlen(paths[k]));
	while ((diverted = map_next(&d->diversions, &i)))
		ends_add(e, diverted->key, diverted->len);
}

void dpkg_owners(const struct dpkg *d, const char *const *paths, size_t count,
	const struct dpkg_package **owners)
{
	autostrbuf text = STRBUF_INIT;
	autofree struct ends *ends = xcalloc(1, sizeof(*ends));
	struct map wanted = MAP_INIT;
	char buf[MERGED_BUF], *s, *line;
	size_t len;

	find_ends(d, ends, paths, count);
	for (size_t i = 0; i < count; i++) {
		owners[i] = NULL;
		map_puts(&wanted, paths[i], &owners[i]);
	}
	for (size_t i = 0; i < d->count && count; i++) {
		const struct dpkg_package *p = &d->packages[i];

		s = read_list(d, p, &text);
		while ((line = dpkg_line(&s, &len))) {
			const struct dpkg_package **owner;
			const char *path;

			if (!is_path(line, len) || !ends_has(ends, line, len))
				continue;
			path = dpkg_place(d, p, line, &len, buf);
			owner = map_get(&wanted, path, len);
			if (owner && !*owner)
				*owner = p;
		}
	}
	/* The same path may have been asked for twice. */
	for (size_t i = 0; i < count; i++)
		owners[i] = *(const struct dpkg_package **)map_gets(
			&wanted, paths[i]);
	map_release(&wanted);
}

void dpkg_files(const struct dpkg *d, const struct dpkg_package *p,
	struct arena *a, struct strlist *out)
{
	autostrbuf text = STRBUF_INIT;
	char buf[MERGED_BUF], *s = read_list(d, p, &text), *line;
	size_t len;

	while ((line = dpkg_line(&s, &len))) {
		const char *path;

		if (!is_path(line, len))
			continue;
		path = dpkg_place(d, p, line, &len, buf);
		*ARENA_PUSH(a, out->items, out->count) =
			arena_memdup(a, path, len);
	}
}

size_t dpkg_file_count(const struct dpkg *d, const struct dpkg_package *p)
{
	autostrbuf text = STRBUF_INIT;
	char *s = read_list(d, p, &text), *line, *last = NULL;
	size_t len, last_len = 0, n = 0;

	/* A directory comes right before the first thing in it. */
	while ((line = dpkg_line(&s, &len))) {
		if (!is_path(line, len))
			continue;
		n += last && !(len > last_len && line[last_len] == '/' &&
				     memcmp(line, last, last_len) == 0);
		last = line;
		last_len = len;
	}
	return n + (last != NULL);
}

/* --- digests ---------------------------------------------------------- */

static bool is_md5(const char *s)
{
	return strspn(s, "0123456789abcdef") == MD5_HEX;
}

static void give_digest(const struct dpkg *d, const struct dpkg_package *p,
	const char *path, size_t len, char *md5, dpkg_digest *fn, void *arg)
{
	char buf[MERGED_BUF + 1];
	const char *at;

	if (!is_path(path, len))
		return;
	md5[MD5_HEX] = 0;
	at = dpkg_place(d, p, path, &len, buf);
	if (at == buf)
		buf[len] = 0;
	fn(arg, at, md5);
}

/* Of one package they stand together. */
static void conffile_digests(const struct dpkg *d, const struct dpkg_package *p,
	dpkg_digest *fn, void *arg)
{
	size_t package = (size_t)(p - d->packages), low = 0;
	size_t high = d->conffile_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (d->conffiles[middle].package < package)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < d->conffile_count && d->conffiles[low].package == package;
		low++) {
		autostrbuf line = STRBUF_INIT;
		char *md5;

		/* "/etc/x md5", perhaps with a word after it. */
		strbuf_adds(&line, d->conffiles[low].line);
		md5 = line.s;
		while ((md5 = strchr(md5, ' ')) && !is_md5(md5 + 1))
			md5++;
		if (!md5)
			continue;
		*md5++ = 0;
		give_digest(d, p, line.s, strlen(line.s), md5, fn, arg);
	}
}

void dpkg_digests(const struct dpkg *d, const struct dpkg_package *p,
	dpkg_digest *fn, void *arg)
{
	autostrbuf text = STRBUF_INIT;
	char *s, *line;
	size_t len;

	/* Packages without a file that has a digest have none. */
	s = read_info(d, p, "md5sums", &text) < 0 ? NULL : text.s;
	while ((line = dpkg_line(&s, &len))) {
		if (len < MD5_HEX + 3 || !is_md5(line) || line[MD5_HEX + 1] != ' ')
			continue;
		/* "md5  usr/bin/x": the byte before becomes the root. */
		line[MD5_HEX + 1] = '/';
		give_digest(d, p, line + MD5_HEX + 1, len - MD5_HEX - 1, line,
			fn, arg);
	}
	conffile_digests(d, p, fn, arg);
}
