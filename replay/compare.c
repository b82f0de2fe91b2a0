// SPDX-License-Identifier: Apache-2.0
/* Each recorded output against what the replay left. */
#include "replay/compare.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "replay/plan.h"
#include "replay/upper.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct compare {
	struct comparison *out;
	const struct plan *plan;
	struct store *store;
	const struct upper *upper;
	struct map known; /* paths of recorded outputs */
};

/* A file that the run left: an output, or a row of an output's table. */
struct expected {
	const char *path;
	const char *mode; /* or NULL */
	bool has_digest;
	struct digest digest;
	int64_t bytes;
};

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_IDENTICAL] = "identical",
		[VERDICT_DIFFERS] = "differs",
		[VERDICT_MISSING] = "missing",
		[VERDICT_EXTRA] = "extra",
		[VERDICT_NOT_JUDGED] = "not judged",
	};

	return names[v];
}

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

/* Offset of the first byte that is not the same; -1 when it is unknown. */
static int64_t first_difference(int a, int b)
{
	static char buf[2][1 << 16];
	int64_t at = 0;

	for (;;) {
		ssize_t n = fs_read_all(a, buf[0], sizeof(buf[0]));
		ssize_t m = fs_read_all(b, buf[1], sizeof(buf[1]));
		ssize_t i = 0;

		if (n < 0 || m < 0)
			return -1;
		while (i < n && i < m && buf[0][i] == buf[1][i])
			i++;
		if (i < n || i < m)
			return at + i;
		if (n == 0)
			return -1;
		at += n;
	}
}

static void explain_difference(struct compare *c, struct outcome *o, int fd)
{
	autoclose int was = store_open_object(c->store, &o->recorded, NULL);
	const char *where = "";

	if (was >= 0 && lseek(fd, 0, SEEK_SET) == 0)
		o->first_difference = first_difference(was, fd);
	if (o->first_difference >= 0)
		where = arena_printf(c->plan->arena,
			", first difference at byte %" PRId64,
			o->first_difference);
	o->reason = arena_printf(c->plan->arena,
		"%" PRId64 " bytes, recorded %" PRId64 "%s", o->replayed_bytes,
		o->recorded_bytes, where);
}

/* A mode is recorded in octal; the setuid bits have no effect here. */
static bool same_mode(const struct expected *x, mode_t mode)
{
	return !x->mode || (strtoul(x->mode, NULL, 8) & 01777) == (mode & 01777);
}

static int judge_left(struct compare *c, struct outcome *o,
	const struct expected *x, const struct left *l, struct err *e)
{
	autoclose int fd = -1;

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
		o->verdict = VERDICT_DIFFERS;
		explain_difference(c, o, fd);
	} else if (!same_mode(x, l->st.st_mode)) {
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

/* NULL when the output can be judged. */
static const char *not_judged(const struct plan *p, const struct m_data *d)
{
	const struct m_command *c = &p->manifest->command;

	if (is_stream(&c->stdout_, d->path))
		return "the run's standard output went there; the replay's is "
		       "the caller's";
	if (is_stream(&c->stderr_, d->path))
		return "the run's standard error went there; the replay's is "
		       "the caller's";
	if (d->role && !strcmp(d->role, "log"))
		return "a log";
	if (parts_covers(p, d->path))
		return "a volume lies there";
	return NULL;
}

static void count(struct comparison *c, const struct outcome *o)
{
	c->judged += o->verdict != VERDICT_NOT_JUDGED;
	c->identical += o->verdict == VERDICT_IDENTICAL;
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
	const struct file_row *r, bool *same, struct err *e)
{
	const char *path = fs_join(c->plan->arena, base, r->path + 1);
	struct expected x = {.path = path, .bytes = r->size};
	struct outcome o;

	map_puts(&c->known, path, (void *)path);
	if (r->kind != KIND_FILE)
		return 0;
	x.has_digest = r->has_digest;
	x.digest = r->digest;
	if (judge_file(c, &x, &o, e) < 0)
		return -1;
	if (o.verdict != VERDICT_IDENTICAL) {
		*same = false;
		*outcome_new(c, o.path, o.verdict) = o;
	}
	return 0;
}

static int compare_tree(struct compare *c, const struct m_data *d, struct err *e)
{
	struct table_reader *t;
	autoclose int fd = -1;
	struct digest digest;
	struct file_row row;
	bool same = true;
	struct outcome *o;
	int r;

	if (!d->digest || digest_parse(d->digest, &digest) < 0)
		return err_set(e, "the output '%s' has no digest", d->path);
	fd = store_open_object(c->store, &digest, e);
	if (fd < 0)
		return err_wrap(e, "the table of '%s'", d->path);
	t = table_reader_new(fd, d->path);
	while ((r = table_next(t, &row, e)) > 0)
		if (compare_row(c, d->path, &row, &same, e) < 0) {
			r = -1;
			break;
		}
	table_reader_free(t);
	if (r < 0)
		return -1;
	o = outcome_new(c, d->path, same ? VERDICT_IDENTICAL : VERDICT_DIFFERS);
	o->has_recorded = true;
	o->recorded = digest;
	o->reason = same ? NULL : "not all files in it are identical";
	count(c->out, o);
	return 0;
}

static int compare_one(struct compare *c, const struct m_data *d, struct err *e)
{
	const char *why = not_judged(c->plan, d);

	map_puts(&c->known, d->path, d->path);
	if (why) {
		outcome_new(c, d->path, VERDICT_NOT_JUDGED)->reason = why;
		return 0;
	}
	if (d->kind && !strcmp(d->kind, "tree"))
		return compare_tree(c, d, e);
	return compare_file(c, d, e);
}

static int find_extra(struct compare *c, struct err *e)
{
	for (size_t i = 0; i < c->upper->count; i++) {
		const struct left *l = &c->upper->items[i];
		struct outcome *o;
		int changed;

		if (!S_ISREG(l->st.st_mode) || map_gets(&c->known, l->path))
			continue;
		changed = upper_changed(c->upper, &c->plan->tree, l, e);
		if (changed < 0)
			return -1;
		if (!changed)
			continue;
		o = outcome_new(c, l->path, VERDICT_EXTRA);
		o->replayed_bytes = l->st.st_size;
		o->reason = "the run did not leave it";
		c->out->extra++;
	}
	return 0;
}

int compare_outputs(struct comparison *out, const struct plan *p,
	struct store *s, const struct upper *u, struct err *e)
{
	struct compare c = {out, p, s, u, MAP_INIT};
	int r = 0;

	*out = (struct comparison){0};
	for (size_t i = 0; r == 0 && i < p->manifest->outputs.count; i++)
		r = compare_one(&c, &p->manifest->outputs.items[i], e);
	if (r == 0)
		r = find_extra(&c, e);
	map_release(&c.known);
	return r;
}
