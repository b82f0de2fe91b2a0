// SPDX-License-Identifier: Apache-2.0
/* Taking nodes out of the tree, and names apart that were one file. */
#include "replay/tree.h"

#include <stddef.h>

static void drop_link(struct tree *t, size_t at)
{
	t->links[at] = t->links[--t->link_count];
}

/* The next name becomes the one that all others are names of. */
static void promote(struct tree *t, struct node *old)
{
	struct node *heir = NULL;

	for (size_t i = 0; i < t->link_count; i++) {
		struct node *n = t->links[i];

		if (n->link != old)
			continue;
		if (heir) {
			n->link = heir;
			heir->layers |= HAS_LINKS;
			continue;
		}
		heir = n;
		heir->link = NULL;
		heir->content = old->content;
		heir->digest = old->digest;
		heir->size = old->size;
		drop_link(t, i--);
	}
	old->layers &= ~(unsigned)HAS_LINKS;
}

void tree_detach(struct tree *t, struct node *n)
{
	if (n->layers & HAS_LINKS)
		promote(t, n);
	for (size_t i = 0; n->link && i < t->link_count; i++)
		if (t->links[i] == n) {
			drop_link(t, i);
			n->link = NULL;
		}
}

static void forget(struct tree *t, struct node *n)
{
	tree_detach(t, n);
	map_puts(&t->nodes, n->path, NULL);
	t->count--;
}

void tree_remove(struct tree *t, struct node *n)
{
	const struct node *end = tree_after(n);

	for (struct node *c = n; c != end; c = tree_next(c))
		forget(t, c);
	t->last_dir = NULL;
	*(n->prev ? &n->prev->next : &n->parent->first) = n->next;
	*(n->next ? &n->next->prev : &n->parent->last) = n->prev;
}

void tree_leave_withheld(struct tree *t)
{
	struct node *next;

	for (struct node *n = t->withheld ? t->root : NULL; n; n = next) {
		next = tree_next(n);
		if (n->content != CONTENT_WITHHELD)
			continue;
		if (t->left_out)
			t->left_out(t->ctx, LEFT_NOT_STORED, n->path);
		tree_remove(t, n);
	}
}
