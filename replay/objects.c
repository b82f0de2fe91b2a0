// SPDX-License-Identifier: Apache-2.0
/* Checking objects before they are used. */
#include "replay/objects.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/threads.h"
#include "replay/plan.h"
#include "store/digest_cache.h"
#include "store/digest_file.h"
#include "store/store.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

/* So many are taken at once: each is some microseconds, unless it is hashed. */
#define CHUNK ((size_t)64)

/* Known already, and of the recorded size? Then it need not be opened. */
static bool is_known(
	struct store *s, struct digest_cache *c, const struct plan_object *o)
{
	struct digest known;
	struct stat st;

	if (!c || store_stat_object(s, &o->digest, &st, NULL) != 1 ||
		!S_ISREG(st.st_mode) || st.st_size != o->size)
		return false;
	return digest_known(c, &st, &known) && digest_equal(&known, &o->digest);
}

/* 0 as named; -1 with the reason. */
static int check_one(struct store *s, struct digest_cache *c,
	const struct plan_object *o, struct err *e)
{
	autoclose int fd = store_open_object(s, &o->digest, e);
	char name[DIGEST_TEXT];
	struct digest found;
	struct stat st;

	digest_text(&o->digest, name);
	if (fd < 0 && e->code == ENOENT)
		return err_set(e, "object %s of '%s' is missing", name, o->path);
	if (fd < 0)
		return err_wrap(e, "'%s'", o->path);
	if (FAULT("replay.object") || fstat(fd, &st) < 0)
		return err_sys(e, "cannot read object %s", name);
	if (st.st_size != o->size)
		return err_set(e,
			"object %s of '%s' has %lld bytes, recorded were %lld",
			name, o->path, (long long)st.st_size, (long long)o->size);
	if (digest_file(c, fd, &st, &found, e) < 0)
		return err_wrap(e, "object %s of '%s'", name, o->path);
	if (!digest_equal(&found, &o->digest))
		return err_set(e, "object %s of '%s' is damaged", name, o->path);
	return 0;
}

struct work {
	struct store *store;
	struct digest_cache *cache;
	const struct plan_object *items;
	size_t count;
	char **why; /* of each that cannot be used */
};

static void check_chunk(void *arg, size_t chunk)
{
	struct work *w = arg;
	size_t from = chunk * CHUNK;

	for (size_t i = from; i < w->count && i < from + CHUNK; i++) {
		struct err why = ERR_INIT;

		if (!is_known(w->store, w->cache, &w->items[i]) &&
			check_one(w->store, w->cache, &w->items[i], &why) < 0)
			w->why[i] = xstrdup(why.msg);
	}
}

/* In the order of the plan, whichever thread was first. */
static size_t tell_bad(const struct work *w)
{
	size_t bad = 0;

	for (size_t i = 0; i < w->count; i++) {
		if (!w->why[i])
			continue;
		log_error("%s", w->why[i]);
		free(w->why[i]);
		bad++;
	}
	return bad;
}

int objects_check(struct store *s, const struct plan_object *items,
	size_t count, struct err *e)
{
	autofree char **why = xcalloc(count, sizeof(*why));
	struct work w = {s, NULL, items, count, why};
	size_t bad;

	/* Without a cache it only takes longer. */
	w.cache = digest_cache_open(NULL, NULL);
	threads_each((count + CHUNK - 1) / CHUNK, NULL, check_chunk, &w);
	digest_cache_close(w.cache);
	bad = tell_bad(&w);
	if (bad)
		return err_set(e,
			"%zu of %zu objects cannot be used: nothing "
			"was run",
			bad, count);
	return 0;
}

/* What rows say is done, so they must be those that were recorded. */
int objects_open_table(struct store *s, const struct digest *d, struct err *e)
{
	autoclose int fd = store_open_object(s, d, e);

	return fd < 0 || digest_verify_fd(fd, d, e) < 0 ? -1 : steal_fd(&fd);
}
