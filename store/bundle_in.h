/* SPDX-License-Identifier: Apache-2.0 */
/* An import in the making: bundle_read.c stages it, bundle_in.c checks it. */
#pragma once

#include "store/batch.h"
#include "store/bundle.h"
#include "store/bundle_format.h"
#include "store/runs.h"

/* A file of a run, as the head lists it. */
struct staged_file {
	char path[BUNDLE_PATH]; /* runs/<id>/<name> */
	char id[RUN_ID_LEN + 1];
	const char *name; /* one of RUN_FILES, RUN_KEY, RUN_MANIFEST */
	struct digest digest;
};

struct staged_run {
	char id[RUN_ID_LEN + 1];
	struct digest files, manifest;
	bool has_files, has_manifest;
	bool known; /* the store has the same */
};

/* An object of the bundle. */
struct staged_object {
	struct digest digest;
	bool needed;
};

struct import {
	struct store *store;
	struct arena *arena; /* for the import alone */
	const char *path;    /* for messages */
	struct scratch scratch;
	struct store_batch *batch;
	struct space space;
	struct staged_file *files;
	size_t file_count;
	struct staged_run *runs;
	size_t run_count;
	uint64_t announced; /* objects, as the head says */
	struct map objects; /* struct staged_object by digest */
	struct bundle_totals *totals;
};

/*
 * Everything in the bundle, into tmp/<nonce>/<id>/ and the uncommitted batch,
 * each file's and object's digest checked.
 */
int bundle_stage(struct import *im, int fd, struct err *e);
