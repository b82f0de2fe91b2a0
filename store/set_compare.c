// SPDX-License-Identifier: Apache-2.0
/* A directory as it is now against a set of files. */
#include "store/set.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/sort.h"
#include "base/threads.h"
#include "store/digest_cache.h"
#include "store/digest_file.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

struct check {
	const struct file_set *set;
	int at;           /* the directory, or the one that holds the file */
	const char *file; /* NULL: a directory */
	struct digest_cache *cache;
	struct set_change *found; /* one for each file; path NULL: as it was */
};

static void look(void *arg, size_t i)
{
	struct check *c = arg;
	const struct set_file *f = &c->set->items[i];
	struct set_change *out = &c->found[i];
	const char *path = c->file ? c->file : f->path;
	autoclose int fd = -1;
	struct err e = ERR_INIT;
	struct digest is;
	struct stat st;

	out->path = f->path;
	fd = openat(c->at, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		out->error = errno;
		out->state = errno == ENOENT || errno == ENOTDIR
				     ? SET_MISSING
				     : SET_UNREADABLE;
		return;
	}
	out->state = SET_CHANGED;
	if (!S_ISREG(st.st_mode) || st.st_size != f->bytes || !f->has_digest)
		return;
	if (!digest_known(c->cache, &st, &is) &&
		digest_file(c->cache, fd, &st, &is, &e) < 0) {
		out->state = SET_UNREADABLE;
		out->error = e.code ? e.code : EBUSY;
		return;
	}
	if (digest_equal(&is, &f->digest))
		out->path = NULL;
}

/* Files that are in the directory and not in the set. */
static int find_new(struct check *c, const char *at, struct arena *a,
	struct set_change **out, size_t *count, struct err *e)
{
	char *const roots[] = {(char *)at, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	struct map known = MAP_INIT;
	size_t skip = strlen(at);
	FTSENT *ent;
	int r = 0;

	if (!walk)
		return err_sys(e, "cannot list '%s'", at);
	for (size_t i = 0; i < c->set->count; i++)
		map_puts(&known, c->set->items[i].path, c);
	while ((ent = fts_read(walk))) {
		const char *path = ent->fts_path + skip;

		path += strspn(path, "/");
		if (ent->fts_info == FTS_DNR || ent->fts_info == FTS_ERR) {
			errno = ent->fts_errno;
			r = err_sys(e, "cannot list '%s'", ent->fts_path);
			break;
		}
		if (ent->fts_info == FTS_F && !map_gets(&known, path))
			*ARENA_PUSH(a, *out, *count) = (struct set_change){
				arena_strdup(a, path), SET_ADDED, 0};
	}
	fts_close(walk);
	map_release(&known);
	return r;
}

static const char *path_of(const void *item)
{
	return ((const struct set_change *)item)->path;
}

int set_compare(const struct file_set *set, const char *at, struct arena *a,
	struct set_change **out, size_t *count, struct err *e)
{
	bool is_file = set->count == 1 && !*set->items[0].path;
	autoclose int fd = -1;
	struct check c = {.set = set,
		.file = is_file ? at : NULL,
		.found = arena_array(a, set->count, sizeof(*c.found))};
	int r = 0;

	*out = NULL;
	*count = 0;
	fd = is_file ? AT_FDCWD : open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && !is_file)
		return err_sys(e, "cannot open the directory '%s'", at);
	c.at = fd;
	/* Without a cache it only takes longer. */
	c.cache = digest_cache_open(NULL, NULL);
	threads_each(set->count, "checking file", look, &c);
	digest_cache_close(c.cache);
	for (size_t i = 0; i < set->count; i++)
		if (c.found[i].path)
			*ARENA_PUSH(a, *out, *count) = c.found[i];
	if (set->left && !is_file)
		r = find_new(&c, at, a, out, count, e);
	sort_by_text(*out, *count, sizeof(**out), path_of);
	return r;
}
