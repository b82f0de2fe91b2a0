/* SPDX-License-Identifier: Apache-2.0 */
/* Each recorded output against what the replay left. */
#pragma once

#include "replay/verdict.h"
#include <stddef.h>

struct arena;
struct err;
struct plan;
struct store;
struct upper;

struct comparison {
	struct outcome *items;
	size_t count;
	/* Outputs of the run that were judged, and how many are what. */
	size_t judged, identical, close;
	size_t extra;
};

/*
 * A tree of data is one output: identical when all files of its table are,
 * close when each is at least that; what is not identical is listed by itself.
 */
int compare_outputs(struct comparison *c, const struct plan *p,
	const struct criteria *k, struct store *s, const struct upper *u,
	struct err *e);
