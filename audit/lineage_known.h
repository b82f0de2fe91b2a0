/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who read and who wrote a content, asked of the index once: of runs that all
 * made the same file, each has as many as there are.
 */
#pragma once

#include "base/map.h"
#include "store/index.h"

struct lineage_known {
	struct index_content *readers, *writers;
	size_t reader_count, writer_count;
	struct map read_at;       /* "RUN PATH" of each reader */
	struct map first_written; /* by path: when it first was */
};

struct lineage_contents {
	struct arena *arena;
	struct index *index;
	struct map known; /* by digest */
};

/* NULL: trouble. It lives until lineage_contents_release(). */
const struct lineage_known *lineage_know(
	struct lineage_contents *c, const struct digest *d, struct err *e);
/* Has the run read it at that path? */
bool lineage_has_read(
	const struct lineage_known *k, const char *run, const char *path);
/* Has a run that began before then written it at that path? */
bool lineage_was_written(
	const struct lineage_known *k, const char *path, const char *before);
/* With its strings in the arena. */
struct index_content lineage_keep_content(
	struct arena *a, const struct index_content *c);
void lineage_contents_release(struct lineage_contents *c);
