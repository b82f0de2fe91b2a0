// SPDX-License-Identifier: Apache-2.0
/*
 * How the bytes of files of this host get into the root. Few bytes are copied:
 * then they are what was hashed, whatever becomes of the file. Many are not:
 * with strategy A the directory that they lie in is a layer under the root, as
 * the objects of the store are, and all that is seen but the bytes comes from
 * the record. Where that cannot be, they are mounted.
 */
#include "replay/source.h"

#include "base/arena.h"
#include "base/fs.h"
#include "manifests/model.h"
#include "replay/plan.h"

#include <stdlib.h>
#include <string.h>

#define BINDS_MAX 1000

struct placing {
	struct plan *plan;
	struct sources *all;
	const struct strlist *mounts;
	/* Where neither copy nor layer is for them. */
	struct source_job **left;
	size_t left_count;
};

static int by_size(const void *a, const void *b)
{
	const struct source_job *const *x = a, *const *y = b;

	return (*x)->source.size < (*y)->source.size
		       ? -1
		       : (*x)->source.size > (*y)->source.size;
}

/* The small ones that stand alone are copied as long as there is room. */
static void find_large(struct placing *w)
{
	struct source_job **sorted = arena_array(
		w->plan->arena, w->all->jobs.count + 1, sizeof(*sorted));
	uint64_t copied = 0;
	size_t n = 0;

	for (size_t i = 0; i < w->all->jobs.count; i++) {
		struct source_job *j = w->all->jobs.items[i];
		const struct source_group *g = &w->all->groups[j->source.group];

		j->large = g->root && g->bytes > SOURCE_COPY_MAX;
		if (!g->root)
			sorted[n++] = j;
	}
	qsort(sorted, n, sizeof(*sorted), by_size);
	for (size_t i = 0; i < n; i++) {
		copied += sorted[i]->source.size;
		sorted[i]->large = copied > SOURCE_COPY_MAX;
	}
}

static bool is_movable(const struct source_job *j)
{
	return j->source.size && !(j->node->layers & IN_UPPER);
}

/* --- the layer ------------------------------------------------------- */

/* Length of the directory that both paths lie in. */
static size_t common_length(const char *a, const char *b, size_t max)
{
	size_t dir = 0;

	for (size_t i = 0; i < max && a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			dir = i;
	return dir;
}

/* A layer does not reach into what is mounted on it; and to a user namespace,
 * a directory with such a mount cannot be a layer at all. */
static bool has_mount_below(const struct placing *w, const char *dir)
{
	for (size_t i = 0; i < w->mounts->count; i++)
		if (fs_below(w->mounts->items[i], dir) &&
			strcmp(w->mounts->items[i], dir) != 0)
			return true;
	return false;
}

/* Of the large files that are on a mount; of one group only, unless NULL. */
static const char *common_directory(
	struct placing *w, const struct source_job *like, bool group)
{
	const char *first = NULL;
	size_t len = 0;

	for (size_t i = 0; i < w->all->jobs.count; i++) {
		const struct source_job *j = w->all->jobs.items[i];
		const char *path = j->source.path;

		if (!j->large || j->source.mount != like->source.mount ||
			(group && j->source.group != like->source.group))
			continue;
		len = first ? common_length(first, path, len + 1)
			    : (size_t)(strrchr(path, '/') - path);
		first = first ? first : path;
	}
	return first ? arena_memdup(w->plan->arena, first, len) : NULL;
}

/* There the store's own objects would be found first. */
bool place_is_object(const char *path)
{
	char hex[DIGEST_HEX + 1];
	struct digest d;

	if (strlen(path) != DIGEST_HEX + 2 || path[0] != '/' || path[3] != '/')
		return false;
	memcpy(hex, path + 1, 2);
	memcpy(hex + 2, path + 4, DIGEST_HEX - 1);
	return digest_parse(hex, &d) == 0;
}

/* One that holds as much as possible, and can be a layer; or NULL. */
static const char *choose_directory(
	struct placing *w, const struct source_job *most)
{
	const char *path = most->source.path;
	const char *dirs[] = {
		common_directory(w, most, false),
		common_directory(w, most, true),
		arena_memdup(w->plan->arena, path,
			(size_t)(strrchr(path, '/') - path)),
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (dirs[i] && *dirs[i] && !has_mount_below(w, dirs[i]))
			return dirs[i];
	return NULL;
}

/* There is room for one: a file is looked for in all layers by one name. */
static void choose_layer(struct placing *w)
{
	const struct source_group *groups = w->all->groups;
	const struct source_job *most = NULL;

	for (size_t i = 0; i < w->all->jobs.count; i++) {
		const struct source_job *j = w->all->jobs.items[i];

		if (!j->large || !is_movable(j) || !j->source.mount)
			continue;
		if (!most ||
			groups[j->source.group].bytes >
				groups[most->source.group].bytes ||
			(j->source.group == most->source.group &&
				j->source.size > most->source.size))
			most = j;
	}
	if (!most)
		return;
	w->all->layer = choose_directory(w, most);
	for (size_t i = 0; w->all->layer && i < w->all->jobs.count; i++) {
		struct source_job *j = w->all->jobs.items[i];

		if (!j->large || !is_movable(j) ||
			j->source.mount != most->source.mount ||
			!fs_below(j->source.path, w->all->layer))
			continue;
		j->source.inside = j->source.path + strlen(w->all->layer);
		if (!place_is_object(j->source.inside))
			j->source.place = PLACE_LAYER;
	}
}

/* --- mounts ---------------------------------------------------------- */

/* Is all that is below the root of data to be mounted, and from one place? */
static bool is_whole(const struct placing *w, const struct source_group *g)
{
	const struct node *top = tree_find(&w->plan->tree, g->root);
	size_t len = strlen(g->root);

	for (const struct node *n = top; n != tree_after(top); n = tree_next(n)) {
		const struct source *s = n->source;

		if (n->layers & (IN_UPPER | HAS_LINKS) || n->link)
			return false;
		if (n->kind != KIND_FILE)
			continue;
		if (n->content != CONTENT_HOST || s->place != PLACE_COPY ||
			&w->all->groups[s->group] != g ||
			!fs_below(s->path, g->by) ||
			strcmp(s->path + strlen(g->by), n->path + len) != 0)
			return false;
	}
	return true;
}

static void mount_whole(struct placing *w, struct source_group *g)
{
	struct node *top = tree_find(&w->plan->tree, g->root);

	while (top->first)
		tree_remove(&w->plan->tree, top->first);
	top->listed = false;
	g->bound = true;
	plan_add_volume(w->plan,
		&(struct iso_volume){g->by, g->root, true, g->dev, g->ino});
	note_add(&w->plan->notes, "mounted", g->root,
		"mounted read-only: names, their order, modes and times are "
		"those of '%s'",
		g->by);
}

static void mount_file(struct placing *w, struct source_job *j)
{
	const struct source *s = &j->source;
	const struct node *n = j->node;

	j->source.place = PLACE_BIND;
	plan_add_volume(w->plan,
		&(struct iso_volume){s->path, n->path, true, s->dev, s->ino});
	note_add(&w->plan->notes, "mounted", n->path, "mounted read-only%s",
		n->mtime_s == s->mtime_s && n->mtime_ns == s->mtime_ns &&
				n->mode == (s->mode & 07777)
			? ""
			: ": mode, owner and time are this host's");
}

static void place_rest(struct placing *w)
{
	for (size_t i = 0; i < w->all->group_count; i++) {
		struct source_group *g = &w->all->groups[i];

		if (g->root && g->by && g->bytes > SOURCE_COPY_MAX &&
			is_whole(w, g))
			mount_whole(w, g);
	}
	for (size_t i = 0; i < w->all->jobs.count; i++) {
		struct source_job *j = w->all->jobs.items[i];

		if (j->source.place == PLACE_COPY && j->large &&
			is_movable(j) && !(j->node->layers & HAS_LINKS) &&
			!w->all->groups[j->source.group].bound)
			*ARENA_PUSH(w->plan->arena, w->left, w->left_count) = j;
	}
	if (w->left_count)
		qsort(w->left, w->left_count, sizeof(*w->left), by_size);
	/* The largest ones. */
	for (size_t i = 0; i < w->left_count && i < BINDS_MAX; i++)
		mount_file(w, w->left[w->left_count - 1 - i]);
}

/* --- the tree -------------------------------------------------------- */

/* A tree in the cache is used again by replays that have the same. */
static void name_variant(struct plan *p)
{
	struct hasher *h = hasher_new();
	char hex[DIGEST_HEX + 1];
	struct digest d;

	for (const struct node *n = p->tree.root; n; n = tree_next(n)) {
		bool upper = n->layers & IN_UPPER;
		char kind[] = {(char)n->kind, (char)n->content, (char)upper,
			(char)n->mode, (char)(n->mode >> 8)};

		hasher_add(h, n->path, strlen(n->path) + 1);
		hasher_add(h, kind, sizeof(kind));
		if (!upper && n->content == CONTENT_OBJECT)
			hasher_add(h, n->digest.b, DIGEST_BYTES);
	}
	hasher_final(h, &d);
	hasher_free(h);
	digest_hex(&d, hex);
	p->sources.variant = arena_memdup(p->arena, hex, 16);
}

void sources_place(struct plan *p, const struct strlist *mounts)
{
	struct placing w = {.plan = p, .all = &p->sources, .mounts = mounts};

	find_large(&w);
	if (p->strategy == 'A')
		choose_layer(&w);
	place_rest(&w);
	for (size_t i = 0; i < w.all->jobs.count; i++) {
		struct source_job *j = w.all->jobs.items[i];

		if (j->source.place == PLACE_COPY && j->source.size &&
			!w.all->groups[j->source.group].bound)
			tree_raise(&p->tree, j->node);
	}
	if (p->strategy == 'B' && w.all->differs)
		name_variant(p);
}
