/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of a replay, built in the sandbox's mount namespace from the plan:
 * an overlay whose upper layer is the scratch directory.
 *
 *	A (kernel 6.16)  lower: a tmpfs of empty files with a mode, a size and
 *			 a redirect each; below it the store's objects/
 *	B (kernel 5.11)  lower: a tree of real files in the cache, built once;
 *			 below it a tmpfs with the names of listed directories
 */
#pragma once

#include "replay/layer.h"
#include <stdbool.h>
#include <stddef.h>

struct cpu_tree;
struct err;
struct iso_ids;
struct plan;
struct replay_scratch;
struct store;

/* What the builder, a child process, tells the replay. In shared memory. */
struct stage_report {
	bool order_lost; /* this kernel's tmpfs lists in another order */
	bool tree_built; /* B: the cached tree was not there yet */
	struct layer_losses lost;
};

struct stage {
	struct plan *plan;
	struct store *store;
	const struct replay_scratch *scratch;
	struct stage_report *report;
	/* To be made by the builder, or NULL. */
	const struct cpu_tree *cpus;
	/* B: the cached tree, its lock held exclusively until it is there. */
	const char *tree_path;
	int tree_lock;
};

/* struct isolation's build_root; `arg` is a struct stage. */
int stage_build(void *arg, const struct iso_ids *ids, struct err *e);

/* Where the builder makes `cpus`: for the sandbox's mount namespace. */
const char *stage_cpus_path(const struct stage *s);

/* B: find the cached tree's place and lock it; called before the sandbox. */
int stage_b_prepare(struct stage *s, bool ranges, struct err *e);

/* Between the files of this module. */

/* An overlay in the making: layers are added from the top down. */
struct stage_layers {
	int meta; /* the tmpfs */
	int upper, work;
	const struct iso_ids *ids;
};

/* Each gives a detached mount. */
int stage_a(struct stage *s, const struct stage_layers *l, struct err *e);
int stage_b(struct stage *s, const struct stage_layers *l, struct err *e);

/* mkdirat and open; -1. */
int stage_dir(int dirfd, const char *name, struct err *e);
/* fsconfig(2) of a string. */
int stage_set(int fs, const char *key, const char *value, struct err *e);
/* A layer by its descriptor, as a path: no other has to be quoted, and the
 * command, which can read the option in its mountinfo, learns none of ours. */
int stage_set_layer(int fs, const char *key, int fd, struct err *e);
/* The last steps of both: upper, work, create, mount. */
int stage_mount(int fs, struct err *e);
