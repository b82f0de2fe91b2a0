/* SPDX-License-Identifier: Apache-2.0 */
/* Which runs of a store wrote a content, and which have read it. */
#pragma once

#include "base/digest.h"
#include "manifests/model.h"
#include "store/runs.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct index;

struct origin {
	char run[RUN_ID_LEN + 1];
	const char *name;    /* of the run, or NULL */
	const char *started; /* of the run */
	const char *path;    /* of the content */
};

struct origins {
	struct origin *writers, *readers; /* latest first */
	size_t writer_count, reader_count;
};

/* As a file, as a file of a tree, or as a tree; a run is named once in each
 * list. Memory from the arena. */
int origins_find(struct index *ix, struct arena *a, const struct digest *d,
	struct origins *out, struct err *e);

/*
 * An input that another run, which had begun before, has written. A tree has
 * one for each run that wrote some of it, a file one for the latest run.
 */
struct origin_input {
	const char *id, *path; /* of the input */
	struct origin writer;
	size_t others; /* runs that wrote the same file */
};

/* An empty file comes from nowhere. */
int origins_of_inputs(struct index *ix, struct arena *a, const struct manifest *m,
	struct origin_input **out, size_t *count, struct err *e);
