// SPDX-License-Identifier: Apache-2.0
/* Looking at files of this host, and hashing them, by several threads. */
#include "replay/source.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/threads.h"
#include "replay/plan.h"
#include "store/digest_cache.h"
#include "store/digest_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CHANGED_MAX 20 /* notes */

struct source_job *source_job_new(struct arena *a, struct source_jobs *jobs,
	struct node *n, const char *path, size_t group)
{
	struct source_job *j = arena_alloc(a, sizeof(*j));

	j->node = n;
	j->source.path = path;
	j->source.group = group;
	*ARENA_PUSH(a, jobs->items, jobs->count) = j;
	return j;
}

size_t source_group_new(struct plan *p, const char *root, const char *by)
{
	struct sources *s = &p->sources;
	struct source_group *g = ARENA_PUSH(p->arena, s->groups, s->group_count);
	struct stat st;

	g->root = root;
	g->by = by;
	if (by && stat(by, &st) == 0) {
		g->dev = st.st_dev;
		g->ino = st.st_ino;
	}
	return s->group_count - 1;
}

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static void remember(struct source *s, const struct stat *st)
{
	s->dev = st->st_dev;
	s->ino = st->st_ino;
	s->size = (uint64_t)st->st_size;
	s->mtime_s = st->st_mtim.tv_sec;
	s->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	s->ctime_ns = nanoseconds(&st->st_ctim);
	s->mode = st->st_mode;
	s->uid = st->st_uid;
	s->gid = st->st_gid;
}

static bool is_as_hashed(const struct source *s, const struct stat *st)
{
	return st->st_dev == s->dev && st->st_ino == s->ino &&
	       (uint64_t)st->st_size == s->size &&
	       st->st_mtim.tv_sec == s->mtime_s &&
	       st->st_mtim.tv_nsec == s->mtime_ns &&
	       nanoseconds(&st->st_ctim) == s->ctime_ns;
}

bool source_is_same(const struct source *s, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_as_hashed(s, &st);
}

void sources_check_again(struct plan *p)
{
	size_t changed = 0;

	for (size_t i = 0; i < p->sources.jobs.count; i++) {
		const struct source_job *j = p->sources.jobs.items[i];
		const struct source *s = &j->source;
		bool copied = s->place == PLACE_COPY &&
			      !p->sources.groups[s->group].bound;
		struct stat st;

		if (copied || (lstat(s->path, &st) == 0 && is_as_hashed(s, &st)))
			continue;
		if (changed++ < CHANGED_MAX)
			note_add(&p->notes, "input-changed", j->node->path,
				"'%s' was changed while the replay ran", s->path);
	}
	if (changed > CHANGED_MAX)
		note_add(&p->notes, "input-changed", NULL,
			"%zu more inputs were changed while the replay ran",
			changed - CHANGED_MAX);
}

static void find_mount(struct source *s)
{
	struct statx x;

	/* Kernel 5.8; 0 is no mount's number. */
	if (statx(AT_FDCWD, s->path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &x) == 0 &&
		x.stx_mask & STATX_MNT_ID)
		s->mount = x.stx_mnt_id;
}

static int not_a_file(mode_t mode)
{
	return S_ISREG(mode) ? 0 : S_ISDIR(mode) ? EISDIR : EINVAL;
}

static void look(struct digest_cache *c, struct source_job *j)
{
	autoclose int fd = -1;
	struct err e = ERR_INIT;
	struct stat st;

	if (lstat(j->source.path, &st) < 0) {
		j->error = errno;
		return;
	}
	j->error = not_a_file(st.st_mode);
	if (j->error)
		return;
	find_mount(&j->source);
	if (digest_known(c, &st, &j->digest)) {
		remember(&j->source, &st);
		return;
	}
	fd = open(j->source.path,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		j->error = errno;
		return;
	}
	/* Without a number of its own: it does not keep still. */
	if (digest_file(c, fd, &st, &j->digest, &e) < 0)
		j->error = e.code ? e.code : EBUSY;
	remember(&j->source, &st);
}

struct work {
	const struct source_jobs *jobs;
	struct digest_cache *cache;
};

static void look_at(void *arg, size_t i)
{
	struct work *w = arg;

	look(w->cache, w->jobs->items[i]);
}

void sources_look(const struct source_jobs *jobs)
{
	struct work w = {.jobs = jobs};

	if (!jobs->count)
		return;
	/* Without a cache it only takes longer. */
	w.cache = digest_cache_open(NULL, NULL);
	threads_each(jobs->count, "checking input file", look_at, &w);
	digest_cache_close(w.cache);
}
