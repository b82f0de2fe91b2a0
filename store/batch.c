// SPDX-License-Identifier: Apache-2.0
/*
 * Putting contents into a batch. The first MiB is read into memory: a smaller
 * content is hashed there and written only when it is new. A larger one is
 * cloned where the file system can and the clone hashed (so that digest and
 * bytes agree whatever happens to the source), or else written while it is
 * hashed, and dropped before any of it needs to reach the disk when it turns
 * out to be known. Making a batch durable is commit.c's.
 */
#include "store/batch.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* A commit takes less, even on a slow disk that others use, too. */
#define RECENT_S 120

/* What one thread needs while it puts; kept for the next put. */
struct bench {
	struct bench *next;
	struct hasher *hasher;
	char buf[BATCH_CHUNK];
};

static struct bench *take_bench(struct store_batch *b)
{
	struct bench *w;

	pthread_mutex_lock(&b->lock);
	w = b->benches;
	if (w)
		b->benches = w->next;
	pthread_mutex_unlock(&b->lock);
	if (!w) {
		w = xmalloc(sizeof(*w));
		w->hasher = hasher_new();
	}
	return w;
}

static void give_bench(struct store_batch *b, struct bench *w)
{
	struct digest unused;

	/* A put that failed half-way left bytes in the hasher. */
	hasher_final(w->hasher, &unused);
	pthread_mutex_lock(&b->lock);
	w->next = b->benches;
	b->benches = w;
	pthread_mutex_unlock(&b->lock);
}

struct store_batch *store_batch_new(struct store *s, struct err *e)
{
	struct store_batch *b = xcalloc(1, sizeof(*b));

	if (scratch_init(&b->scratch, s, e) < 0) {
		free(b);
		return NULL;
	}
	b->store = s;
	b->space.fd = b->scratch.fd;
	b->arena = arena_new();
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

void store_batch_free(struct store_batch *b)
{
	if (!b)
		return;
	for (struct bench *w = b->benches, *next; w; w = next) {
		next = w->next;
		hasher_free(w->hasher);
		free(w);
	}
	scratch_release(&b->scratch);
	map_release(&b->by_digest);
	arena_free(b->arena);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

void store_batch_totals(
	const struct store_batch *b, uint64_t *new_bytes, uint64_t *known_bytes)
{
	*new_bytes = b->new_bytes;
	*known_bytes = b->known_bytes;
}

void batch_temporary(unsigned nr, char out[BATCH_NAME])
{
	snprintf(out, BATCH_NAME, "%u", nr);
}

static int take_space(struct store_batch *b, uint64_t n, struct err *e)
{
	int r;

	pthread_mutex_lock(&b->lock);
	r = space_take(&b->space, n, e);
	pthread_mutex_unlock(&b->lock);
	return r;
}

/* A fresh temporary: its number in *nr. */
static int make_temporary(struct store_batch *b, unsigned *nr, struct err *e)
{
	char name[BATCH_NAME];
	int fd;

	pthread_mutex_lock(&b->lock);
	*nr = b->next_nr++;
	pthread_mutex_unlock(&b->lock);
	batch_temporary(*nr, name);
	fd = FAULT("store.create")
		     ? -1
		     : openat(b->scratch.fd, name,
			       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			       b->store->file_mode);
	if (fd < 0)
		return err_sys(
			e, "cannot create a file in '%s/tmp'", b->store->dir);
	/* Whatever the umask of the captured command's shell is. */
	if (fchmod(fd, b->store->file_mode) == 0)
		return fd;
	err_sys(e, "cannot set the mode of a file in '%s/tmp'", b->store->dir);
	unlinkat(b->scratch.fd, name, 0);
	close(fd);
	return -1;
}

static void drop_temporary(struct store_batch *b, unsigned nr)
{
	char name[BATCH_NAME];

	batch_temporary(nr, name);
	unlinkat(b->scratch.fd, name, 0);
}

static int write_chunk(
	struct store_batch *b, int fd, const void *p, size_t n, struct err *e)
{
	if (take_space(b, n, e) < 0)
		return -1;
	if (FAULT("store.write") || fs_write_all(fd, p, n) < 0)
		return err_sys(
			e, "cannot write an object in '%s'", b->store->dir);
	return 0;
}

/*
 * Is it in the batch or in the store? An object of the right name and another
 * size was damaged by something: it counts as unknown and is replaced. One
 * that another process renamed into place a moment ago has perhaps not reached
 * the disk by that name: this batch's commit makes sure of it, too, unless all
 * other writers are done by then.
 */
static bool is_known(struct store_batch *b, const struct digest *d, uint64_t size)
{
	struct stat st;
	bool pending;

	pthread_mutex_lock(&b->lock);
	pending = map_get(&b->by_digest, d, sizeof(*d)) != NULL;
	pthread_mutex_unlock(&b->lock);
	if (pending)
		return true;
	if (store_stat_object(b->store, d, &st, NULL) != 1 ||
		!S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
		return false;
	if (labs(time(NULL) - st.st_ctime) < RECENT_S &&
		object_here(b->store, d, size)) {
		pthread_mutex_lock(&b->lock);
		b->recent[d->b[0]] = true;
		pthread_mutex_unlock(&b->lock);
	}
	return true;
}

static void count(struct store_batch *b, struct put_result *out,
	const struct digest *d, uint64_t size, bool known)
{
	pthread_mutex_lock(&b->lock);
	*(known ? &b->known_bytes : &b->new_bytes) += size;
	pthread_mutex_unlock(&b->lock);
	*out = (struct put_result){*d, size, known};
}

bool store_put_known(struct store_batch *b, const struct digest *d, uint64_t size)
{
	struct put_result unused;

	if (!is_known(b, d, size))
		return false;
	count(b, &unused, d, size, true);
	return true;
}

/* The temporary becomes an entry, unless another thread was faster. */
static bool add_entry(struct store_batch *b, unsigned nr,
	const struct digest *d, uint64_t size)
{
	struct batch_entry *entry;
	bool added = false;

	pthread_mutex_lock(&b->lock);
	if (!map_get(&b->by_digest, d, sizeof(*d))) {
		entry = arena_alloc(b->arena, sizeof(*entry));
		*entry = (struct batch_entry){b->entries, *d, size, nr};
		b->entries = entry;
		b->count++;
		map_put(&b->by_digest, &entry->digest, sizeof(entry->digest),
			entry);
		added = true;
	}
	pthread_mutex_unlock(&b->lock);
	return added;
}

/* A whole temporary whose content is now known by its digest. */
static void settle(struct store_batch *b, int fd, unsigned nr,
	const struct digest *d, uint64_t size, struct put_result *out)
{
	bool known = is_known(b, d, size) || !add_entry(b, nr, d, size);

	if (known)
		drop_temporary(b, nr);
	else
		/* On its way to the disk while others are being hashed. */
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	count(b, out, d, size, known);
}

static int put_small(struct store_batch *b, const void *p, size_t n,
	const struct digest *d, struct put_result *out, struct err *e)
{
	autoclose int fd = -1;
	unsigned nr;

	if (is_known(b, d, n)) {
		count(b, out, d, n, true);
		return 0;
	}
	fd = make_temporary(b, &nr, e);
	if (fd < 0)
		return -1;
	if (write_chunk(b, fd, p, n, e) < 0) {
		drop_temporary(b, nr);
		return -1;
	}
	settle(b, fd, nr, d, n, out);
	return 0;
}

int store_put_bytes(struct store_batch *b, const void *p, size_t n,
	struct put_result *out, struct err *e)
{
	struct digest d;

	digest_bytes(p, n, &d);
	return put_small(b, p, n, &d, out, e);
}

/* Write while hashing; the first full chunk is in the bench already. */
static int copy_large(struct store_batch *b, struct bench *w, int fd,
	batch_read_fn read_more, void *ctx, uint64_t *size, struct err *e)
{
	ssize_t n = BATCH_CHUNK;

	*size = 0;
	do {
		hasher_add(w->hasher, w->buf, (size_t)n);
		if (write_chunk(b, fd, w->buf, (size_t)n, e) < 0)
			return -1;
		*size += (uint64_t)n;
		n = n < BATCH_CHUNK ? 0 : read_more(ctx, w->buf, BATCH_CHUNK, e);
	} while (n > 0);
	return (int)n;
}

static int put_stream(struct store_batch *b, struct bench *w,
	batch_read_fn read_more, void *ctx, struct put_result *out, struct err *e)
{
	ssize_t n = read_more(ctx, w->buf, BATCH_CHUNK, e);
	autoclose int fd = -1;
	struct digest d;
	uint64_t size;
	unsigned nr;

	if (n < 0)
		return -1;
	if (n < BATCH_CHUNK) {
		hasher_add(w->hasher, w->buf, (size_t)n);
		hasher_final(w->hasher, &d);
		return put_small(b, w->buf, (size_t)n, &d, out, e);
	}
	fd = make_temporary(b, &nr, e);
	if (fd < 0)
		return -1;
	if (copy_large(b, w, fd, read_more, ctx, &size, e) < 0) {
		drop_temporary(b, nr);
		return -1;
	}
	hasher_final(w->hasher, &d);
	settle(b, fd, nr, &d, size, out);
	return 0;
}

int batch_put_stream(struct store_batch *b, batch_read_fn read_more, void *ctx,
	struct put_result *out, struct err *e)
{
	struct bench *w = take_bench(b);
	int r = put_stream(b, w, read_more, ctx, out, e);

	give_bench(b, w);
	return r;
}

struct fd_source {
	int fd;
	uint64_t offset, limit;
};

static ssize_t read_fd(void *ctx, void *buf, size_t n, struct err *e)
{
	struct fd_source *src = ctx;
	size_t done = 0;

	if (n > src->limit - src->offset)
		n = (size_t)(src->limit - src->offset);
	while (done < n) {
		ssize_t r = pread(src->fd, (char *)buf + done, n - done,
			(off_t)src->offset);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "cannot read a file to store it");
		if (r == 0)
			break;
		done += (size_t)r;
		src->offset += (uint64_t)r;
	}
	return (ssize_t)done;
}

/* 1 when the content was cloned and settled, 0 when it must be copied. */
static int try_clone(struct store_batch *b, int src, uint64_t limit,
	struct put_result *out, struct err *e)
{
	autoclose int fd = -1;
	struct digest d;
	struct stat st;
	unsigned nr;
	uint64_t size;

	if (fstat(src, &st) < 0 || !S_ISREG(st.st_mode) ||
		st.st_size < BATCH_CHUNK || limit < BATCH_CHUNK)
		return 0;
	fd = make_temporary(b, &nr, e);
	if (fd < 0)
		return -1;
	if (ioctl(fd, FICLONE, src) < 0 || fstat(fd, &st) < 0 ||
		((uint64_t)st.st_size > limit && ftruncate(fd, (off_t)limit) < 0)) {
		drop_temporary(b, nr);
		return 0;
	}
	if (digest_fd(fd, &d, &size, e) < 0) {
		drop_temporary(b, nr);
		return -1;
	}
	settle(b, fd, nr, &d, size, out);
	return 1;
}

int store_put_fd(struct store_batch *b, int fd, uint64_t limit,
	struct put_result *out, struct err *e)
{
	struct fd_source src = {fd, 0, limit};
	int cloned = try_clone(b, fd, limit, out, e);

	if (cloned)
		return cloned < 0 ? -1 : 0;
	return batch_put_stream(b, read_fd, &src, out, e);
}

int batch_open_object(
	struct store_batch *b, const struct digest *d, struct err *e)
{
	struct batch_entry *entry;
	char name[BATCH_NAME];
	int fd;

	pthread_mutex_lock(&b->lock);
	entry = map_get(&b->by_digest, d, sizeof(*d));
	pthread_mutex_unlock(&b->lock);
	if (!entry)
		return store_open_object(b->store, d, e);
	batch_temporary(entry->nr, name);
	fd = openat(b->scratch.fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open an object just written");
	return fd;
}
