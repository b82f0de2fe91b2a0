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
struct store;

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

/* As a file, or as a file of a tree. Memory from the arena. */
int origins_find(struct store *s, struct arena *a, const struct digest *d,
	struct origins *out, struct err *e);

/* An input that another run, which had begun before, has written. */
struct origin_input {
	const struct m_data *input;
	struct origin writer; /* the latest of them */
	size_t others;        /* that wrote the same */
};

/* In the order of the inputs. An empty file comes from nowhere. */
int origins_of_inputs(struct store *s, struct arena *a, const struct manifest *m,
	struct origin_input **out, size_t *count, struct err *e);
