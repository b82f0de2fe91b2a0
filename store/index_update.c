// SPDX-License-Identifier: Apache-2.0
/*
 * The index against the directory of runs: one listing and one stat of each
 * manifest when nothing has changed. What is new is added in transactions of
 * about a second, each of which looks again at what is there, so that
 * processes which build the same index share the work.
 */
#include "store/index_internal.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/progress.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TRANSACTION_MS 1000

struct on_disk {
	char id[RUN_ID_LEN + 1];
	struct index_stamp stamp;
	bool known; /* as it is in the index */
	bool gone;  /* in the index only */
};

struct update {
	struct index *ix;
	struct arena *a; /* of the update */
	struct on_disk *runs;
	size_t count;
	bool deleted;
};

static bool same_stamp(const struct index_stamp *a, const struct index_stamp *b)
{
	return a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}

static int64_t nanoseconds(const struct timespec *t)
{
	return t->tv_sec * 1000000000ll + t->tv_nsec;
}

static void look_at(struct update *u, int runs_fd, const char *id)
{
	char path[RUN_ID_LEN + sizeof("/" RUN_MANIFEST)];
	struct index *ix = u->ix;
	struct on_disk *d;
	struct stat st = {0};

	memcpy(path, id, RUN_ID_LEN);
	memcpy(path + RUN_ID_LEN, "/" RUN_MANIFEST, sizeof("/" RUN_MANIFEST));
	if (fstatat(runs_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOTDIR)
			return;
		if (errno == ENOENT) {
			*ARENA_PUSH(ix->arena, ix->unpublished.items,
				ix->unpublished.count) =
				arena_strdup(ix->arena, id);
			return;
		}
		/* Reading it will say why. */
	}
	d = ARENA_PUSH(u->a, u->runs, u->count);
	memcpy(d->id, id, sizeof(d->id));
	d->stamp = (struct index_stamp){
		st.st_size, nanoseconds(&st.st_mtim), nanoseconds(&st.st_ctim)};
}

static int list_runs(struct update *u, struct err *e)
{
	struct store *s = u->ix->store;
	int fd = openat(s->runs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;

	if (!d)
		return err_sys(e, "cannot read '%s/runs'", s->dir);
	while ((ent = readdir(d)))
		if (run_is_id(ent->d_name))
			look_at(u, fd, ent->d_name);
	closedir(d);
	return 0;
}

/* Mark what is known, and add what has gone. */
static int compare(struct update *u, struct err *e)
{
	sqlite3_stmt *st = index_stmt(u->ix, SQL_STAMPS, e);
	struct map by_id = MAP_INIT;
	int r = st ? 0 : -1;

	for (size_t i = 0; i < u->count; i++)
		map_put(&by_id, u->runs[i].id, RUN_ID_LEN,
			(void *)(uintptr_t)(i + 1));
	while (r == 0 && (r = index_step(u->ix, st, e)) == 1) {
		const char *id = (const char *)sqlite3_column_text(st, 0);
		struct index_stamp is = {sqlite3_column_int64(st, 1),
			sqlite3_column_int64(st, 2), sqlite3_column_int64(st, 3)};
		uintptr_t at = id ? (uintptr_t)map_gets(&by_id, id) : 0;

		r = 0;
		if (at) {
			u->runs[at - 1].known =
				same_stamp(&is, &u->runs[at - 1].stamp);
		} else if (id && strlen(id) == RUN_ID_LEN) {
			struct on_disk *gone =
				ARENA_PUSH(u->a, u->runs, u->count);

			memcpy(gone->id, id, sizeof(gone->id));
			gone->gone = true;
		}
	}
	map_release(&by_id);
	return r;
}

/* Key and stamp of the run in the index: 1, 0 not there, -1. */
static int find(struct index *ix, const char *id, int64_t *key,
	struct index_stamp *stamp, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_STAMP_OF, e);
	int r;

	if (!st)
		return -1;
	index_bind_text(st, 1, id);
	r = index_step(ix, st, e);
	if (r == 1) {
		*key = sqlite3_column_int64(st, 0);
		*stamp = (struct index_stamp){sqlite3_column_int64(st, 1),
			sqlite3_column_int64(st, 2), sqlite3_column_int64(st, 3)};
		sqlite3_reset(st);
	}
	return r;
}

static void add_trouble(struct index *ix, const char *id, const char *message)
{
	struct index_trouble *t =
		ARENA_PUSH(ix->arena, ix->troubles, ix->trouble_count);

	memcpy(t->id, id, sizeof(t->id));
	t->message = arena_strdup(ix->arena, message);
}

static int update_run(struct update *u, const struct on_disk *d, struct err *e)
{
	struct err trouble = ERR_INIT;
	struct index_stamp is;
	struct index *ix = u->ix;
	struct manifest m;
	int64_t key;
	struct arena *a;
	int r = find(ix, d->id, &key, &is, e);

	if (r < 0)
		return -1;
	/* Another process was faster. */
	if (r == 1 && !d->gone && same_stamp(&is, &d->stamp))
		return 0;
	if (r == 1) {
		u->deleted = true;
		if (index_delete_run(ix, key, e) < 0)
			return -1;
	}
	if (d->gone)
		return 0;
	a = arena_new();
	r = 0;
	if (run_read_manifest(ix->store, d->id, a, &m, &trouble) == 0)
		r = index_add_run(ix, &m, &d->stamp, e);
	else if (trouble.code != ENOENT)
		add_trouble(ix, d->id, trouble.msg);
	arena_free(a);
	return r;
}

/* Runs from *i on, for about a second. */
static int transaction(
	struct update *u, size_t *i, struct progress *p, struct err *e)
{
	int64_t begun;

	if (index_exec(u->ix, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	begun = clock_ms();
	for (; *i < u->count && clock_ms() - begun < TRANSACTION_MS; ++*i) {
		if (!u->runs[*i].known && update_run(u, &u->runs[*i], e) < 0)
			return -1;
		progress_step(p, *i);
	}
	if (*i == u->count && u->deleted && index_exec(u->ix, index_sweep, e) < 0)
		return -1;
	return index_exec(u->ix, "COMMIT", e);
}

int index_update(struct index *ix, struct err *e)
{
	autoarena *a = arena_new();
	struct update u = {.ix = ix, .a = a};
	struct progress p;
	size_t i = 0;
	int r = 0;

	ix->trouble_count = ix->unpublished.count = 0;
	ix->troubles = NULL;
	ix->unpublished.items = NULL;
	if (index_version(ix, &ix->seen, e) < 0 || list_runs(&u, e) < 0 ||
		compare(&u, e) < 0)
		return -1;
	while (i < u.count && u.runs[i].known)
		i++;
	progress_begin(&p, "reading runs", u.count, isatty(STDERR_FILENO));
	while (r == 0 && i < u.count)
		r = transaction(&u, &i, &p, e);
	progress_end(&p);
	return r;
}
