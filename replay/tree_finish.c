// SPDX-License-Identifier: Apache-2.0
/* When all rows are in: the order of names, and which layer holds what. */
#include "replay/tree.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *key, const void *item)
{
	return strcmp(key, (*(struct node *const *)item)->name);
}

static int nodes_by_name(const void *a, const void *b)
{
	return strcmp((*(struct node *const *)a)->name,
		(*(struct node *const *)b)->name);
}

static void append(struct node *dir, struct node *n)
{
	n->next = NULL;
	n->prev = dir->last;
	*(dir->last ? &dir->last->next : &dir->first) = n;
	dir->last = n;
}

/*
 * Children in the order in which the run saw them. Names that are not in the
 * listing (made by others in between) come last; listed names that have no
 * node were the run's own by then.
 */
static void sort_children(struct node *dir)
{
	const char *p = dir->listing;
	struct node **all, **found;
	size_t n = 0, i = 0;

	for (struct node *c = dir->first; c; c = c->next)
		n++;
	if (n < 2)
		return;
	all = xcalloc(n, sizeof(*all));
	for (struct node *c = dir->first; c; c = c->next)
		all[i++] = c;
	/* Mount points of ours stand before their place in byte order. */
	qsort(all, n, sizeof(*all), nodes_by_name);
	dir->first = dir->last = NULL;
	for (; p < dir->listing + dir->listing_len; p += strlen(p) + 1) {
		found = bsearch(p, all, n, sizeof(*all), by_name);
		/* A name that comes twice is taken once: its parent says. */
		if (!found || !(*found)->parent)
			continue;
		(*found)->parent = NULL;
		append(dir, *found);
	}
	for (i = 0; i < n; i++) {
		if (all[i]->parent)
			append(dir, all[i]);
		all[i]->parent = dir;
	}
	free(all);
}

static bool is_changed(const struct node *n)
{
	return n->row && n->access & (ACCESS_W | ACCESS_M);
}

/* A directory that was renamed or removed goes up as a whole. */
static bool moves_up(const struct node *n)
{
	if (n->placed)
		return true;
	if (n->parent && n->kind == KIND_DIRECTORY && is_changed(n))
		return true;
	return n->parent && n->parent->layers & IN_UPPER;
}

static void mark_above(struct node *n, unsigned layer)
{
	for (n = n->parent; n && !(n->layers & layer); n = n->parent)
		n->layers |= layer;
}

static void lift(struct node *n)
{
	n->layers |= IN_UPPER;
	mark_above(n, ABOVE_UPPER);
}

/*
 * All names of a changed file go up, so that they stay one file. The second
 * round reaches names that came before the one that was changed.
 */
static void raise_links(struct tree *t)
{
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < t->link_count; i++) {
			struct node *n = t->links[i];

			if (n->layers & IN_UPPER && !(n->link->layers & IN_UPPER))
				lift(n->link);
			if (n->link->layers & IN_UPPER && !(n->layers & IN_UPPER))
				lift(n);
		}
	}
}

void tree_raise(struct tree *t, struct node *n)
{
	if (n->layers & IN_UPPER)
		return;
	lift(n);
	for (size_t i = 0; n->layers & HAS_LINKS && i < t->link_count; i++)
		if (t->links[i]->link == n && !(t->links[i]->layers & IN_UPPER))
			lift(t->links[i]);
}

static void choose_layers(struct tree *t)
{
	for (struct node *n = t->root; n; n = tree_next(n)) {
		bool whole = moves_up(n) || n->of_host;

		if (whole || n->target_here ||
			(n->kind == KIND_FILE && is_changed(n)))
			lift(n);
		/* Nothing of it below, where it would show through; and what
		 * one host needs is not part of a tree that is built once. */
		if (whole)
			n->layers &= ~(unsigned)IN_LOWER;
	}
	raise_links(t);
	for (struct node *n = t->root; n; n = tree_next(n))
		if (n->listed && n->first != n->last && n->layers & IN_LOWER) {
			n->layers |= IN_ORDER;
			mark_above(n, IN_ORDER);
		}
}

static void tell_unopened(struct tree *t)
{
	if (!t->left_out)
		return;
	for (struct node *n = t->root; n; n = tree_next(n))
		if (node_file(n)->content == CONTENT_UNOPENED)
			t->left_out(t->ctx, LEFT_UNOPENED, n->path);
}

void tree_finish(struct tree *t)
{
	for (struct node *n = t->root; n; n = tree_next(n))
		if (n->listed)
			sort_children(n);
	choose_layers(t);
	tell_unopened(t);
}
