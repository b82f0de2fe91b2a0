// SPDX-License-Identifier: Apache-2.0
/* Opening the index, and asking it so that the answer is whole. */
#include "store/index_internal.h"

#include "base/arena.h"
#include "base/err.h"

#include <stdlib.h>

/* A database that others write to all the time is not waited for. */
#define MOST_LOOKS 10

/*
 * After a failure: is it worth trying again? As long as another process gets on
 * with the same work, its lock is no reason to do that work here, too.
 */
static int recover(struct index *ix, struct err *e)
{
	int64_t now;

	index_roll_back(ix);
	/* The store cannot be read. */
	if (ix->code == SQLITE_OK)
		return -1;
	if ((ix->code & 0xff) == SQLITE_BUSY &&
		index_version(ix, &now, NULL) == 0 && now != ix->seen)
		return 0;
	return index_db_mend(ix, e);
}

/* Up to date, whatever has to be done about the database before. */
static int bring_up(struct index *ix, struct err *e)
{
	do {
		ix->code = SQLITE_OK;
		if (index_update(ix, e) == 0)
			return 0;
	} while (recover(ix, e) == 0);
	return -1;
}

struct index *index_open(struct store *s, struct err *e)
{
	struct index *ix = xcalloc(1, sizeof(*ix));

	ix->store = s;
	ix->arena = arena_new();
	if ((index_db_open(ix, e) < 0 && index_db_mend(ix, e) < 0) ||
		bring_up(ix, e) < 0) {
		index_close(ix);
		return NULL;
	}
	return ix;
}

void index_close(struct index *ix)
{
	if (!ix)
		return;
	index_db_close(ix);
	arena_free(ix->arena);
	free(ix);
}

const struct index_trouble *index_troubles(const struct index *ix, size_t *count)
{
	*count = ix->trouble_count;
	return ix->troubles;
}

const struct strlist *index_unpublished(const struct index *ix)
{
	return &ix->unpublished;
}

/*
 * Begin to read: what was there when the index was brought up to date is, even
 * when another process has emptied the database since. 1: it has changed.
 */
static int begin(struct index *ix, struct err *e)
{
	int64_t now;

	if (index_exec(ix, "BEGIN", e) < 0 || index_version(ix, &now, e) < 0)
		return -1;
	return now != ix->seen;
}

static int ask_once(struct index *ix,
	int (*ask)(struct index *ix, void *question, struct err *e),
	void *question, struct err *e)
{
	int r = begin(ix, e);

	for (int i = 0; r == 1 && i < MOST_LOOKS; i++) {
		if (index_exec(ix, "COMMIT", e) < 0 || index_update(ix, e) < 0)
			return -1;
		r = begin(ix, e);
	}
	if (r < 0 || ask(ix, question, e) < 0)
		return -1;
	return index_exec(ix, "COMMIT", e);
}

int index_ask(struct index *ix,
	int (*ask)(struct index *ix, void *question, struct err *e),
	void *question, struct err *e)
{
	do {
		ix->code = SQLITE_OK;
		if (ask_once(ix, ask, question, e) == 0)
			return 0;
	} while (recover(ix, e) == 0 && bring_up(ix, e) == 0);
	return -1;
}
