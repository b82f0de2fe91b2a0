/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a directory with one layer of the tree. */
#pragma once

#include "replay/tree.h"
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct err;
struct iso_ids;
struct layer;
struct layer_team;
struct store;

/* What differs between layers. */
struct layer_kind {
	/* Is this node part of the layer? Asked only below those that are. */
	bool (*wants)(const struct node *n);
	/* Make a regular file with its content in the working directory and
	 * give a descriptor of it. */
	int (*file)(
		struct layer *l, const struct node *n, int *fd, struct err *e);
	/* Names count, nothing else: no attributes, no hard links. */
	bool names_only;
	/* Names of what is in the upper layer keep their places here. */
	bool places;
	/* Files are real ones: those that must not be read have no mode. */
	bool real;
	/* Make names in reverse: tmpfs lists the newest first. */
	bool reverse;
	/* Most of the tree is part of it: several threads are worth it. */
	bool whole;
};

/* What this host cannot give. */
struct layer_losses {
	/* EPERM: a container allows no device nodes */
	_Atomic bool devices;
	/* the file system has none (tmpfs before 6.6) */
	_Atomic bool xattrs;
};

struct layer {
	const struct layer_kind *kind;
	struct store *store;
	const struct iso_ids *ids;
	int root; /* the layer's directory */
	/* Of the names of one file, the one made first; held while one is
	 * made, so that it is there when another thread links to it. */
	struct map made;
	pthread_mutex_t linking;
	struct layer_losses *lost;
	struct layer_team *team; /* layer_threads.c */
};

/*
 * Fill the directory `root`, which is empty; its own attributes become those
 * of the tree's root. The working directory is used on the way, and given
 * back: no path is ever followed, so no depth and no name can lead astray.
 */
int layer_fill(const struct layer_kind *kind, const struct tree *t,
	struct store *s, const struct iso_ids *ids, int root,
	struct layer_losses *lost, struct err *e);

/* A new file of the recorded size, without content; descriptor or -1. */
int layer_new_file(
	const struct node *n, mode_t mode, int64_t size, struct err *e);

/* Real files of the upper layer, and the directories above them. */
extern const struct layer_kind layer_upper;
/* The whole lower layer as real files: the cached tree of strategy B. */
extern const struct layer_kind layer_real;
/* Only names, in order, of the directories that were listed. */
extern const struct layer_kind layer_names;
