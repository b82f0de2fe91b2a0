/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of a replay as a tree of nodes: what the run found, rebuilt from
 * the rows of its file table. Nothing here makes a system call.
 */
#pragma once

#include "base/digest.h"
#include "base/map.h"
#include "manifests/table.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct source;

/* Where the bytes of a regular file come from. */
enum content {
	CONTENT_NONE,     /* no regular file, or an empty one */
	CONTENT_OBJECT,   /* the object `digest` of the store */
	CONTENT_HOST,     /* a file of this host: `source`, once it is known */
	CONTENT_WITHHELD, /* a secret: absent, unless it is given */
	CONTENT_HOLE,     /* nobody read it before the run overwrote it */
	CONTENT_UNOPENED, /* listed or looked at only: must not be readable */
};

/*
 * Which layers a node is part of. A file that the run changed is a real file
 * in the upper layer, since a lower file cannot be changed in place: its hard
 * links break, and utime(2) copies all of it. A directory that the run renamed
 * lies there with all that is below it (rename of a lower one gives EXDEV).
 */
enum node_layer {
	IN_LOWER = 1 << 0,
	IN_UPPER = 1 << 1,
	/* A directory that is in the upper layer for what is below it. */
	ABOVE_UPPER = 1 << 2,
	/* A directory that was listed, or is above one: its order counts. */
	IN_ORDER = 1 << 3,
	/* Other nodes are names of this very file. */
	HAS_LINKS = 1 << 4,
};

struct node {
	const char *path; /* absolute */
	const char *name; /* the last component; "" of the root */
	struct node *parent;
	/* Children; after tree_finish() in the order of the listing. */
	struct node *first, *last, *next, *prev;
	struct node *link; /* the first name of the same file; NULL: this */
	const char *target;
	const char *target_here; /* where the link leads on this host, or NULL */
	const char *xattrs;      /* as in the row, or NULL */
	const char *listing;     /* names with a NUL after each, or NULL */
	size_t listing_len;
	enum file_kind kind;
	enum content content;
	unsigned layers;
	unsigned access;
	bool row;     /* a row of the table, not a mount point of ours */
	bool listed;  /* the run has listed this directory */
	bool created; /* the run has made something in this directory */
	bool of_host; /* no row: a name that this host needs */
	bool tree;    /* a root of data: `digest` is its table's */
	bool placed; /* no row: made for this replay, in the upper layer only */
	uint32_t mode;
	uint32_t uid, gid;
	int64_t size;
	int64_t mtime_s;
	uint32_t mtime_ns;
	unsigned major, minor; /* of a device node */
	struct digest digest;
	struct source *source; /* CONTENT_HOST; NULL: not looked for yet */
};

/* A row that the replay does not give back, and why. */
enum left_out {
	LEFT_NOT_STORED, /* a secret */
	LEFT_UNOPENED,   /* there, but cannot be opened */
	LEFT_DEVICE,     /* a device node that cannot be made */
	LEFT_SHM,        /* in /dev/shm, which is empty at the start */
	LEFT_MOUNTED,    /* below /proc, /sys or /dev: the sandbox's own */
};

struct tree {
	struct arena *arena;
	struct node *root;
	size_t count;     /* nodes */
	bool withheld;    /* there are secrets among them */
	struct map nodes; /* by path */
	/* The one that the last row lay in: the next one often does, too. */
	struct node *last_dir;
	/* Called for rows that are left out or not as they were. */
	void (*left_out)(void *ctx, enum left_out why, const char *path);
	void *ctx;
	bool devices;        /* device nodes can be made: as root */
	struct node **links; /* nodes with `link` */
	size_t link_count;
};

/* `root`, a mount point for each of /dev, /proc and /sys; memory from `a`. */
void tree_init(struct tree *t, struct arena *a);
void tree_release(struct tree *t);

/*
 * One row of the table, in its order; `base` is put before the path of a row
 * of a tree of data (NULL: none). Refuses what no file system can hold: a path
 * below a file, below an absent directory, twice, of a length that cannot be.
 */
int tree_add(struct tree *t, const char *base, const struct file_row *r,
	struct err *e);
/* A directory that is there although no row says so, and those above it; NULL
 * when something else is in its place. */
struct node *tree_add_directory(struct tree *t, const char *path);
/*
 * A directory or an empty file for this replay, in a directory that is there;
 * NULL when something is in its place.
 */
struct node *tree_place(struct tree *t, const char *path, bool directory);
/*
 * A file, empty, or a symbolic link that this host needs beside what the run
 * had; NULL when its directory is not there or has the name already.
 */
struct node *tree_add_of_host(
	struct tree *t, const char *path, const char *target);
/* All rows are in: join hard links, sort by listings, choose the layers. */
void tree_finish(struct tree *t);

/* After that: a file, with all its names, is a real one in the upper layer. */
void tree_raise(struct tree *t, struct node *n);

/* The node at exactly this path, or NULL. */
struct node *tree_find(const struct tree *t, const char *path);
/*
 * The node that a program gets to by `path`, relative ones from `cwd`, symbolic
 * links followed: NULL when there is none.
 */
struct node *tree_resolve(
	const struct tree *t, const char *cwd, const char *path);

/* tree_replace.c: what the user puts in the place of rows; before
 * tree_finish(). */

/* A new node, without a row, in a directory that has no such name. */
struct node *tree_insert(struct tree *t, struct node *dir, const char *name,
	enum file_kind kind);
/* The node and all below it are not there; other names of its files are. */
void tree_remove(struct tree *t, struct node *n);
/* From now on a file of its own: its other names keep what was there. */
void tree_detach(struct tree *t, struct node *n);
/* Secrets that were not given are not there, which is told. */
void tree_leave_withheld(struct tree *t);

/* All nodes, a directory before what is in it: NULL at the end. */
struct node *tree_next(const struct node *n);

/*
 * Is the node's name to be in the lower layer, too, with nothing behind it? A
 * merged directory is listed in the order of its lowest layer (measured on
 * 6.18), so there it keeps its place; lookups stop at the upper one.
 */
static inline bool node_holds_place(const struct node *n)
{
	return n->layers & IN_UPPER && n->parent && n->parent->listed &&
	       n->parent->layers & IN_LOWER;
}

/* The node after all that is below this one. */
static inline struct node *tree_after(const struct node *n)
{
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

/* Is the digest known of what a program reads here? */
static inline bool node_has_digest(const struct node *f)
{
	return f->content == CONTENT_OBJECT || f->content == CONTENT_HOST;
}

/* The node whose content and attributes all names of the file share. */
static inline const struct node *node_file(const struct node *n)
{
	return n->link ? n->link : n;
}
