// SPDX-License-Identifier: Apache-2.0
/* The new run, and its file table against the recorded one. */
#include "replay/trace.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/map.h"
#include "manifests/table_diff.h"
#include "replay/objects.h"
#include "replay/plan.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>

/*
 * Of what two rows can differ in, not the times, which the run's results have
 * anyway and other files were given back; and not modes and owners, which not
 * every host can give back (the plan's notes say so).
 */
#define NAMED                                                       \
	(DIFFERS_APPEARED | DIFFERS_VANISHED | DIFFERS_KIND |       \
		DIFFERS_CONTENT | DIFFERS_TARGET | DIFFERS_DEVICE | \
		DIFFERS_ACCESS | DIFFERS_LISTING)

/* What the record has by digest only would fill this store now. */
static void find_references(
	const struct manifest *m, struct arena *a, struct strlist *out)
{
	for (size_t i = 0; i < m->inputs.count; i++) {
		const struct m_data *d = &m->inputs.items[i];

		if (!d->stored && d->digest)
			*ARENA_PUSH(a, out->items, out->count) = d->path;
	}
}

int trace_begin(struct trace *t, const struct replay_tracer *by, struct plan *p,
	struct err *e)
{
	struct trace_subject s = {.run = p->manifest->run.id, .iso = &p->iso};

	find_references(p->manifest, p->arena, &s.by_reference);
	if (p->cpu_view) {
		s.cpu = &p->manifest->hardware.cpu;
		s.memory = &p->manifest->hardware.memory;
	}
	if (by->begin(by->arg, &s, &t->watcher, e) < 0)
		return err_wrap(e, "the replay cannot be traced");
	p->iso.watcher = &t->watcher;
	return 0;
}

void trace_abandon(const struct replay_tracer *by)
{
	by->end(by->arg, NULL, (char[RUN_ID_LEN + 1]){0}, NULL);
}

struct comparing {
	struct trace *trace;
	const struct m_command *recorded;
	struct arena *arena;
	struct store *stores[2];
};

static struct trace_side side_of(struct arena *a, const struct file_row *r)
{
	struct trace_side s = {.size = ABSENT};

	if (r)
		s = (struct trace_side){
			.has = true,
			.access = r->access,
			.kind = r->kind,
			.has_digest = r->has_digest,
			.digest = r->digest,
			.size = r->size,
			.target = arena_strdup(a, r->target),
		};
	return s;
}

/* The order is that of the file system: the same names are the same listing. */
static bool same_names(const struct strlist *a, const struct strlist *b)
{
	struct map names = MAP_INIT;
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		map_puts(&names, a->items[i], a->items);
	for (size_t i = 0; same && i < b->count; i++)
		same = map_gets(&names, b->items[i]) != NULL;
	map_release(&names);
	return same;
}

/* A file of a whole package that the recorded run has not used. */
static bool is_unused(const struct file_row *r)
{
	return r && !r->access;
}

/*
 * Where the caller sent the recorded command's output, and directories on the
 * way there: a replay's output is its own caller's.
 */
static bool is_stream(const struct comparing *c, const struct table_difference *d)
{
	const char *streams[] = {
		c->recorded->stdout_.path, c->recorded->stderr_.path};

	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		if (streams[i] && !d->second && fs_below(streams[i], d->path) &&
			(!strcmp(streams[i], d->path) ||
				d->first->access == ACCESS_S))
			return true;
	return false;
}

static int differs(void *arg, const struct table_difference *d, struct err *e)
{
	struct comparing *c = arg;
	struct trace *t = c->trace;
	unsigned what = d->what & NAMED;

	if (d->what && (what & DIFFERS_LISTING) &&
		same_names(&d->first->listing, &d->second->listing))
		what &= ~(unsigned)DIFFERS_LISTING;
	/* What is there can be used, and what is absent cannot. */
	if (what & (DIFFERS_APPEARED | DIFFERS_VANISHED))
		what &= ~(unsigned)DIFFERS_ACCESS;
	if ((d->what && !what) || (!d->second && is_unused(d->first)) ||
		is_stream(c, d))
		return 0;
	*ARENA_PUSH(c->arena, t->items, t->count) = (struct trace_difference){
		.path = arena_strdup(c->arena, d->path),
		.what = what,
		.recorded = side_of(c->arena, d->first),
		.replayed = side_of(c->arena, d->second),
	};
	return 0;
}

static int open_tree(
	void *arg, bool second, const struct file_row *tree, struct err *e)
{
	struct comparing *c = arg;
	struct err why = ERR_INIT;
	int fd = objects_open_table(c->stores[second], &tree->digest, &why);

	if (fd >= 0)
		return fd;
	if (why.code == ENOENT)
		return TABLE_NOT_THERE;
	*e = why;
	return err_wrap(e, "the table of '%s'", tree->path);
}

static int compare(struct comparing *c, const struct manifest *recorded,
	const struct manifest *replayed, struct err *e)
{
	const struct table_diff_ops ops = {differs, open_tree, c};
	autoclose int a =
		run_open_files(c->stores[0], recorded->run.id, recorded, e);
	autoclose int b = a < 0 ? -1
				: run_open_files(c->stores[1], replayed->run.id,
					  replayed, e);
	struct table_reader *first, *second;
	int r;

	if (b < 0)
		return -1;
	first = table_reader_new(a, "files.yaml");
	second = table_reader_new(b, "files.yaml of the trace");
	r = table_diff(first, second, &ops, e);
	table_reader_free(first);
	table_reader_free(second);
	return r;
}

void trace_end(struct trace *t, const struct replay_tracer *by,
	const struct plan *p, struct store *recorded,
	const struct iso_result *end)
{
	struct comparing c = {
		t, &p->manifest->command, p->arena, {recorded, by->store}};
	struct manifest m;
	struct err e = ERR_INIT;

	t->done = by->end(by->arg, end, t->id, &e) == 0;
	if (t->done &&
		run_read_manifest(by->store, t->id, p->arena, &m, &e) == 0) {
		t->gaps = m.completeness.gaps.count;
		if (compare(&c, p->manifest, &m, &e) == 0)
			return;
	}
	t->trouble = arena_printf(p->arena, "the trace of the replay %s: %s",
		t->done ? "could not be compared" : "was lost", e.msg);
	log_error("%s", t->trouble);
}
