// SPDX-License-Identifier: Apache-2.0
/* Debian packages: whose a path is. */
#include "host/dpkg_read.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/dpkg_index.h"

#include <string.h>
#include <time.h>

/* A change within the clock's granularity leaves times as they were. */
#define QUIET_NS 2000000000ll

/* Of the last name, 8 bytes. */
static uint32_t end_of(const char *path, size_t len)
{
	uint64_t last = 0;

	for (size_t i = 0; i < 8 && i < len && path[len - 1 - i] != '/'; i++)
		last = last << 8 | (unsigned char)path[len - 1 - i];
	return (uint32_t)((last * 0x9e3779b97f4a7c15u) >> 46);
}

static void ends_add(struct dpkg_ends *e, const char *path, size_t len)
{
	uint32_t n = end_of(path, len);

	e->bits[n / 64] |= (uint64_t)1 << n % 64;
}

bool dpkg_ends_has(const struct dpkg_ends *e, const char *path, size_t len)
{
	uint32_t n = end_of(path, len);

	return e->bits[n / 64] >> n % 64 & 1;
}

void dpkg_ends_find(struct dpkg_ends *e, const struct dpkg *d,
	const char *const *paths, size_t count)
{
	const struct map_entry *diverted;
	size_t i = 0;

	for (size_t k = 0; k < count; k++)
		ends_add(e, paths[k], strlen(paths[k]));
	while ((diverted = map_next(&d->diversions, &i)))
		ends_add(e, diverted->key, diverted->len);
}

/* --- which lists are to be read ---------------------------------------- */

/* By each name that a list may have for what lies there. */
static void find_merged(const struct dpkg *d, const struct dpkg_index *x,
	const char *path, size_t len, bool *packages)
{
	dpkg_index_find(x, path, len, packages);
	for (size_t i = 0; i < d->merged.count; i++) {
		char buf[MERGED_BUF];
		size_t n = len;
		const char *old = merged_old_path(&d->merged, i, path, &n, buf);

		if (old)
			dpkg_index_find(x, old, n, packages);
	}
}

static void find_lists(const struct dpkg *d, const struct dpkg_index *x,
	const char *const *paths, size_t count, bool *packages)
{
	for (size_t k = 0; k < count; k++) {
		size_t len = strlen(paths[k]), i = 0;
		const struct map_entry *diverted;

		find_merged(d, x, paths[k], len, packages);
		while ((diverted = map_next(&d->diversions, &i))) {
			const struct diversion *v = diverted->value;

			if (v->len == len && memcmp(v->to, paths[k], len) == 0)
				find_merged(d, x, diverted->key, diverted->len,
					packages);
		}
	}
}

/* Of a database that is not being changed. */
static bool is_same(const struct dpkg *d, struct dpkg_state *now)
{
	return dpkg_state(d, now) == 0 &&
	       memcmp(&d->state, now, sizeof(*now)) == 0;
}

static bool is_quiet(const struct dpkg_state *s)
{
	struct timespec now;
	int64_t before;

	clock_gettime(CLOCK_REALTIME, &now);
	before = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - QUIET_NS;
	return s->status.ctime_ns < before && s->info.ctime_ns < before;
}

/* What the search needs, and what it leaves to the next one. */
struct search {
	struct dpkg_ends ends;
	struct map wanted;
	bool *lists; /* that are to be read; NULL: all are */
	bool indexing;
	struct dpkg_lines lines;
};

static void begin(struct search *s, const struct dpkg *d, const char *cache,
	const char *const *paths, size_t count,
	const struct dpkg_package **owners)
{
	struct dpkg_index *x = NULL;
	struct dpkg_state now;

	dpkg_ends_find(&s->ends, d, paths, count);
	for (size_t i = 0; i < count; i++) {
		owners[i] = NULL;
		map_puts(&s->wanted, paths[i], &owners[i]);
	}
	if (!cache || !count || !is_same(d, &now))
		return;
	x = dpkg_index_read(cache, &now, d->count);
	if (x) {
		s->lists = xcalloc(d->count + 1, sizeof(*s->lists));
		find_lists(d, x, paths, count, s->lists);
	}
	s->indexing = !x && is_quiet(&now);
	dpkg_index_free(x);
}

static void end(struct search *s, const struct dpkg *d, const char *cache)
{
	struct dpkg_state now;

	if (s->indexing && is_same(d, &now))
		dpkg_lines_write(&s->lines, cache, &now, d->count);
	dpkg_lines_release(&s->lines);
	map_release(&s->wanted);
	fs_autofree(&s->lists);
}

static void search_list(
	struct search *s, const struct dpkg *d, size_t package, char *text)
{
	const struct dpkg_package *p = &d->packages[package];
	char buf[MERGED_BUF], *line;
	size_t len;

	while ((line = dpkg_line(&text, &len))) {
		const struct dpkg_package **owner;
		const char *path;

		if (!dpkg_is_path(line, len))
			continue;
		if (s->indexing)
			dpkg_lines_add(&s->lines, line, len, package);
		if (!dpkg_ends_has(&s->ends, line, len))
			continue;
		path = dpkg_place(d, p, line, &len, buf);
		owner = map_get(&s->wanted, path, len);
		if (owner && !*owner)
			*owner = p;
	}
}

void dpkg_owners(const struct dpkg *d, const char *cache,
	const char *const *paths, size_t count,
	const struct dpkg_package **owners)
{
	autofree struct search *s = xcalloc(1, sizeof(*s));
	autostrbuf text = STRBUF_INIT;

	begin(s, d, cache, paths, count, owners);
	for (size_t i = 0; i < d->count && count; i++) {
		char *list;

		if (s->lists && !s->lists[i])
			continue;
		list = dpkg_list(d, &d->packages[i], &text);
		/* What cannot be read is to be told each time. */
		s->indexing = s->indexing && list;
		search_list(s, d, i, list);
	}
	/* The same path may have been asked for twice. */
	for (size_t i = 0; i < count; i++)
		owners[i] = *(const struct dpkg_package **)map_gets(
			&s->wanted, paths[i]);
	end(s, d, cache);
}
