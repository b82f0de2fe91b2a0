// SPDX-License-Identifier: Apache-2.0
/* Following contents from run to run. */
#include "audit/lineage.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/sort.h"

#include <string.h>

void lineage_init(struct lineage *l, struct index *ix, struct arena *a)
{
	*l = (struct lineage){.arena = a,
		.index = ix,
		.contents = {.arena = a, .index = ix, .known = MAP_INIT}};
}

void lineage_release(struct lineage *l)
{
	lineage_contents_release(&l->contents);
}

static long find_run(const struct lineage *l, const char *id)
{
	for (size_t i = 0; i < l->run_count; i++)
		if (!strcmp(l->runs[i].run.id, id))
			return (long)i;
	return -1;
}

/* The run's index; -2: the index does not have it; -1: trouble. */
static long add_run(struct lineage *l, const char *id,
	enum lineage_relation relation, struct err *e)
{
	long at = find_run(l, id);
	struct lineage_run *r;
	struct index_run run;
	int found;

	if (at >= 0)
		return at;
	found = index_run(l->index, l->arena, id, &run, e);
	if (found <= 0)
		return found < 0 ? -1 : -2;
	r = ARENA_PUSH(l->arena, l->runs, l->run_count);
	r->run = run;
	r->relation = relation;
	return (long)l->run_count - 1;
}

/* --- where it came from ----------------------------------------------- */

static bool same_path(
	const struct index_content *a, const struct index_content *b)
{
	return !strcmp(a->path, b->path);
}

static bool same_digest(
	const struct index_content *a, const struct index_content *b)
{
	return a->has_digest && b->has_digest &&
	       digest_equal(&a->digest, &b->digest);
}

/*
 * Does `x` come after `y` as the source of one input? Two writers of one
 * content, or of one place: the later one counts.
 */
static bool replaces(const struct index_link *x, const struct index_link *y)
{
	return same_path(&x->here, &y->here) &&
	       (same_path(&x->there, &y->there) ||
		       same_digest(&x->there, &y->there)) &&
	       strcmp(x->there.started, y->there.started) > 0;
}

static const char *input_of(const void *item)
{
	return ((const struct index_link *)item)->here.path;
}

static size_t latest_of(const struct index_link *links, size_t n)
{
	size_t latest = 0;

	for (size_t i = 1; i < n; i++)
		if (strcmp(links[i].there.started, links[latest].there.started) >
			0)
			latest = i;
	return latest;
}

/* Of n links of one input: is none a later source of the same? Mostly the
 * latest one is. */
static bool counts(
	const struct index_link *links, size_t n, size_t latest, size_t i)
{
	if (replaces(&links[latest], &links[i]))
		return false;
	for (size_t k = 0; k < n; k++)
		if (replaces(&links[k], &links[i]))
			return false;
	return true;
}

/*
 * The same content by chance, or a copy: the writer had read it at this very
 * place, or another run wrote it right here. 1, 0 or -1.
 */
static int is_unrelated(struct lineage *l, const struct index_run *run,
	const struct index_link *k, struct err *e)
{
	const struct lineage_known *known;

	if (k->here.tree || !k->here.has_digest)
		return 0;
	known = lineage_know(&l->contents, &k->here.digest, e);
	if (!known)
		return -1;
	return lineage_has_read(known, k->there.run, k->here.path) ||
	       (!same_path(&k->here, &k->there) &&
		       lineage_was_written(known, k->here.path, run->started));
}

/* A file that is one of a tree on the other side: the file in it. */
static int name_file(struct lineage *l, const struct index_content *file,
	struct index_content *tree, enum index_way way, struct err *e)
{
	const struct lineage_known *known;
	const struct index_content *found;
	size_t n;

	if (!tree->tree || file->tree || !file->has_digest)
		return 0;
	known = lineage_know(&l->contents, &file->digest, e);
	if (!known)
		return -1;
	found = way == INDEX_READ ? known->readers : known->writers;
	n = way == INDEX_READ ? known->reader_count : known->writer_count;
	for (size_t i = 0; i < n; i++)
		if (found[i].root && !strcmp(found[i].run, tree->run) &&
			!strcmp(found[i].root, tree->path)) {
			*tree = found[i];
			return 0;
		}
	return 0;
}

static int name_files(struct lineage *l, struct index_link *k, struct err *e)
{
	if (name_file(l, &k->here, &k->there, INDEX_WROTE, e) < 0)
		return -1;
	return name_file(l, &k->there, &k->here, INDEX_READ, e);
}

/* The links to an earlier run, at the beginning of the list; -1: trouble. */
static long keep_earlier(struct lineage *l, const struct index_run *run,
	struct index_link *links, size_t n, struct err *e)
{
	long kept = 0;

	for (size_t i = 0; i < n; i++) {
		int unrelated;

		if (strcmp(links[i].there.started, run->started) >= 0)
			continue;
		if (name_files(l, &links[i], e) < 0)
			return -1;
		unrelated = is_unrelated(l, run, &links[i], e);
		if (unrelated < 0)
			return -1;
		if (!unrelated)
			links[kept++] = links[i];
	}
	return kept;
}

/* The links to an earlier run that nothing later replaces, by input. */
static int causes(struct lineage *l, struct arena *a, const struct index_run *run,
	struct index_link **out, size_t *count, struct err *e)
{
	struct index_link *links;
	size_t n, earlier;
	long kept;

	*out = NULL;
	*count = 0;
	if (index_links(l->index, a, run->id, INDEX_READ, &links, &n, e) < 0)
		return -1;
	kept = keep_earlier(l, run, links, n, e);
	if (kept < 0)
		return -1;
	earlier = (size_t)kept;
	sort_by_text(links, earlier, sizeof(*links), input_of);
	for (size_t i = 0, end, latest; i < earlier; i = end) {
		for (end = i + 1; end < earlier &&
				  same_path(&links[i].here, &links[end].here);)
			end++;
		latest = latest_of(links + i, end - i);
		for (size_t k = 0; k < end - i; k++)
			if (counts(links + i, end - i, latest, k))
				*ARENA_PUSH(a, *out, *count) = links[i + k];
	}
	return 0;
}

static bool is_code(const struct index_content *c)
{
	return c->role && !strcmp(c->role, "code");
}

/* What it read and nobody wrote. */
static int find_sources(struct lineage *l, size_t at,
	const struct index_link *links, size_t n, struct err *e)
{
	struct lineage_run *r = &l->runs[at];
	struct map known = MAP_INIT;
	struct index_content *all;
	size_t count;

	if (index_contents(l->index, l->arena, r->run.id, INDEX_READ, &all,
		    &count, e) < 0)
		return -1;
	for (size_t k = 0; k < n; k++)
		map_puts(&known,
			links[k].here.root ? links[k].here.root
					   : links[k].here.path,
			r);
	for (size_t i = 0; i < count; i++)
		if (!is_code(&all[i]) && !map_gets(&known, all[i].path))
			*ARENA_PUSH(l->arena, r->sources, r->source_count) =
				all[i];
	map_release(&known);
	return 0;
}

static void add_edge(
	struct lineage *l, size_t from, size_t to, const struct index_link *k)
{
	*ARENA_PUSH(l->arena, l->edges, l->edge_count) = (struct lineage_edge){
		from, to, lineage_keep_content(l->arena, &k->there),
		lineage_keep_content(l->arena, &k->here), k->contents};
}

/* Breadth first: runs that are found are appended, and come later. */
static int follow_back(struct lineage *l, struct err *e)
{
	for (size_t at = 0; at < l->run_count; at++) {
		struct index_link *links;
		size_t n;

		if (causes(l, l->arena, &l->runs[at].run, &links, &n, e) < 0 ||
			find_sources(l, at, links, n, e) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			long from = add_run(
				l, links[i].there.run, LINEAGE_ANCESTOR, e);

			if (from == -1)
				return -1;
			if (from >= 0)
				add_edge(l, (size_t)from, at, &links[i]);
		}
	}
	return 0;
}

/* --- what it led to --------------------------------------------------- */

static bool has_edge(const struct lineage *l, size_t from, size_t to,
	const struct index_link *k)
{
	for (size_t i = 0; i < l->edge_count; i++)
		if (l->edges[i].from == from && l->edges[i].to == to &&
			same_path(&l->edges[i].wrote, &k->there) &&
			same_path(&l->edges[i].read, &k->here))
			return true;
	return false;
}

/* Edges from run `from` to a later reader, as the reader sees them. */
static int add_reader(
	struct lineage *l, size_t from, const char *reader, struct err *e)
{
	/* Most links of a reader lead to other runs. */
	autoarena *scratch = arena_new();
	struct index_link *links;
	struct index_run run;
	size_t n;
	int found = index_run(l->index, scratch, reader, &run, e);

	if (found <= 0)
		return found;
	if (causes(l, scratch, &run, &links, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		long to;

		if (strcmp(links[i].there.run, l->runs[from].run.id) != 0)
			continue;
		to = add_run(l, reader, LINEAGE_DESCENDANT, e);
		if (to < 0)
			return -1;
		if (!has_edge(l, from, (size_t)to, &links[i]))
			add_edge(l, from, (size_t)to, &links[i]);
	}
	return 0;
}

static int follow_from(struct lineage *l, size_t at, struct err *e)
{
	struct map done = MAP_INIT;
	struct index_link *links;
	size_t n;
	int r = 0;

	if (index_links(l->index, l->arena, l->runs[at].run.id, INDEX_WROTE,
		    &links, &n, e) < 0)
		return -1;
	for (size_t i = 0; r == 0 && i < n; i++) {
		char *reader = links[i].there.run;

		if (strcmp(links[i].there.started, l->runs[at].run.started) > 0 &&
			!map_puts(&done, reader, reader))
			r = add_reader(l, at, reader, e);
	}
	map_release(&done);
	return r;
}

/* From the subject, then from all that is found; not from its ancestors. */
static int follow_on(struct lineage *l, size_t first, struct err *e)
{
	for (size_t at = first; at < l->run_count; at++)
		if (l->runs[at].relation == LINEAGE_DESCENDANT &&
			follow_from(l, at, e) < 0)
			return -1;
	return 0;
}

int lineage_of_run(struct lineage *l, const char *id, struct err *e)
{
	long at = add_run(l, id, LINEAGE_SUBJECT, e);
	size_t first;

	if (at < 0)
		return at == -2 ? err_set(e, "run '%s' is not in the index", id)
				: -1;
	if (follow_back(l, e) < 0)
		return -1;
	first = l->run_count;
	if (follow_from(l, 0, e) < 0)
		return -1;
	return follow_on(l, first, e);
}

/* --- a content -------------------------------------------------------- */

/* Latest first come from the index; readers are told from the earliest on. */
static struct index_content *reversed(
	struct arena *a, const struct index_content *items, size_t n)
{
	struct index_content *out = arena_array(a, n, sizeof(*out));

	for (size_t i = 0; i < n; i++)
		out[i] = items[n - 1 - i];
	return out;
}

/* Runs that read this content of the subject, and what came of them. */
static int add_readers(struct lineage *l, struct err *e)
{
	size_t first = l->run_count;

	for (size_t i = 0; i < l->reader_count; i++) {
		const struct index_content *c = &l->readers[i];

		if (l->run_count && l->writer_count &&
			strcmp(c->started, l->runs[0].run.started) <= 0)
			continue;
		if (l->writer_count
				? add_reader(l, 0, c->run, e) < 0
				: add_run(l, c->run, LINEAGE_DESCENDANT, e) == -1)
			return -1;
	}
	return follow_on(l, first, e);
}

int lineage_of_content(struct lineage *l, const char *name,
	const struct digest *d, struct err *e)
{
	const struct lineage_known *known = lineage_know(&l->contents, d, e);

	if (!known)
		return -1;
	l->has_content = true;
	l->content = *d;
	l->content_name = name;
	l->writers = known->writers;
	l->writer_count = known->writer_count;
	l->readers = reversed(l->arena, known->readers, known->reader_count);
	l->reader_count = known->reader_count;
	if (!l->writer_count && !l->reader_count)
		return 0;
	if (l->writer_count &&
		(add_run(l, l->writers[0].run, LINEAGE_SUBJECT, e) < 0 ||
			follow_back(l, e) < 0))
		return -1;
	return add_readers(l, e) < 0 ? -1 : 1;
}
