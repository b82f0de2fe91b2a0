// SPDX-License-Identifier: Apache-2.0
/*
 * From the record to a published run: settle every content, shape the rows,
 * name inputs and outputs, write both files.
 */
#include "capture/finish.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "manifests/manifest.h"
#include "store/digest_cache.h"
#include "store/store.h"

static int settle_contents(struct finish *f, struct err *e)
{
	struct digest_cache *cache = digest_cache_open(NULL, NULL);
	int r = contents_settle(
		f->cap->batch, cache, f->contents, f->content_count, e);

	digest_cache_close(cache);
	if (r == 0)
		return 0;
	/* What was not made durable is not there. The run is published all
	 * the same: digests tell what was read. */
	for (size_t i = 0; i < f->content_count; i++)
		if (f->contents[i].stored) {
			f->contents[i].stored = false;
			f->contents[i].outcome = CONTENT_NO_ROOM;
		}
	return 0;
}

int finish_run(struct capture *cap, struct err *e)
{
	struct finish f = {.cap = cap, .rec = &cap->rec, .a = cap->rec.arena};
	autostrbuf yaml = STRBUF_INIT;
	int r = -1;

	cap->batch = store_batch_new(cap->store, e);
	if (!cap->batch)
		return -1;
	finish_plan(&f);
	if (settle_contents(&f, e) == 0 && finish_rows(&f, e) == 0) {
		finish_data(&f);
		r = manifest_write_yaml(cap->manifest, &yaml, e);
	}
	if (r == 0)
		r = run_publish(cap->store, &cap->run, yaml.s, yaml.len, e);
	store_batch_totals(cap->batch, &cap->new_bytes, &cap->known_bytes);
	store_batch_free(cap->batch);
	cap->batch = NULL;
	return r;
}
