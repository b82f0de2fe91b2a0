/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of /sys about processors, made from the view of them. */
#pragma once

#include "base/map.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct cpu_view;
struct err;
struct iso_bind;

/* The tree as a walk through it: what stands between a directory and its end
 * is in it. */
enum cpu_entry_kind {
	CPU_DIR,
	CPU_UP, /* the end of a directory */
	CPU_FILE,
	CPU_LINK, /* symbolic */
};

struct cpu_entry {
	enum cpu_entry_kind kind;
	const char *name;
	const char *target; /* of a link */
	size_t content;     /* of a file: index into `contents` */
};

struct cpu_tree {
	struct arena *arena;
	struct cpu_entry *entries;
	size_t count;
	/* Each text once: processors differ in three of their files only. */
	const char **contents;
	size_t content_count;
	struct map known; /* while it is made: contents, to their index and 1 */
};

/* Its topmost directories are those of cpu_tree_places. */
void cpu_tree_init(struct cpu_tree *t, struct arena *a, const struct cpu_view *v);

/* Where each topmost directory is to be seen; ends with a NULL name. */
extern const struct cpu_tree_place {
	const char *name, *target;
} cpu_tree_places[];

/* cpu_dir.c. `range`: the sandbox maps a range of ids. */

/* Is it worth being kept in the cache? */
bool cpu_dir_is_large(const struct cpu_tree *t);
/* Make it; an empty directory may be there. */
int cpu_dir_make(
	const struct cpu_tree *t, const char *dir, bool range, struct err *e);
/* Make it below `parent`, or find what an earlier replay made. Its path, or
 * NULL. */
const char *cpu_dir_cached(const struct cpu_tree *t, const char *parent,
	bool range, struct err *e);
/* For isolation.binds: one for each topmost directory. */
struct iso_bind *cpu_dir_binds(
	const struct cpu_tree *t, const char *path, size_t *count);
