// SPDX-License-Identifier: Apache-2.0
/* Two roots of data, as streams of rows. */
#include "audit/diff_parts.h"

#include "audit/csv_diff.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "manifests/json.h"
#include "manifests/table.h"
#include "manifests/table_diff.h"
#include "store/tree_files.h"

#include <errno.h>
#include <string.h>

/* Files named to a person, and to programs; and contents looked into. */
#define PATHS_SAID 10
#define PATHS_LISTED 1000
#define CONTENTS_READ 5

struct trees {
	struct diff *d;
	struct difference *out;
	json_t *first;
	size_t counts[3]; /* by diff_change */
	size_t listed, read;
};

/* NULL: the row says of no file and no link. */
static const char *content_of(struct diff *d, const struct file_row *r)
{
	char text[DIGEST_TEXT];

	if (r && r->kind == KIND_SYMLINK)
		return arena_printf(d->arena, "link to %s",
			r->target ? r->target : "(unknown)");
	if (!r || r->kind != KIND_FILE)
		return NULL;
	if (!r->has_digest)
		return "unknown";
	digest_text(&r->digest, text);
	return arena_strdup(d->arena, text);
}

static bool is_digest(const char *content)
{
	struct digest d;

	return content && digest_parse(content, &d) == 0;
}

static void look_into(struct trees *t, const char *path, const char *before,
	const char *after)
{
	struct difference x = {0};

	if (!is_digest(before) || !is_digest(after) || t->read++ >= CONTENTS_READ)
		return;
	diff_contents(t->d, &x, path, before, after);
	for (size_t i = 0; i < x.lines.count; i++)
		diff_line(t->d, t->out, "  %s", x.lines.items[i]);
	json_decref(x.detail);
}

/* `path` from the tree; NULL where a run did not read it. */
static void add_file(struct trees *t, const char *path, const char *before,
	const char *after)
{
	enum diff_change change = !before  ? DIFF_ADDED
				  : !after ? DIFF_REMOVED
					   : DIFF_CHANGED;

	t->counts[change]++;
	if (t->listed++ >= PATHS_LISTED)
		return;
	path = arena_strdup(t->d->arena, path);
	json_add(t->first, json_made(json_pack("{s:s, s:o, s:o*, s:o*}",
				   "change", diff_change_name(change), "path",
				   json_text(path), "before", json_text(before),
				   "after", json_text(after))));
	if (t->listed <= PATHS_SAID) {
		diff_line(t->d, t->out, "%s %s", path, diff_change_name(change));
		look_into(t, path, before, after);
	}
}

static int tree_row(void *arg, const struct table_difference *k, struct err *e)
{
	const unsigned content = DIFFERS_APPEARED | DIFFERS_VANISHED |
				 DIFFERS_KIND | DIFFERS_CONTENT | DIFFERS_TARGET;
	struct trees *t = arg;
	const char *before, *after;

	(void)e;
	if (k->first && k->second && !(k->what & content))
		return 0;
	before = content_of(t->d, k->first);
	after = content_of(t->d, k->second);
	if (before || after)
		add_file(t, k->path + 1, before, after);
	return 0;
}

int diff_no_tree(
	void *arg, bool second, const struct file_row *tree, struct err *e)
{
	(void)arg;
	(void)second;
	(void)tree;
	(void)e;
	return TABLE_NOT_THERE;
}

static int compare_tables(
	struct trees *t, int a, int b, const char *name, struct err *e)
{
	const struct table_diff_ops ops = {tree_row, diff_no_tree, t};
	struct table_reader *x = table_reader_new(a, name);
	struct table_reader *y = table_reader_new(b, name);
	int r = table_diff(x, y, &ops, e);

	table_reader_free(x);
	table_reader_free(y);
	return r;
}

static void sum_up(struct trees *t)
{
	struct strlist *l = &t->out->lines;
	char *sum =
		arena_printf(t->d->arena, "%s changed, %zu added, %zu removed",
			diff_count(t->d, t->counts[DIFF_CHANGED], "file"),
			t->counts[DIFF_ADDED], t->counts[DIFF_REMOVED]);

	ARENA_PUSH(t->d->arena, l->items, l->count);
	memmove(l->items + 1, l->items, (l->count - 1) * sizeof(*l->items));
	l->items[0] = sum;
	if (t->listed > PATHS_SAID)
		diff_line(t->d, t->out, "and %zu more", t->listed - PATHS_SAID);
	t->out->detail = json_pack("{s:{s:I, s:I, s:I, s:o}}", "files",
		"changed", (json_int_t)t->counts[DIFF_CHANGED], "added",
		(json_int_t)t->counts[DIFF_ADDED], "removed",
		(json_int_t)t->counts[DIFF_REMOVED], "first", t->first);
}

/* Nothing but times and modes differs: that is no difference. */
static void settle(struct trees *t)
{
	if (t->listed) {
		sum_up(t);
		return;
	}
	json_decref(t->first);
	diff_take_back(t->d);
}

static int compare_trees(struct diff *d, struct difference *x,
	const struct m_data *a, const struct m_data *b, struct err *e)
{
	struct trees t = {.d = d, .out = x, .first = json_made(json_array())};
	autoclose int fa = tree_open(d->store, a, e);
	autoclose int fb = fa < 0 ? -1 : tree_open(d->store, b, e);

	if (fa < 0 || fb < 0) {
		json_decref(t.first);
		/* By reference, with a table that the bundle left behind. */
		if (e->code != ENOENT)
			return -1;
		diff_note(d, "%s: the store has not both tables", a->path);
		return 0;
	}
	if (compare_tables(&t, fa, fb, a->path, e) < 0) {
		json_decref(t.first);
		return err_wrap(e, "the table of '%s'", a->path);
	}
	settle(&t);
	return 0;
}

int diff_inside(struct diff *d, struct difference *x, const struct m_data *a,
	const struct m_data *b, struct err *e)
{
	if (diff_is_tree(a) && diff_is_tree(b))
		return compare_trees(d, x, a, b, e);
	if (!diff_is_tree(a) && !diff_is_tree(b))
		diff_contents(d, x, b->path, a->digest, b->digest);
	return 0;
}

/* --- a tree and files ------------------------------------------------- */

struct loose {
	struct trees *t;
	const struct m_data *tree;
	bool tree_first;
	struct map files; /* by path: -> struct m_data; those not yet met */
};

static void add_sides(struct loose *l, const char *path, const char *in_tree,
	const char *loose)
{
	if (!in_tree || !loose || strcmp(in_tree, loose) != 0)
		add_file(l->t, path, l->tree_first ? in_tree : loose,
			l->tree_first ? loose : in_tree);
}

static bool is_within(const struct m_data *tree, const struct m_data *file)
{
	return fs_below(file->path, tree->path) &&
	       strcmp(file->path, tree->path) != 0;
}

static const char *content_or_unknown(const struct m_data *f)
{
	return f->digest ? f->digest : "unknown";
}

static int read_tree(struct loose *l, struct table_reader *rows, struct err *e)
{
	autostrbuf path = STRBUF_INIT;
	struct file_row row;
	int r;

	while ((r = table_next(rows, &row, e)) > 0) {
		const struct m_data *f;

		/* Without a digest: listed, and not opened. */
		if (row.kind != KIND_FILE || !row.has_digest)
			continue;
		strbuf_clear(&path);
		strbuf_addf(&path, "%s%s",
			strcmp(l->tree->path, "/") ? l->tree->path : "",
			row.path);
		f = map_gets(&l->files, path.s);
		if (f)
			map_puts(&l->files, f->path, NULL);
		add_sides(l, row.path + 1, content_of(l->t->d, &row),
			f ? content_or_unknown(f) : NULL);
	}
	return r;
}

int diff_tree_and_files(struct diff *d, struct difference *x,
	const struct m_data *tree, bool tree_first,
	const struct diff_data *files, struct err *e)
{
	struct trees t = {.d = d, .out = x, .first = json_made(json_array())};
	struct loose l = {&t, tree, tree_first, MAP_INIT};
	autoclose int fd = tree_open(d->store, tree, e);
	struct table_reader *rows;
	size_t below = strcmp(tree->path, "/") ? strlen(tree->path) + 1 : 1;
	int r;

	if (fd < 0) {
		json_decref(t.first);
		if (e->code != ENOENT)
			return -1;
		diff_note(d, "%s: the store has not its table", tree->path);
		return 0;
	}
	for (size_t i = 0; i < files->count; i++)
		if (is_within(tree, &files->items[i]))
			map_puts(&l.files, files->items[i].path,
				(void *)&files->items[i]);
	rows = table_reader_new(fd, tree->path);
	r = read_tree(&l, rows, e);
	table_reader_free(rows);
	for (size_t i = 0; r == 0 && i < files->count; i++)
		if (map_gets(&l.files, files->items[i].path))
			add_sides(&l, files->items[i].path + below, NULL,
				content_or_unknown(&files->items[i]));
	map_release(&l.files);
	if (r < 0) {
		json_decref(t.first);
		return err_wrap(e, "the table of '%s'", tree->path);
	}
	settle(&t);
	return 0;
}
