/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about runs share. */
#pragma once

#include "store/internal.h"
#include "store/runs.h"

struct strbuf;

/* run_head.c */

/*
 * id, name, status and start of a manifest, without reading beyond its `run`
 * key. Of the entry only what it finds is set.
 */
int run_read_head(int fd, const char *name, struct arena *a,
	struct run_entry *out, struct err *e);

/* run_list.c */

/* runs_list() of the runs whose id begins with `prefix`. */
int runs_list_prefix(struct store *s, struct arena *a, const char *prefix,
	bool unpublished_too, struct run_entry **out, size_t *count,
	struct err *e);

/* runs.c */

/* Is there a manifest in runs/<id>? `id` must be one. */
bool run_is_published(struct store *s, const char *id);
