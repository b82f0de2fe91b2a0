// SPDX-License-Identifier: Apache-2.0
/* Comparing files with what their packages' records say. */
#include "capture/altered.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/threads.h"
#include "capture/finish.h"
#include "store/digest_cache.h"

#include <errno.h>
#include <string.h>

#define MD5_PREFIX "md5:"
#define MD5_TEXT (sizeof(MD5_PREFIX) + 2 * MD5_BYTES)

/* Contents whose MD5 digests are not known. */
struct work {
	struct finish *f;
	struct item *const *items;
	struct digest_cache *cache;
	struct altered **unknown;
	int *errors; /* errno of each; 0: done */
	size_t count;
};

static void md5_text(const uint8_t md5[MD5_BYTES], char out[MD5_TEXT])
{
	static const char hex[] = "0123456789abcdef";

	memcpy(out, MD5_PREFIX, sizeof(MD5_PREFIX) - 1);
	out += sizeof(MD5_PREFIX) - 1;
	for (int i = 0; i < MD5_BYTES; i++) {
		*out++ = hex[md5[i] >> 4];
		*out++ = hex[md5[i] & 15];
	}
	*out = 0;
}

static bool differs(const struct altered *c, const uint8_t md5[MD5_BYTES])
{
	char text[MD5_TEXT];

	md5_text(md5, text);
	return strcmp(text, c->installed) != 0;
}

/* What is no object may have changed while it was read. */
static bool is_same(int fd, const struct state *first)
{
	struct state now;

	if (state_of(fd, NULL, &now) < 0)
		return false;
	return !state_same_file(first, &now) || state_same_content(first, &now);
}

static void compute(void *arg, size_t i)
{
	struct work *w = arg;
	struct altered *c = w->unknown[i];
	const struct item *item = w->items[c->file];
	autoclose int fd = finish_open(w->f, item);
	struct err e = ERR_INIT;
	uint8_t md5[MD5_BYTES];

	if (fd < 0 || digest_md5_fd(fd, md5, &e) < 0) {
		w->errors[i] = e.code ? e.code : errno;
		return;
	}
	if (!is_same(fd, &item->t->first)) {
		w->errors[i] = EBUSY;
		return;
	}
	c->altered = differs(c, md5);
	if (w->cache)
		digest_cache_put_md5(w->cache, c->digest, md5);
}

/* True when it has to be computed. */
static bool look_up(struct digest_cache *cache, struct altered *c)
{
	char text[DIGEST_TEXT];
	uint8_t md5[MD5_BYTES];

	if (strncmp(c->installed, MD5_PREFIX, sizeof(MD5_PREFIX) - 1) != 0) {
		digest_text(c->digest, text);
		c->altered = strcmp(text, c->installed) != 0;
		return false;
	}
	if (!cache || !digest_cache_get_md5(cache, c->digest, md5))
		return true;
	c->altered = differs(c, md5);
	return false;
}

void altered_find(struct finish *f, struct item *const *items,
	struct altered *checks, size_t count)
{
	struct work w = {.f = f,
		.items = items,
		.cache = finish_cache(f),
		.unknown = arena_array(f->a, count + 1, sizeof(*w.unknown)),
		.errors = arena_array(f->a, count + 1, sizeof(*w.errors))};

	for (size_t i = 0; i < count; i++)
		if (look_up(w.cache, &checks[i]))
			w.unknown[w.count++] = &checks[i];
	if (w.count)
		threads_each(w.count, "comparing file", compute, &w);
	digest_cache_close(w.cache);
	for (size_t i = 0; i < w.count; i++)
		if (w.errors[i])
			record_gap(f->rec, "packages",
				items[w.unknown[i]->file]->t->path,
				"is not compared with its package: %s",
				strerror(w.errors[i]));
}
