/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer that is filled by several threads. Names within one directory are
 * made by one thread, in their order; a directory that another thread has time
 * for is given away as soon as it is there.
 */
#pragma once

#include "replay/layer.h"
#include <stdbool.h>
#include <stddef.h>

/* Fills `dir`, which is the calling thread's working directory. */
typedef int layer_filler(struct layer *l, const struct node *dir, struct err *e);

/* The whole layer from l->root on; the working directory ends anywhere. */
int layer_fill_threads(struct layer *l, const struct node *root, size_t threads,
	layer_filler *fill, struct err *e);

/* In a filler: does another thread take `n`, a directory that has just been
 * made in the working directory? Then its attributes are set there, too. */
bool layer_give(struct layer *l, const struct node *n);
