// SPDX-License-Identifier: Apache-2.0
/* The threads that hash and store. */
#include "capture/contents.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/threads.h"
#include "store/digest_file.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct work {
	struct store_batch *batch;
	struct digest_cache *cache;
	struct content *items;
	const struct content_limit *limit;
	_Atomic bool full;
};

static bool out_of_time(const struct work *w)
{
	return w->limit && w->limit->out_of_time &&
	       w->limit->out_of_time(w->limit->arg);
}

struct digest_key content_key(const struct state *st)
{
	return (struct digest_key){
		st->dev, st->ino, st->size, state_mtime(st), st->ctime};
}

int content_open(const char *path)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
	int fd = fs_open(path, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? fs_open(path, flags) : fd;
}

#define CHUNK (1 << 20)

/* A file may be so large that its hashing alone takes too long. */
static void hash_only(struct work *w, struct content *c, int fd)
{
	struct hasher *h = hasher_new();
	char *buf = xmalloc(CHUNK);
	uint64_t left = c->limit;

	while (left) {
		ssize_t n = fs_read_all(fd, buf, left < CHUNK ? left : CHUNK);

		if (n < 0) {
			c->outcome = CONTENT_UNREADABLE;
			c->error = errno;
		}
		if (n <= 0)
			break;
		hasher_add(h, buf, (size_t)n);
		left -= (uint64_t)n;
		if (out_of_time(w)) {
			c->outcome = CONTENT_PENDING;
			break;
		}
	}
	hasher_final(h, &c->digest);
	free(buf);
	hasher_free(h);
}

static void store_it(struct work *w, struct content *c, int fd)
{
	struct put_result put;
	struct err e = ERR_INIT;

	if (store_put_fd(w->batch, fd, c->limit, &put, &e) == 0) {
		c->digest = put.digest;
		c->stored = true;
		return;
	}
	if (e.code != ENOSPC && e.code != EDQUOT) {
		c->outcome = CONTENT_UNREADABLE;
		c->error = e.code;
		return;
	}
	atomic_store(&w->full, true);
	hash_only(w, c, fd);
	if (c->outcome == CONTENT_OK)
		c->outcome = CONTENT_NO_ROOM;
}

static bool known(struct work *w, struct content *c, const struct state *now)
{
	struct digest_key key = content_key(now);

	if (!w->cache || c->limit < now->size ||
		!digest_cache_get(w->cache, &key, &c->digest))
		return false;
	if (c->by_reference)
		return true;
	c->stored = store_put_known(w->batch, &c->digest, now->size);
	return c->stored;
}

static void settle(struct work *w, struct content *c)
{
	struct state before, after;
	autoclose int fd = -1;
	struct digest_key key;
	bool quiet;

	c->outcome = CONTENT_OK;
	/* The usual case asks for nothing but one stat. */
	if (state_of(AT_FDCWD, c->path, &before) == 0 &&
		state_same_content(&before, &c->expect) && known(w, c, &before))
		return;
	fd = content_open(c->path);
	if (fd < 0 || state_of(fd, NULL, &before) < 0 || !S_ISREG(before.mode)) {
		c->outcome = CONTENT_UNREADABLE;
		c->error = fd < 0 ? errno : EINVAL;
		return;
	}
	if (out_of_time(w)) {
		c->outcome = CONTENT_PENDING;
		return;
	}
	quiet = digest_is_quiet(fd, before.ctime);
	if (c->by_reference || atomic_load(&w->full)) {
		hash_only(w, c, fd);
		if (!c->by_reference && c->outcome == CONTENT_OK)
			c->outcome = CONTENT_NO_ROOM;
	} else {
		store_it(w, c, fd);
	}
	if (c->outcome == CONTENT_UNREADABLE || c->outcome == CONTENT_PENDING)
		return;
	if (state_of(fd, NULL, &after) < 0 ||
		!state_same_content(&before, &after) ||
		(c->limit >= before.size &&
			!state_same_content(&before, &c->expect)))
		c->outcome = CONTENT_CHANGED;
	else if (quiet && after.ctime == before.ctime &&
		 c->limit >= before.size && w->cache) {
		key = content_key(&before);
		digest_cache_put(w->cache, &key, &c->digest);
	}
}

static void settle_one(void *arg, size_t i)
{
	struct work *w = arg;

	settle(w, &w->items[i]);
}

int contents_settle(struct store_batch *b, struct digest_cache *cache,
	struct content *items, size_t count, const struct content_limit *limit,
	size_t *pending, struct err *e)
{
	struct work w = {
		.batch = b, .cache = cache, .items = items, .limit = limit};

	threads_each(count, "storing file", settle_one, &w);
	*pending = 0;
	for (size_t i = 0; i < count; i++)
		*pending += items[i].outcome == CONTENT_PENDING;
	return store_batch_commit(b, e);
}
