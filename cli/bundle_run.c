/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle in the place of a run. */
#include "cli/bundle_run.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "cli/cli.h"
#include "store/bundle.h"
#include "store/store.h"
#include <string.h>

struct store *bundle_run_open(struct bundle_run *b, struct invocation *in,
	const char *path, const char *verb, char id[RUN_ID_LEN + 1],
	struct err *e)
{
	struct bundle_totals totals;
	char **ids;

	if (replay_scratch_make(&b->place, in->arena, e) < 0)
		return NULL;
	b->store = store_open(
		fs_join(in->arena, b->place.path, "store"), STORE_CREATE, e);
	if (!b->store)
		return NULL;
	if (bundle_import(b->store, path, in->arena, &ids, &totals, e) < 0)
		return NULL;
	if (totals.runs != 1) {
		err_set(e,
			"'%s' holds %llu runs: import it, and name the one to "
			"%s",
			path, (unsigned long long)totals.runs, verb);
		return NULL;
	}
	memcpy(id, ids[0], RUN_ID_LEN + 1);
	return b->store;
}

void bundle_run_release(struct bundle_run *b)
{
	store_close(b->store);
	replay_scratch_remove(&b->place);
}
