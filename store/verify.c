// SPDX-License-Identifier: Apache-2.0
/* First what the runs need is gathered by digest, then each object is hashed
 * once, whether one run or a thousand need it. */
#include "store/verify.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "store/internal.h"
#include "store/needs.h"
#include "store/runs_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct item {
	struct digest digest;
	char *path;
	const char **runs;
	size_t run_count;
	struct item *next;
};

struct verifier {
	struct store *store;
	struct arena *arena;
	struct map items;          /* by digest */
	struct item *first, **end; /* in the order of their finding */
	const char *run;           /* whose needs are being gathered */
	verify_fn report;
	void *ctx;
	struct verify_totals *totals;
};

static void report(struct verifier *v, const struct verify_problem *p)
{
	v->totals->problems++;
	v->report(v->ctx, p);
}

static struct item *item_for(struct verifier *v, const struct digest *d)
{
	struct item *it = map_get(&v->items, d, sizeof(*d));

	if (it)
		return it;
	it = arena_alloc(v->arena, sizeof(*it));
	it->digest = *d;
	*v->end = it;
	v->end = &it->next;
	map_put(&v->items, &it->digest, sizeof(it->digest), it);
	return it;
}

static int gather(void *ctx, const struct need *n, struct err *e)
{
	struct verifier *v = ctx;
	struct item *it;

	if (!n->stored)
		return 0;
	it = item_for(v, &n->digest);
	if (!it->path)
		it->path = arena_strdup(v->arena, n->path);
	/* One run's needs come together. */
	if (!it->run_count || it->runs[it->run_count - 1] != v->run)
		*ARENA_PUSH(v->arena, it->runs, it->run_count) = v->run;
	return 0;
}

static void gather_run(struct verifier *v, const char *id)
{
	struct needs_walk w = {NULL, gather, v};
	struct err e = ERR_INIT;
	const char *runs[1];

	v->run = runs[0] = arena_strdup(v->arena, id);
	v->totals->runs++;
	if (needs_of_run(v->store, id, &w, &e) < 0)
		report(v, &(struct verify_problem){.kind = VERIFY_RUN,
				  .message = e.msg,
				  .runs = runs,
				  .run_count = 1});
}

static int gather_runs(struct verifier *v, const char *id, struct err *e)
{
	struct run_entry *list;
	size_t count;

	if (id) {
		gather_run(v, id);
		return 0;
	}
	if (runs_list(v->store, v->arena, false, &list, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		gather_run(v, list[i].id);
	return 0;
}

/* The objects of one directory objects/ab, those that no run needs too. */
static int gather_fan(struct verifier *v, const char *fan, struct err *e)
{
	int fd = openat(v->store->objects_fd, fan,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char hex[2 + NAME_MAX + 1];
	struct digest digest;
	struct dirent *ent;

	if (!d)
		return errno == ENOENT
			       ? 0
			       : err_sys(e, "cannot read '%s/objects/%s'",
					 v->store->dir, fan);
	while ((ent = readdir(d))) {
		snprintf(hex, sizeof(hex), "%s%s", fan, ent->d_name);
		if (strlen(hex) == DIGEST_HEX && digest_parse(hex, &digest) == 0)
			item_for(v, &digest);
	}
	closedir(d);
	return 0;
}

static void check_item(struct verifier *v, const struct item *it)
{
	struct verify_problem p = {VERIFY_DAMAGED, it->digest, it->path, NULL,
		it->runs, it->run_count};
	struct err e = ERR_INIT;
	struct stat st;

	if (store_stat_object(v->store, &it->digest, &st, NULL) == 1) {
		v->totals->objects++;
		v->totals->bytes += (uint64_t)st.st_size;
	}
	if (store_verify_object(v->store, &it->digest, &e) == 0)
		return;
	if (e.code == ENOENT)
		p.kind = VERIFY_MISSING;
	p.message = e.msg;
	report(v, &p);
}

int verify(struct store *s, const char *id, verify_fn fn, void *ctx,
	struct verify_totals *totals, struct err *e)
{
	struct verifier v = {.store = s,
		.arena = arena_new(),
		.items = MAP_INIT,
		.report = fn,
		.ctx = ctx,
		.totals = totals};
	char fan[3];
	int r;

	v.end = &v.first;
	*totals = (struct verify_totals){0};
	r = gather_runs(&v, id, e);
	for (unsigned i = 0; r == 0 && !id && i < 256; i++) {
		snprintf(fan, sizeof(fan), "%02x", i);
		r = gather_fan(&v, fan, e);
	}
	for (const struct item *it = v.first; r == 0 && it; it = it->next)
		check_item(&v, it);
	map_release(&v.items);
	arena_free(v.arena);
	return r;
}
