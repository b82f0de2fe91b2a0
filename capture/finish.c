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
#include "capture/ahead.h"
#include "manifests/manifest.h"
#include "store/digest_cache.h"
#include "store/store.h"

struct digest_cache *finish_cache(const struct finish *f)
{
	return f->cap->in_sandbox ? NULL : digest_cache_open(NULL, NULL);
}

/* The number of contents that there was no time for. */
static size_t settle_contents(struct finish *f, struct err *e)
{
	struct digest_cache *cache = finish_cache(f);
	struct content_limit limit = {f->cap->out_of_time, f->cap};
	size_t pending;
	int r = contents_settle(f->cap->batch, cache, f->contents,
		f->content_count, &limit, &pending, e);

	digest_cache_close(cache);
	/* What was not made durable is not there. The run is published all
	 * the same: digests tell what was read. */
	for (size_t i = 0; r < 0 && i < f->content_count; i++)
		if (f->contents[i].stored) {
			f->contents[i].stored = false;
			f->contents[i].outcome = CONTENT_NO_ROOM;
		}
	return pending;
}

static enum finished publish(struct finish *f, struct err *e)
{
	struct capture *cap = f->cap;
	autostrbuf yaml = STRBUF_INIT;

	if (settle_contents(f, e))
		return fs_write_file(cap->run.fd, RUN_PENDING, "", 0, 0600, e) < 0
			       ? FINISH_FAILED
			       : FINISH_PENDING;
	/* Of most packages' records a sandbox has the names only. */
	if (!cap->in_sandbox)
		finish_packages(f);
	if (finish_rows(f, e) < 0)
		return FINISH_FAILED;
	finish_sources(f);
	finish_outputs(f);
	finish_libraries(f);
	finish_library_packages(f);
	logs_finish(f);
	finish_data(f);
	if (manifest_write_yaml(cap->manifest, &yaml, e) < 0 ||
		run_publish(cap->store, &cap->run, yaml.s, yaml.len, e) < 0)
		return FINISH_FAILED;
	logs_remove(cap);
	return FINISH_PUBLISHED;
}

enum finished finish_run(struct capture *cap, struct err *e)
{
	struct finish f = {.cap = cap, .rec = &cap->rec, .a = cap->rec.arena};
	enum finished r;
	uint64_t ahead;

	cap->batch = store_batch_new(cap->store, e);
	if (!cap->batch)
		return FINISH_FAILED;
	finish_plan(&f);
	r = publish(&f, e);
	map_release(&f.package_of);
	store_batch_totals(cap->batch, &cap->new_bytes, &cap->known_bytes);
	/* To this batch it was there already. */
	ahead = ahead_stored(cap->ahead);
	if (ahead > cap->known_bytes)
		ahead = cap->known_bytes;
	cap->new_bytes += ahead;
	cap->known_bytes -= ahead;
	store_batch_free(cap->batch);
	cap->batch = NULL;
	return r;
}
