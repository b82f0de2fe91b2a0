// SPDX-License-Identifier: Apache-2.0
/* Rows of the file table become the tree that a replay rebuilds. */
#include "replay/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"

#include <limits.h>
#include <string.h>

/* What the sandbox mounts itself; recorded or not, these exist. */
static const char *const mount_points[] = {"/dev", "/proc", "/sys"};

static struct node *node_new(struct tree *t, struct node *parent,
	const char *path, enum file_kind kind)
{
	struct node *n = arena_alloc(t->arena, sizeof(*n));
	bool dir = kind == KIND_DIRECTORY;

	n->path = path;
	n->name = strrchr(path, '/') + 1;
	n->kind = kind;
	n->mode = dir ? 0755 : 0644;
	n->layers = IN_LOWER;
	n->parent = parent;
	t->count++;
	map_puts(&t->nodes, path, n);
	if (!parent)
		return n;
	n->prev = parent->last;
	*(parent->last ? &parent->last->next : &parent->first) = n;
	parent->last = n;
	return n;
}

void tree_init(struct tree *t, struct arena *a)
{
	*t = (struct tree){.arena = a};
	t->root = node_new(t, NULL, "/", KIND_DIRECTORY);
	for (size_t i = 0; i < sizeof(mount_points) / sizeof(*mount_points); i++)
		node_new(t, t->root, mount_points[i], KIND_DIRECTORY);
}

void tree_release(struct tree *t)
{
	map_release(&t->nodes);
}

static void leave_out(struct tree *t, enum left_out why, const char *path)
{
	if (t->left_out)
		t->left_out(t->ctx, why, path);
}

struct node *tree_find(const struct tree *t, const char *path)
{
	return map_gets(&t->nodes, path);
}

struct node *tree_next(const struct node *n)
{
	if (n->first)
		return n->first;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

/* The directory that `path` lies in, or NULL. */
static struct node *directory_of(struct tree *t, const char *path)
{
	size_t len = (size_t)(strrchr(path, '/') - path);
	struct node *n = t->last_dir;

	if (n && len > 1 && !strncmp(n->path, path, len) && !n->path[len])
		return n;
	n = map_get(&t->nodes, len ? path : "/", len ? len : 1);
	if (!n || n->kind != KIND_DIRECTORY)
		return NULL;
	return t->last_dir = n;
}

/* Rows of directories come first. */
static struct node *parent_of(struct tree *t, const char *path, struct err *e)
{
	struct node *n = directory_of(t, path);

	if (!n)
		err_set(e,
			"the file table has '%s', but not the directory it "
			"lies in",
			path);
	return n;
}

static int check_path(const char *path, struct err *e)
{
	size_t len = strlen(path);
	const char *slash = strrchr(path, '/');

	if (len >= PATH_MAX || strlen(slash + 1) > NAME_MAX)
		return err_set(e, "the path '%.200s' is too long", path);
	return 0;
}

/* Below what the sandbox mounts, rows are not the table's to give back. */
static bool is_mounted(const char *path)
{
	for (size_t i = 0; i < sizeof(mount_points) / sizeof(*mount_points); i++)
		if (fs_below(path, mount_points[i]) &&
			strcmp(path, mount_points[i]) != 0)
			return true;
	return false;
}

static void pack_listing(struct tree *t, struct node *n, const struct strlist *l)
{
	size_t len = 0;
	char *p;

	for (size_t i = 0; i < l->count; i++)
		len += strlen(l->items[i]) + 1;
	n->listed = true;
	n->listing = p = arena_alloc(t->arena, len + 1);
	n->listing_len = len;
	for (size_t i = 0; i < l->count; i++)
		p = stpcpy(p, l->items[i]) + 1;
}

static uint32_t owner(int64_t id)
{
	return id < 0 || id > UINT32_MAX - 1 ? 0 : (uint32_t)id;
}

static enum content content_of(const struct file_row *r)
{
	if (r->kind == KIND_FILE && r->not_stored && !r->has_digest)
		return CONTENT_WITHHELD;
	if (r->kind != KIND_FILE || r->size <= 0)
		return CONTENT_NONE;
	if (r->has_digest)
		return r->not_stored ? CONTENT_HOST : CONTENT_OBJECT;
	/* Overwritten before anybody read it: its size was all there was. */
	if (r->access & (ACCESS_W | ACCESS_M))
		return CONTENT_HOLE;
	return CONTENT_UNOPENED;
}

static void fill(struct tree *t, struct node *n, const struct file_row *r)
{
	n->row = true;
	n->access = r->access;
	n->mode = r->mode & 07777;
	n->uid = owner(r->uid);
	n->gid = owner(r->gid);
	n->size = r->size > 0 ? r->size : 0;
	n->mtime_s = r->mtime_s == ABSENT ? 0 : r->mtime_s;
	n->mtime_ns = r->mtime_ns;
	n->content = content_of(r);
	/* The table of a root of data may have a row of the root itself. */
	if (!n->tree)
		n->digest = r->digest;
	n->tree |= r->kind == KIND_TREE;
	t->withheld |= n->content == CONTENT_WITHHELD;
	if (r->target)
		n->target = arena_strdup(t->arena, r->target);
	if (r->xattrs)
		n->xattrs = arena_strdup(t->arena, r->xattrs);
	n->major = (unsigned)(r->major == ABSENT ? 0 : r->major);
	n->minor = (unsigned)(r->minor == ABSENT ? 0 : r->minor);
	if (r->kind == KIND_DIRECTORY && r->access & ACCESS_D)
		pack_listing(t, n, &r->listing);
}

/* Names of one file: content and attributes are those of the first. */
static int join_link(struct tree *t, struct node *n, const struct file_row *r,
	const char *base, struct err *e)
{
	const char *path = base ? fs_join(t->arena, base, r->link + 1) : r->link;
	struct node *first = tree_find(t, path);

	if (!first) /* not given back itself: this name is the file now */
		return 0;
	if (first->kind != n->kind || n->kind == KIND_DIRECTORY || first->link)
		return err_set(
			e, "'%s' cannot be a hard link of '%s'", n->path, path);
	if (node_has_digest(n) && node_has_digest(first) &&
		!digest_equal(&n->digest, &first->digest))
		return err_set(e,
			"'%s' and '%s' are one file, but have two digests",
			path, n->path);
	if (node_has_digest(n) && first->content != CONTENT_OBJECT) {
		first->content = n->content;
		first->digest = n->digest;
		first->size = n->size;
	}
	n->link = first;
	first->layers |= HAS_LINKS;
	*ARENA_PUSH(t->arena, t->links, t->link_count) = n;
	return 0;
}

static bool is_device(const struct file_row *r)
{
	return r->kind == KIND_CHAR || r->kind == KIND_BLOCK;
}

/* To an overlay, character device 0:0 is the mark of a removed file. */
static bool can_be_made(const struct tree *t, const struct file_row *r)
{
	return t->devices && r->major >= 0 && r->minor >= 0 &&
	       (r->major || r->minor);
}

/* Not part of the tree, and why; false when it is. */
static bool is_left_out(struct tree *t, const struct file_row *r, const char *path)
{
	if (fs_below(path, "/dev/shm") && strcmp(path, "/dev/shm") != 0)
		leave_out(t, LEFT_SHM, path);
	else if (is_mounted(path))
		leave_out(t, LEFT_MOUNTED, path);
	else if (is_device(r) && !can_be_made(t, r))
		leave_out(t, LEFT_DEVICE, path);
	else
		return false;
	return true;
}

/* The run made something here: so it could write to this directory. */
static void mark_created(struct tree *t, const char *path)
{
	struct node *n = directory_of(t, path);

	if (n)
		n->created = true;
}

int tree_add(struct tree *t, const char *base, const struct file_row *r,
	struct err *e)
{
	enum file_kind kind = r->kind == KIND_TREE ? KIND_DIRECTORY : r->kind;
	struct node *parent, *n;
	const char *path;

	path = !base                  ? arena_strdup(t->arena, r->path)
	       : strcmp(r->path, "/") ? fs_join(t->arena, base, r->path + 1)
				      : base;
	if (check_path(path, e) < 0)
		return -1;
	if (r->access & ACCESS_N || r->kind == KIND_ABSENT) {
		if (r->access & ACCESS_W)
			mark_created(t, path);
		return 0;
	}
	n = tree_find(t, path);
	if (n) {
		if (kind != n->kind || (n->row && !base))
			return err_set(e,
				"the file table has '%s' twice, or as "
				"a file",
				path);
		fill(t, n, r);
		return 0;
	}
	if (is_left_out(t, r, path))
		return 0;
	parent = parent_of(t, path, e);
	if (!parent)
		return -1;
	if (kind == KIND_SYMLINK && (!r->target || !*r->target))
		return err_set(e, "the symbolic link '%s' has no target", path);
	n = node_new(t, parent, path, kind);
	fill(t, n, r);
	return r->link ? join_link(t, n, r, base, e) : 0;
}

struct node *tree_add_directory(struct tree *t, const char *path)
{
	struct node *at = t->root, *n;

	for (const char *end = path; *end && path[1];) {
		char *part;

		end = strchrnul(end + 1, '/');
		part = arena_memdup(t->arena, path, (size_t)(end - path));
		n = tree_find(t, part);
		if (n && n->kind != KIND_DIRECTORY)
			return NULL;
		at = n ? n : node_new(t, at, part, KIND_DIRECTORY);
	}
	return at;
}

struct node *tree_insert(
	struct tree *t, struct node *dir, const char *name, enum file_kind kind)
{
	return node_new(t, dir, fs_join(t->arena, dir->path, name), kind);
}

struct node *tree_place(struct tree *t, const char *path, bool directory)
{
	struct node *dir = directory_of(t, path), *n;

	if (!dir || tree_find(t, path))
		return NULL;
	n = node_new(t, dir, path, directory ? KIND_DIRECTORY : KIND_FILE);
	n->placed = true;
	return n;
}

struct node *tree_add_of_host(struct tree *t, const char *path, const char *target)
{
	struct node *dir = directory_of(t, path), *n;

	if (!dir || tree_find(t, path))
		return NULL;
	n = node_new(t, dir, path, target ? KIND_SYMLINK : KIND_FILE);
	n->target = target;
	n->of_host = true;
	return n;
}
