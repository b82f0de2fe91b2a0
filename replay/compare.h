/* SPDX-License-Identifier: Apache-2.0 */
/* Each recorded output against what the replay left. */
#pragma once

#include "base/digest.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct plan;
struct store;
struct upper;

enum verdict {
	VERDICT_IDENTICAL,
	VERDICT_DIFFERS,
	VERDICT_MISSING,
	VERDICT_EXTRA,      /* the replay left it, the run did not */
	VERDICT_NOT_JUDGED, /* the reason says why */
};

struct outcome {
	const char *path;
	enum verdict verdict;
	const char *reason; /* for a person; NULL of identical ones */
	bool has_recorded, has_replayed;
	struct digest recorded, replayed;
	int64_t recorded_bytes, replayed_bytes; /* -1: unknown */
	int64_t first_difference; /* offset; -1: unknown, or none */
};

struct comparison {
	struct outcome *items;
	size_t count;
	/* Outputs of the run that were judged, and how many are identical. */
	size_t judged, identical;
	size_t extra;
};

const char *verdict_name(enum verdict v);

/*
 * A tree of data is one output: identical when all files of its table are; what
 * is not is listed by itself.
 */
int compare_outputs(struct comparison *c, const struct plan *p, struct store *s,
	const struct upper *u, struct err *e);
