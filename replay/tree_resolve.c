// SPDX-License-Identifier: Apache-2.0
/* Paths as a program in the replay will follow them. */
#include "replay/tree.h"

#include "base/fs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* As the kernel: path_resolution(7). */
#define LINKS_MAX 40

/* A path still to go, and where we are. */
struct way {
	const struct tree *tree;
	struct node *at;
	char rest[2 * PATH_MAX];
	int links;
};

/* The first component off the rest, or NULL when it is used up. */
static const char *component(struct way *w, char out[NAME_MAX + 1])
{
	char *p = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(p, "/");

	if (!len || len > NAME_MAX)
		return NULL;
	memcpy(out, p, len);
	out[len] = 0;
	memmove(w->rest, p + len, strlen(p + len) + 1);
	return out;
}

static int follow(struct way *w, const struct node *link)
{
	char rest[2 * PATH_MAX];
	int n;

	if (++w->links > LINKS_MAX)
		return -1;
	n = snprintf(rest, sizeof(rest), "%s/%s", link->target, w->rest);
	if (n < 0 || (size_t)n >= sizeof(rest))
		return -1;
	memcpy(w->rest, rest, (size_t)n + 1);
	if (*link->target == '/')
		w->at = w->tree->root;
	return 0;
}

static int step(struct way *w, const char *name)
{
	char path[PATH_MAX];
	struct node *child;

	if (!strcmp(name, "."))
		return 0;
	if (!strcmp(name, "..")) {
		w->at = w->at->parent ? w->at->parent : w->at;
		return 0;
	}
	if (snprintf(path, sizeof(path), "%s/%s",
		    w->at->parent ? w->at->path : "", name) >= PATH_MAX)
		return -1;
	child = tree_find(w->tree, path);
	if (!child)
		return -1;
	if (child->kind == KIND_SYMLINK)
		return follow(w, child);
	w->at = child;
	return 0;
}

struct node *tree_resolve(const struct tree *t, const char *cwd, const char *path)
{
	struct way w = {.tree = t, .at = t->root};
	char name[NAME_MAX + 1];
	int n = snprintf(w.rest, sizeof(w.rest), "%s/%s",
		*path == '/' || !cwd ? "" : cwd, path);

	if (!*path || n < 0 || (size_t)n >= sizeof(w.rest))
		return NULL;
	while (component(&w, name)) {
		if (w.at->kind != KIND_DIRECTORY)
			return NULL;
		if (step(&w, name) < 0)
			return NULL;
	}
	return *(w.rest + strspn(w.rest, "/")) ? NULL : w.at;
}
