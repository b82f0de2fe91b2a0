// SPDX-License-Identifier: Apache-2.0
/*
 * Making a batch durable: every file is fsynced by some threads at once (the
 * file system joins their journal commits and cache flushes), then all are
 * renamed into place, then the touched directories are synced the same way.
 * A failure leaves whole objects, or none; never a name before its bytes.
 */
#include "store/batch.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* They wait, they do not compute. */
#define THREADS 16

/* `n` things to sync, each opened by `open_nth`, shared out among threads. */
struct sync_job {
	int (*open_nth)(void *ctx, size_t i);
	void *ctx;
	size_t n;
	atomic_size_t next;
	atomic_int code; /* errno of the first failure */
};

static void *sync_some(void *arg)
{
	struct sync_job *job = arg;
	size_t i;

	while (!job->code && (i = job->next++) < job->n) {
		autoclose int fd = job->open_nth(job->ctx, i);

		if (fd < 0 || FAULT("store.fsync") || fsync(fd) < 0) {
			int none = 0;

			atomic_compare_exchange_strong(&job->code, &none, errno);
		}
	}
	return NULL;
}

static int sync_all(struct sync_job *job)
{
	pthread_t threads[THREADS];
	size_t started = 0, wanted = job->n / 4;

	/* One that cannot be started is not missed: this one works too. */
	while (started < wanted && started < THREADS - 1 &&
		pthread_create(&threads[started], NULL, sync_some, job) == 0)
		started++;
	sync_some(job);
	while (started)
		pthread_join(threads[--started], NULL);
	errno = job->code;
	return job->code ? -1 : 0;
}

struct open_ctx {
	struct store_batch *b;
	struct batch_entry **entries;
	const unsigned char *dirs; /* the touched ones of the 256 */
};

static int open_entry(void *arg, size_t i)
{
	struct open_ctx *ctx = arg;
	char name[BATCH_NAME];

	batch_temporary(ctx->entries[i]->nr, name);
	return openat(
		ctx->b->scratch.fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

static int sync_contents(struct store_batch *b, struct err *e)
{
	struct batch_entry **list, *entry;
	struct open_ctx ctx = {.b = b};
	struct sync_job job = {open_entry, &ctx, 0, 0, 0};
	int r;

	list = xcalloc(b->count + 1, sizeof(*list));
	for (entry = b->entries; entry; entry = entry->next)
		list[job.n++] = entry;
	ctx.entries = list;
	r = sync_all(&job);
	free(list);
	return r < 0 ? err_sys(e, "cannot write objects to the disk of '%s'",
			       b->store->dir)
		     : 0;
}

static int rename_into(struct store_batch *b, const char *name, const char *path)
{
	if (FAULT("store.rename"))
		return -1;
	return renameat(b->scratch.fd, name, b->store->objects_fd, path);
}

/* objects/ab, never through a symbolic link. */
static int make_fan(
	struct store_batch *b, unsigned byte, bool *made_dir, struct err *e)
{
	char dir[3];
	struct stat st;

	snprintf(dir, sizeof(dir), "%02x", byte);
	if (mkdirat(b->store->objects_fd, dir, b->store->dir_mode) == 0)
		*made_dir = true;
	else if (errno != EEXIST)
		return err_sys(
			e, "cannot make '%s/objects/%s'", b->store->dir, dir);
	if (fstatat(b->store->objects_fd, dir, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISDIR(st.st_mode))
		return err_set(e, "'%s/objects/%s' is not a directory",
			b->store->dir, dir);
	return 0;
}

static int place_entry(
	struct store_batch *b, const struct batch_entry *entry, struct err *e)
{
	char path[OBJECT_PATH], name[BATCH_NAME];

	object_path(&entry->digest, path);
	batch_temporary(entry->nr, name);
	/* Another process may have stored the same meanwhile: leave its. */
	if (object_here(b->store, &entry->digest, entry->size)) {
		unlinkat(b->scratch.fd, name, 0);
		return 0;
	}
	if (rename_into(b, name, path) < 0)
		return err_sys(e, "cannot store object '%s' in '%s'", path,
			b->store->dir);
	return 0;
}

static int open_fan(void *arg, size_t i)
{
	struct open_ctx *ctx = arg;
	char name[3];
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

	snprintf(name, sizeof(name), "%02x", ctx->dirs[i]);
	return openat(ctx->b->store->objects_fd, name, flags);
}

static int sync_dirs(struct store_batch *b, bool made_dir, struct err *e)
{
	int others = -1; /* asked only when it matters */
	unsigned char dirs[256];
	struct open_ctx ctx = {.b = b, .dirs = dirs};
	struct sync_job job = {open_fan, &ctx, 0, 0, 0};
	autoclose int fd = -1;

	for (unsigned i = 0; i < 256; i++) {
		if (b->recent[i] && !b->touched[i] && others < 0)
			others = scratch_others(&b->scratch);
		if (b->touched[i] || (b->recent[i] && others > 0))
			dirs[job.n++] = (unsigned char)i;
	}
	if (sync_all(&job) < 0)
		return err_sys(e, "cannot sync the directories of '%s/objects'",
			b->store->dir);
	if (!made_dir)
		return 0;
	fd = openat(
		b->store->objects_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_sys(e, "cannot sync '%s/objects'", b->store->dir);
	return 0;
}

static int place_all(struct store_batch *b, bool *made_dir, struct err *e)
{
	bool made[256] = {false};

	for (; b->entries; b->entries = b->entries->next, b->count--) {
		unsigned byte = b->entries->digest.b[0];

		if (!made[byte] && make_fan(b, byte, made_dir, e) < 0)
			return -1;
		made[byte] = b->touched[byte] = true;
		if (place_entry(b, b->entries, e) < 0)
			return -1;
	}
	return 0;
}

int store_batch_commit(struct store_batch *b, struct err *e)
{
	bool made_dir = false;

	/* A second fsync forgets what the first one said: no second chance. */
	if (b->failed)
		return err_set(
			e, "an earlier write to '%s' failed", b->store->dir);
	b->failed = true;
	if (sync_contents(b, e) < 0 || place_all(b, &made_dir, e) < 0 ||
		sync_dirs(b, made_dir, e) < 0)
		return -1;
	b->failed = false;
	memset(b->touched, 0, sizeof(b->touched));
	memset(b->recent, 0, sizeof(b->recent));
	map_clear(&b->by_digest);
	arena_clear(b->arena);
	return 0;
}
