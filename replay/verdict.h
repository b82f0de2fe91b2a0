/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of one output: the words, and how two contents are judged. */
#pragma once

#include "base/digest.h"
#include "manifests/model.h"
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct distance;

enum verdict {
	VERDICT_IDENTICAL,
	VERDICT_CLOSE, /* within the tolerance, or but for noted times */
	VERDICT_DIFFERS,
	VERDICT_MISSING,
	VERDICT_EXTRA,      /* the replay left it, the run did not */
	VERDICT_NOT_JUDGED, /* the reason says why */
};

const char *verdict_name(enum verdict v);

/* What the user asks of a comparison. */
struct criteria {
	/*
	 * The largest relative difference of two numbers that is `close`; 0
	 * takes equal numbers in other bytes. Negative: none was given, and
	 * only times inside a zip or gzip file may differ.
	 */
	double tolerance;
	struct strlist ignore; /* patterns */
};

/*
 * The pattern (see glob(7)) that the path is not judged by, or NULL. It has to
 * match the path or what follows one of its slashes, or such a part of a
 * directory above it; '*' matches slashes, too.
 */
const char *criteria_ignored(const struct criteria *k, const char *path);

struct outcome {
	const char *path;
	enum verdict verdict;
	const char *reason; /* for a person; NULL of identical ones */
	bool has_recorded, has_replayed;
	struct digest recorded, replayed;
	int64_t recorded_bytes, replayed_bytes; /* -1: unknown */
	int64_t first_difference;        /* offset; -1: unknown, or none */
	const struct distance *distance; /* NULL: not of numbers, or the same */
};

/*
 * Two contents that are not the same, with their sizes in `o`; `recorded` is -1
 * when the store does not have it. Fills in the verdict, the reason,
 * first_difference and distance. Memory from the arena.
 */
void verdict_contents(struct outcome *o, const struct criteria *k,
	struct arena *a, int recorded, int replayed);
