// SPDX-License-Identifier: Apache-2.0
/*
 * Subtrees that the captured user could not write are read-only in the replay.
 * Else, where one mapped id owns everything, Python writes .pyc files into /usr
 * that the run could not write.
 */
#include "replay/plan.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

/* Each is a mount: beyond this it is said, and the directory stays writable. */
#define READ_ONLY_MAX 200

struct user {
	uint32_t uid, gid;
	const struct strlist *groups;
};

static bool in_group(const struct user *u, uint32_t gid)
{
	if (gid == u->gid)
		return true;
	for (size_t i = 0; i < u->groups->count; i++)
		if (strtoul(u->groups->items[i], NULL, 10) == gid)
			return true;
	return false;
}

/* An owner counts as able to write: chmod was free to it. */
static bool could_write(const struct user *u, const struct node *n)
{
	const struct node *f = node_file(n);

	if (!n->row)
		return false;
	if (n->created || n->access & (ACCESS_W | ACCESS_M))
		return true;
	if (n->kind == KIND_SYMLINK)
		return false; /* its directory decides */
	if (f->uid == u->uid)
		return true;
	return f->mode & (in_group(u, f->gid) ? 0020 : 0002);
}

/* Is nothing at or below `n` writable? If not, its directories are `dirty`. */
static bool find_clean(
	const struct user *u, const struct node *n, struct map *dirty)
{
	bool clean = !could_write(u, n);

	for (const struct node *c = n->first; c; c = c->next)
		clean &= find_clean(u, c, dirty);
	if (!clean && n->kind == KIND_DIRECTORY)
		map_puts(dirty, n->path, (void *)n);
	return clean;
}

static void push_clean(struct plan *p, const struct node *n,
	const struct map *dirty, const char ***list, size_t *count)
{
	/* Mount points of ours have the sandbox's own mounts. */
	if (n->kind != KIND_DIRECTORY || !n->row)
		return;
	if (!map_gets(dirty, n->path)) {
		if (*count < READ_ONLY_MAX)
			*ARENA_PUSH(p->arena, *list, *count) = n->path;
		else
			note_add(&p->notes, "writable", n->path,
				"could not be written in the run, but can in "
				"the replay");
		return;
	}
	for (const struct node *c = n->first; c; c = c->next)
		push_clean(p, c, dirty, list, count);
}

void plan_read_only(struct plan *p)
{
	struct user u = {p->iso.uid, p->iso.gid, &p->manifest->run.user.groups};
	struct map dirty = MAP_INIT;
	const char **list = NULL;
	size_t count = 0;

	if (u.uid == 0)
		return;
	find_clean(&u, p->tree.root, &dirty);
	push_clean(p, p->tree.root, &dirty, &list, &count);
	p->iso.read_only = list;
	p->iso.read_only_count = count;
	map_release(&dirty);
}
