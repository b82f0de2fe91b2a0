// SPDX-License-Identifier: Apache-2.0
/* Rows: shaping one, completing the set, sorting it. */
#include "capture/rows.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/sort.h"
#include "capture/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum file_kind kind_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return KIND_DIRECTORY;
	case S_IFLNK:
		return KIND_SYMLINK;
	case S_IFIFO:
		return KIND_FIFO;
	case S_IFSOCK:
		return KIND_SOCKET;
	case S_IFCHR:
		return KIND_CHAR;
	case S_IFBLK:
		return KIND_BLOCK;
	default:
		return KIND_FILE;
	}
}

char *digest_string(struct arena *a, const struct digest *d)
{
	char text[DIGEST_TEXT];

	digest_text(d, text);
	return arena_strdup(a, text);
}

void row_from_state(struct file_row *r, const struct state *st)
{
	if (!st->exists) {
		r->kind = KIND_ABSENT;
		return;
	}
	r->kind = kind_of(st->mode);
	r->mode = st->mode & 07777;
	r->uid = st->uid;
	r->gid = st->gid;
	r->mtime_s = st->mtime_s;
	r->mtime_ns = st->mtime_ns;
	if (r->kind == KIND_FILE)
		r->size = (int64_t)st->size;
	if (r->kind == KIND_CHAR || r->kind == KIND_BLOCK) {
		r->major = st->major;
		r->minor = st->minor;
	}
}

unsigned row_access(const struct touched *t, bool content_changed)
{
	unsigned a = t->access & ~TOUCH_WHOLE;
	unsigned more =
		ACCESS_R | ACCESS_X | ACCESS_W | ACCESS_D | ACCESS_L | ACCESS_N;

	if (!a && t->access & TOUCH_WHOLE)
		return 0;
	if (a & more)
		a &= ~(unsigned)ACCESS_S;
	else
		a |= ACCESS_S;
	if ((a & ACCESS_R) && (a & ACCESS_W) && content_changed)
		a = (a & ~(unsigned)ACCESS_W) | ACCESS_M;
	return a;
}

static void add_as_it_is(struct record *rec, const char *path, unsigned bits)
{
	struct state st;
	char *target = NULL;

	if (record_find(rec, path))
		return;
	if (state_of(AT_FDCWD, path, &st) < 0)
		return;
	if (S_ISLNK(st.mode))
		target = fs_readlink(rec->arena, AT_FDCWD, path);
	record_touch(rec, path, bits, &st, target);
}

static void add_ancestors(struct record *rec, const char *path, unsigned bits)
{
	char *dir = arena_strdup(rec->arena, path);
	char *slash;

	/* A replay has a /dev of its own. */
	if (fs_below(path, "/dev"))
		return;
	while ((slash = strrchr(dir, '/')) && slash != dir) {
		*slash = 0;
		/* Those of a known directory are known, too. */
		if (record_find(rec, dir))
			return;
		add_as_it_is(rec, dir, bits);
	}
	add_as_it_is(rec, "/", bits);
}

static bool same_directory(const char *a, const char *b)
{
	size_t dir = 0;

	for (size_t i = 0; a[i] == b[i]; i++) {
		if (!a[i])
			return true;
		if (a[i] == '/')
			dir = i + 1;
	}
	return dir && !strchr(a + dir, '/') && !strchr(b + dir, '/');
}

static void add_entries(struct record *rec, const struct touched *t)
{
	for (size_t i = 0; i < t->listing.count; i++) {
		const char *name = t->listing.items[i];
		const char *path = fs_join(rec->arena, t->path, name);
		struct state st;
		const char *now;
		char *target = NULL;

		if (record_find(rec, path))
			continue;
		now = t->now == t->path ? path
					: fs_join(rec->arena, t->now, name);
		if (state_of(AT_FDCWD, now, &st) < 0) {
			record_gap(rec, "vanished", path,
				"was listed, and then removed by somebody "
				"else");
			continue;
		}
		if (S_ISLNK(st.mode))
			target = fs_readlink(rec->arena, AT_FDCWD, now);
		record_touch(rec, path, 0, &st, target);
	}
}

void rows_add_implied(struct record *rec, unsigned bits)
{
	/* Both add to what is walked here; what they add needs no more. */
	size_t n = rec->touched_count;
	const char *last = "";

	for (size_t i = 0; i < n; i++) {
		const char *path = rec->touched[i]->path;

		/* Most lie beside the one before. */
		if (!same_directory(path, last))
			add_ancestors(rec, path, bits);
		last = path;
		if (rec->touched[i]->access & ACCESS_D)
			add_entries(rec, rec->touched[i]);
	}
}

static const char *path_of(const void *row)
{
	return ((const struct file_row *)row)->path;
}

void rows_sort(struct rows *rows)
{
	sort_by_text(rows->items, rows->count, sizeof(*rows->items), path_of);
}
