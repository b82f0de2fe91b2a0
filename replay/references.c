// SPDX-License-Identifier: Apache-2.0
/*
 * Inputs that were kept by reference are looked for where they were recorded,
 * or where the user says, and must be what they were.
 */
#include "replay/source.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "replay/plan.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Lines about single files; the number of all of them is told. */
#define LINES_MAX 20

struct search {
	struct plan *plan;
	struct source_jobs jobs;
	/* Of the directory that the last file lay in. */
	const struct node *dir;
	const char *real;   /* on this host; NULL: it is not there */
	size_t group;       /* its root of data's, or the first */
	size_t first_group; /* of files that are in no root of data */
};

/* Where the user says that it is, or where it was. */
static const char *place_of(struct plan *p, const char *path)
{
	const struct elsewhere *best = NULL;

	for (size_t i = 0; i < p->sources.elsewhere_count; i++) {
		const struct elsewhere *w = &p->sources.elsewhere[i];

		if (fs_below(path, w->from) &&
			(!best || strlen(w->from) >= strlen(best->from)))
			best = w;
	}
	if (!best)
		return path;
	path += strlen(best->from);
	return *path ? fs_join(p->arena, best->to, path + 1) : best->to;
}

static const char *real_path(struct arena *a, const char *path)
{
	char real[PATH_MAX];

	if (!realpath(path, real))
		return NULL;
	return strcmp(path, real) ? arena_strdup(a, real) : path;
}

static const struct node *root_of(const struct node *n)
{
	while (n && !n->tree)
		n = n->parent;
	return n;
}

static size_t group_of(struct search *s, const struct node *dir)
{
	const struct node *root = root_of(dir);
	struct sources *all = &s->plan->sources;

	if (!root)
		return s->first_group;
	for (size_t i = s->first_group; i < all->group_count; i++)
		if (all->groups[i].root == root->path)
			return i;
	return source_group_new(s->plan, root->path,
		real_path(s->plan->arena, place_of(s->plan, root->path)));
}

/* Most files lie in the directory of the one before. */
static void enter(struct search *s, const struct node *dir)
{
	if (s->dir == dir)
		return;
	s->dir = dir;
	s->real = real_path(s->plan->arena, place_of(s->plan, dir->path));
	s->group = group_of(s, dir);
}

/* Of the very file the name may be a link by now, in a root of data not. */
static const char *path_of(struct search *s, const struct node *n)
{
	struct arena *a = s->plan->arena;
	const char *path, *real;

	if (s->group != s->first_group && s->real)
		return strcmp(s->real, n->parent->path)
			       ? fs_join(a, s->real, n->name)
			       : n->path;
	path = place_of(s->plan, n->path);
	real = real_path(a, path);
	return real ? real : path;
}

static void add(struct search *s, struct node *n)
{
	enter(s, n->parent);
	source_job_new(s->plan->arena, &s->jobs, n, path_of(s, n), s->group);
}

static void collect(struct search *s)
{
	for (struct node *n = s->plan->tree.root; n; n = tree_next(n)) {
		if (n->content != CONTENT_HOST || n->link || n->source)
			continue;
		s->plan->sources.differs = true;
		if (parts_covers(s->plan, n->path))
			n->content = CONTENT_NONE;
		else
			add(s, n);
	}
}

static bool is_right(const struct source_job *j)
{
	return !j->error && digest_equal(&j->digest, &j->node->digest);
}

static bool is_absent(const struct source_job *j)
{
	return j->error == ENOENT || j->error == ENOTDIR;
}

static int complain(const struct source_job *j, struct err *e)
{
	char was[DIGEST_TEXT], is[DIGEST_TEXT];
	const char *path = j->node->path;

	digest_text(&j->node->digest, was);
	digest_text(&j->digest, is);
	if (is_absent(j))
		return err_set(e,
			"'%.120s' was kept by reference, %s, and is not here: "
			"--input %.120s=FILE says where it is",
			path, was, path);
	if (j->error) {
		errno = j->error;
		return err_sys(e, "'%.120s', kept by reference as %s: '%.120s'",
			path, was, j->source.path);
	}
	return err_set(e,
		"'%.120s' was kept by reference as %s, but '%.120s' is %s (a "
		"volume can stand there instead: --volume FILE:PATH:ro)",
		path, was, j->source.path, is);
}

/* A root of data that is not there at all is one sentence. */
static bool complain_of_root(
	struct search *s, const struct source_group *g, struct err *e)
{
	const struct node *root =
		g->root ? tree_find(&s->plan->tree, g->root) : NULL;
	char was[DIGEST_TEXT];

	if (!root || g->by)
		return false;
	digest_text(&root->digest, was);
	err_set(e,
		"'%.120s' with %zu files was kept by reference, %s, and is not "
		"here: --input %.120s=DIR says where it is",
		root->path, g->files, was, root->path);
	return true;
}

static int refuse(struct search *s, size_t bad, struct err *e)
{
	struct sources *all = &s->plan->sources;
	size_t lines = 0;

	for (size_t i = s->first_group; i < all->group_count; i++)
		if (complain_of_root(s, &all->groups[i], e)) {
			if (all->groups[i].files == bad)
				return -1;
			log_error("%s", e->msg);
			lines++;
		}
	for (size_t i = 0; i < s->jobs.count && lines < LINES_MAX; i++) {
		const struct source_job *j = s->jobs.items[i];
		const struct source_group *g = &all->groups[j->source.group];

		if (is_right(j) || (g->root && !g->by))
			continue;
		complain(j, e);
		if (bad == 1)
			return -1;
		log_error("%s", e->msg);
		lines++;
	}
	*e = (struct err)ERR_INIT;
	return err_set(e,
		"%zu of %zu inputs that were kept by reference cannot be used: "
		"nothing was run",
		bad, s->jobs.count);
}

/* A name that is in the directory now, and was not when the run listed it. */
static const char *find_new(
	struct search *s, const struct node *dir, const char *real)
{
	struct map known = MAP_INIT;
	const char *found = NULL;
	DIR *d = opendir(real);
	struct dirent *ent;

	for (const char *name = dir->listing;
		name < dir->listing + dir->listing_len; name += strlen(name) + 1)
		map_puts(&known, name, (void *)name);
	while (d && !found && (ent = readdir(d)))
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, "..") &&
			!map_gets(&known, ent->d_name))
			found = arena_strdup(s->plan->arena, ent->d_name);
	if (d)
		closedir(d);
	map_release(&known);
	return found;
}

/*
 * Where a directory can only be mounted as it is, nothing may be in it that
 * the run would have used, too, had it been there.
 */
static int check_names(
	struct search *s, const struct source_group *g, struct err *e)
{
	const struct node *top = tree_find(&s->plan->tree, g->root);

	for (const struct node *n = top; n != tree_after(top); n = tree_next(n)) {
		const char *below = n->path + strlen(g->root);
		const char *real = g->by, *name;

		if (!n->listed)
			continue;
		if (*below)
			real = fs_join(s->plan->arena, real, below + 1);
		name = find_new(s, n, real);
		if (name)
			return err_set(e,
				"'%.120s' has '%.120s' now, which the run did "
				"not see in '%.120s', and with root strategy B "
				"it would (that of Linux 6.16 hides it)",
				real, name, n->path);
	}
	return 0;
}

static void add_reference(struct plan *p, const struct reference *r)
{
	struct sources *s = &p->sources;

	*ARENA_PUSH(p->arena, s->references, s->reference_count) = *r;
	/* What was said to lie elsewhere is told with what replaces parts. */
	for (size_t i = 0; i < s->elsewhere_count; i++) {
		struct replaced *given =
			&p->replaced.items[s->elsewhere[i].replaced];

		if (!fs_below(r->path, s->elsewhere[i].from))
			continue;
		given->bytes += r->bytes;
		if (given->files >= 0)
			given->files += r->files < 0 ? 1 : r->files;
		if (strcmp(r->path, given->path) != 0)
			continue;
		given->has_digest = given->has_recorded = true;
		given->digest = given->recorded = r->digest;
	}
}

/* A single file by itself, a root of data as one. */
static void list(struct search *s)
{
	struct sources *all = &s->plan->sources;

	for (size_t i = 0; i < s->jobs.count; i++) {
		const struct source_job *j = s->jobs.items[i];

		if (j->source.group == s->first_group)
			add_reference(s->plan,
				&(struct reference){j->node->path, j->source.path,
					j->node->digest, -1, j->node->size});
	}
	for (size_t i = s->first_group + 1; i < all->group_count; i++) {
		const struct source_group *g = &all->groups[i];

		add_reference(s->plan,
			&(struct reference){g->root, g->by,
				tree_find(&s->plan->tree, g->root)->digest,
				(int64_t)g->files, g->bytes});
	}
}

int references_find(struct plan *p, struct err *e)
{
	struct sources *all = &p->sources;
	struct search s = {.plan = p, .first_group = all->group_count};
	size_t bad = 0;

	source_group_new(p, NULL, NULL);
	collect(&s);
	sources_look(&s.jobs);
	for (size_t i = 0; i < s.jobs.count; i++) {
		struct source_job *j = s.jobs.items[i];
		struct source_group *g = &all->groups[j->source.group];

		g->files++;
		g->bytes += j->node->size;
		bad += !is_right(j);
		j->node->source = &j->source;
		*ARENA_PUSH(p->arena, all->jobs.items, all->jobs.count) = j;
	}
	if (bad)
		return refuse(&s, bad, e);
	for (size_t i = s.first_group + 1; i < all->group_count; i++)
		if (p->strategy == 'B' && all->groups[i].bytes > SOURCE_COPY_MAX &&
			check_names(&s, &all->groups[i], e) < 0)
			return -1;
	list(&s);
	return 0;
}
