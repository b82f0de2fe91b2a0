// SPDX-License-Identifier: Apache-2.0
/* Deciding, for each touched path, which of its contents a record needs. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/sort.h"
#include "capture/classify.h"
#include "capture/finish.h"
#include "capture/packages.h"
#include "capture/roots.h"
#include "capture/secrets.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static bool is_file(const struct state *st)
{
	return st->exists && S_ISREG(st->mode);
}

static struct content *want(struct finish *f, const char *path,
	const struct state *st, uint64_t limit)
{
	const struct record *opt = f->rec;
	struct content *c = &f->contents[f->content_count++];

	*c = (struct content){.path = path,
		.expect = *st,
		.limit = limit,
		.by_reference = st->size > opt->keep ||
				roots_of(&opt->by_reference, path) >= 0};
	return c;
}

static bool is_input(const struct item *i)
{
	const struct touched *t = i->t;

	return (t->access & (ACCESS_R | ACCESS_X)) && !(t->access & ACCESS_N) &&
	       is_file(&t->first) && !is_environment_path(t->path);
}

/* Has the file a new name for a content that the run never opened? */
static bool is_carried(const struct item *i)
{
	return strcmp(i->t->now, i->t->path) != 0 &&
	       state_same_content(&i->t->first, &i->last);
}

/* Was its content read, or could it have been, or does an output show it; or is
 * all of it stored? */
static bool first_matters(const struct item *i)
{
	const struct touched *t = i->t;

	return is_file(&t->first) && !(t->access & ACCESS_N) &&
	       (t->access & (ACCESS_R | ACCESS_X | TOUCH_WHOLE) ||
		       t->appended || t->preserved || is_carried(i));
}

static bool left_something(const struct item *i)
{
	return (i->t->access & ACCESS_W) && is_file(&i->last) &&
	       !(strcmp(i->t->now, i->t->path) == 0 && i->t->gone &&
		       !i->last.exists);
}

/* Anything but the times and owner of what was there before? */
static bool content_differs(const struct item *i)
{
	return strcmp(i->t->now, i->t->path) != 0 ||
	       !state_same_content(&i->t->first, &i->last);
}

/*
 * The last state. A rename that failed left the file where it was; one that
 * another task was about to make, when this one looked, has moved it.
 */
static void find_last(struct record *r, struct item *i)
{
	struct touched *t = i->t;
	const char *places[] = {
		t->now, t->was, t->path, record_destination(r, t->path)};
	size_t n = t->gone ? 0 : sizeof(places) / sizeof(*places);

	for (size_t k = 0; k < n; k++) {
		if (!places[k] || state_of(AT_FDCWD, places[k], &i->last) < 0 ||
			(t->first.exists && !state_same_file(&t->first, &i->last)))
			continue;
		t->now = places[k];
		return;
	}
	state_of(AT_FDCWD, t->now, &i->last);
}

/* What was only appended to has another time now, and the same beginning. */
static struct content *want_first(struct finish *f, const struct item *i)
{
	const struct touched *t = i->t;

	if (!t->appended)
		return want(f, t->now, &t->first, UINT64_MAX);
	return want(f, t->now,
		i->last.size < t->first.size ? &t->first : &i->last,
		t->first.size);
}

static void plan_item(struct finish *f, struct item *i)
{
	struct touched *t = i->t;
	bool secret = secret_path(f->cap->home, t->path);

	if (!(t->access & (ACCESS_R | ACCESS_X | ACCESS_W | TOUCH_WHOLE)))
		return;
	if ((t->access & ACCESS_W) || t->now != t->path || f->rec->move_count)
		find_last(f->rec, i);
	if (secret) {
		record_not_stored(f->rec, t);
		return;
	}
	if (first_matters(i) && !t->preserved && !t->not_stored && !t->gone)
		i->first = want_first(f, i);
	if (i->first && i->first->by_reference && finish_only_whole(t)) {
		/* To a replay a digest would be something that it needs. */
		record_gap(f->rec, "package-file", t->path,
			"is not stored with its package: by reference");
		i->first = NULL;
		f->content_count--;
	}
	if (!left_something(i) || !content_differs(i))
		return;
	i->replaced = t->gone && !t->emptied;
	if (!i->replaced)
		i->result = want(f, t->now, &i->last, UINT64_MAX);
}

static const char *path_of(const void *item)
{
	return ((const struct item *)item)->t->path;
}

static const char *now_of(const void *item)
{
	return ((const struct item *)item)->t->now;
}

void finish_sort_by_path(struct finish *f)
{
	sort_by_text(f->items, f->count, sizeof(*f->items), path_of);
}

void finish_sort_by_now(struct finish *f)
{
	sort_by_text(f->items, f->count, sizeof(*f->items), now_of);
}

/*
 * A root that is larger than --keep as a whole is kept by reference, although
 * each file of it may be small.
 */
static void keep_large_roots_out(
	struct finish *f, const struct strlist *roots, bool results)
{
	uint64_t *bytes = arena_array(f->a, roots->count, sizeof(*bytes));

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < f->count; i++) {
			struct content *c = results ? f->items[i].result
						    : f->items[i].first;
			long r = c ? roots_of(roots, c->path) : -1;

			if (r < 0 || (!results && !f->items[i].is_input))
				continue;
			if (pass == 0)
				bytes[r] += c->expect.size;
			else if (bytes[r] > f->rec->keep)
				c->by_reference = true;
		}
}

static const char *text_of(const void *path)
{
	return *(char *const *)path;
}

static void find_roots(struct finish *f, bool results, struct strlist *roots)
{
	char **paths = arena_array(f->a, f->count, sizeof(*paths));
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct item *it = &f->items[i];

		if (results ? it->result != NULL : it->is_input)
			paths[n++] = (char *)(results ? it->t->now : it->t->path);
	}
	sort_by_text(paths, n, sizeof(*paths), text_of);
	roots_find(f->a, paths, n, ROOT_FILES, roots);
	if (roots->count)
		keep_large_roots_out(f, roots, results);
}

void finish_plan(struct finish *f)
{
	struct record *rec = f->rec;

	rows_add_implied(rec, 0);
	if (rec->whole) {
		packages_add(rec, &f->cap->packages);
		rows_add_implied(rec, TOUCH_WHOLE);
	}
	f->count = rec->touched_count;
	f->items = arena_array(f->a, f->count, sizeof(*f->items));
	f->contents = arena_array(f->a, 2 * f->count, sizeof(*f->contents));
	for (size_t i = 0; i < f->count; i++) {
		f->items[i].t = rec->touched[i];
		f->items[i].is_input = is_input(&f->items[i]);
		plan_item(f, &f->items[i]);
	}
	/* Not in the order of reading, which threads make a matter of luck. */
	finish_sort_by_path(f);
	find_roots(f, false, &f->input_roots);
	find_roots(f, true, &f->output_roots);
}
