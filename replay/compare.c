// SPDX-License-Identifier: Apache-2.0
/* Each recorded output against what the replay left. */
#include "replay/compare.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "replay/plan.h"
#include "replay/upper.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct compare {
	struct comparison *out;
	const struct plan *plan;
	const struct criteria *criteria;
	struct store *store;
	const struct upper *upper;
	struct map known;   /* paths of recorded outputs */
	struct map skipped; /* of those, trees that are not judged */
};

/* A file that the run left: an output, or a row of an output's table. */
struct expected {
	const char *path;
	const char *mode; /* or NULL */
	bool has_digest;
	struct digest digest;
	int64_t bytes;
};

static struct outcome *outcome_new(
	struct compare *c, const char *path, enum verdict v)
{
	struct outcome *o =
		ARENA_PUSH(c->plan->arena, c->out->items, c->out->count);

	*o = (struct outcome){
		.path = path,
		.verdict = v,
		.recorded_bytes = -1,
		.replayed_bytes = -1,
		.first_difference = -1,
	};
	return o;
}

/* A mode is recorded in octal; the setuid bits have no effect here. */
static bool same_mode(const struct expected *x, mode_t mode)
{
	return !x->mode || (strtoul(x->mode, NULL, 8) & 01777) == (mode & 01777);
}

static int judge_left(struct compare *c, struct outcome *o,
	const struct expected *x, const struct left *l, struct err *e)
{
	autoclose int fd = -1, was = -1;

	if (!S_ISREG(l->st.st_mode)) {
		o->verdict = VERDICT_DIFFERS;
		o->reason = "is no regular file any more";
		return 0;
	}
	fd = upper_open(c->upper, l, e);
	if (fd < 0 || digest_fd(fd, &o->replayed, NULL, e) < 0)
		return err_wrap(e, "'%s'", x->path);
	o->has_replayed = true;
	o->replayed_bytes = l->st.st_size;
	if (!digest_equal(&o->replayed, &x->digest)) {
		was = store_open_object(c->store, &o->recorded, NULL);
		verdict_contents(o, c->criteria, c->plan->arena, was, fd);
	}
	if (o->verdict != VERDICT_DIFFERS && !same_mode(x, l->st.st_mode)) {
		o->verdict = VERDICT_DIFFERS;
		o->reason = arena_printf(c->plan->arena, "mode %04o, recorded %s",
			l->st.st_mode & 07777u, x->mode);
	}
	return 0;
}

/* Nothing was written: what was there at first is there still. */
static void judge_untouched(
	struct outcome *o, const struct expected *x, const struct node *n)
{
	const struct node *f = node_file(n);

	if (f->kind == KIND_FILE && node_has_digest(f)) {
		o->has_replayed = true;
		o->replayed = f->digest;
		o->replayed_bytes = f->size;
	}
	if (!o->has_replayed || !digest_equal(&f->digest, &x->digest)) {
		o->verdict = VERDICT_DIFFERS;
		o->reason = "the replay did not write it";
	}
}

static int judge_file(struct compare *c, const struct expected *x,
	struct outcome *o, struct err *e)
{
	struct final now = upper_final(c->upper, &c->plan->tree, x->path);

	*o = (struct outcome){
		.path = x->path,
		.verdict = VERDICT_IDENTICAL,
		.has_recorded = x->has_digest,
		.recorded = x->digest,
		.recorded_bytes = x->bytes,
		.replayed_bytes = -1,
		.first_difference = -1,
	};
	if (!now.left && !now.node) {
		o->verdict = VERDICT_MISSING;
		o->reason = "the replay did not leave it";
		return 0;
	}
	if (!x->has_digest) {
		o->verdict = VERDICT_NOT_JUDGED;
		o->reason = "its digest was not recorded";
		return 0;
	}
	if (now.left)
		return judge_left(c, o, x, now.left, e);
	judge_untouched(o, x, now.node);
	return 0;
}

static bool is_stream(const struct m_stream *s, const char *path)
{
	return s->kind && !strcmp(s->kind, "file") && s->path &&
	       !strcmp(s->path, path);
}

static const char *ignored(const struct compare *c, const char *path)
{
	const char *pattern = criteria_ignored(c->criteria, path);

	return pattern ? arena_printf(c->plan->arena, "--ignore '%s'", pattern)
		       : NULL;
}

/* NULL when the output can be judged. */
static const char *not_judged(const struct compare *k, const struct m_data *d)
{
	const struct m_command *c = &k->plan->manifest->command;

	if (is_stream(&c->stdout_, d->path))
		return "the run's standard output went there; the replay's is "
		       "the caller's";
	if (is_stream(&c->stderr_, d->path))
		return "the run's standard error went there; the replay's is "
		       "the caller's";
	if (d->role && !strcmp(d->role, "log"))
		return "a log";
	if (parts_covers(k->plan, d->path))
		return "a volume lies there";
	return ignored(k, d->path);
}

static void count(struct comparison *c, const struct outcome *o)
{
	c->judged += o->verdict != VERDICT_NOT_JUDGED;
	c->identical += o->verdict == VERDICT_IDENTICAL;
	c->close += o->verdict == VERDICT_CLOSE;
}

static int compare_file(struct compare *c, const struct m_data *d, struct err *e)
{
	struct expected x = {.path = d->path, .mode = d->mode, .bytes = d->bytes};
	struct outcome o;

	x.has_digest = d->digest && digest_parse(d->digest, &x.digest) == 0;
	if (judge_file(c, &x, &o, e) < 0)
		return -1;
	count(c->out, &o);
	*outcome_new(c, o.path, o.verdict) = o;
	return 0;
}

/* One row of an output tree's table; a file that is not as it was is listed. */
static int compare_row(struct compare *c, const char *base,
	const struct file_row *r, struct comparison *files, struct err *e)
{
	const char *path = fs_join(c->plan->arena, base, r->path + 1);
	struct expected x = {.path = path, .bytes = r->size};
	const char *why = ignored(c, path);
	struct outcome o;

	map_puts(&c->known, path, (void *)path);
	if (r->kind != KIND_FILE)
		return 0;
	if (why) {
		outcome_new(c, path, VERDICT_NOT_JUDGED)->reason = why;
		return 0;
	}
	x.has_digest = r->has_digest;
	x.digest = r->digest;
	if (judge_file(c, &x, &o, e) < 0)
		return -1;
	count(files, &o);
	if (o.verdict != VERDICT_IDENTICAL)
		*outcome_new(c, o.path, o.verdict) = o;
	return 0;
}

static int compare_rows(struct compare *c, const char *base,
	const struct digest *table, struct comparison *files, struct err *e)
{
	autoclose int fd = store_open_object(c->store, table, e);
	struct table_reader *t;
	struct file_row row;
	int r;

	if (fd < 0)
		return err_wrap(e, "the table of '%s'", base);
	t = table_reader_new(fd, base);
	while ((r = table_next(t, &row, e)) > 0)
		if (compare_row(c, base, &row, files, e) < 0) {
			r = -1;
			break;
		}
	table_reader_free(t);
	return r;
}

static int compare_tree(struct compare *c, const struct m_data *d, struct err *e)
{
	struct comparison files = {0};
	struct digest digest;
	struct outcome *o;

	if (!d->digest || digest_parse(d->digest, &digest) < 0)
		return err_set(e, "the output '%s' has no digest", d->path);
	if (compare_rows(c, d->path, &digest, &files, e) < 0)
		return -1;
	o = outcome_new(c, d->path, VERDICT_IDENTICAL);
	o->has_recorded = true;
	o->recorded = digest;
	if (files.identical < files.judged) {
		o->verdict = files.identical + files.close < files.judged
				     ? VERDICT_DIFFERS
				     : VERDICT_CLOSE;
		o->reason = "not all files in it are identical";
	}
	count(c->out, o);
	return 0;
}

static int compare_one(struct compare *c, const struct m_data *d, struct err *e)
{
	bool tree = d->kind && !strcmp(d->kind, "tree");
	const char *why = not_judged(c, d);

	map_puts(&c->known, d->path, d->path);
	if (why) {
		outcome_new(c, d->path, VERDICT_NOT_JUDGED)->reason = why;
		if (tree)
			map_puts(&c->skipped, d->path, d->path);
		return 0;
	}
	return tree ? compare_tree(c, d, e) : compare_file(c, d, e);
}

static bool is_known(const struct compare *c, const char *path)
{
	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/'))
		if (map_get(&c->skipped, path, (size_t)(p - path)))
			return true;
	return map_gets(&c->known, path) != NULL;
}

static void add_extra(struct compare *c, const struct left *l)
{
	const char *why = ignored(c, l->path);
	struct outcome *o = outcome_new(
		c, l->path, why ? VERDICT_NOT_JUDGED : VERDICT_EXTRA);

	o->replayed_bytes = l->st.st_size;
	o->reason = why ? why : "the run did not leave it";
	c->out->extra += !why;
}

static int find_extra(struct compare *c, struct err *e)
{
	for (size_t i = 0; i < c->upper->count; i++) {
		const struct left *l = &c->upper->items[i];
		int changed;

		if (!S_ISREG(l->st.st_mode) || is_known(c, l->path))
			continue;
		changed = upper_changed(c->upper, &c->plan->tree, l, e);
		if (changed < 0)
			return -1;
		if (changed)
			add_extra(c, l);
	}
	return 0;
}

int compare_outputs(struct comparison *out, const struct plan *p,
	const struct criteria *k, struct store *s, const struct upper *u,
	struct err *e)
{
	struct compare c = {.out = out,
		.plan = p,
		.criteria = k,
		.store = s,
		.upper = u,
		.known = MAP_INIT,
		.skipped = MAP_INIT};
	int r = 0;

	*out = (struct comparison){0};
	for (size_t i = 0; r == 0 && i < p->manifest->outputs.count; i++)
		r = compare_one(&c, &p->manifest->outputs.items[i], e);
	if (r == 0)
		r = find_extra(&c, e);
	map_release(&c.known);
	map_release(&c.skipped);
	return r;
}
