/* SPDX-License-Identifier: Apache-2.0 */
/* The run of a bundle, where a command takes one for RUN. */
#pragma once

#include "replay/scratch.h"
#include "store/runs.h"

struct err;
struct invocation;
struct store;

/* A store of the command's own, which bundle_run_release() removes. */
struct bundle_run {
	struct replay_scratch place;
	struct store *store;
};

#define BUNDLE_RUN_INIT                      \
	{                                    \
		.place = REPLAY_SCRATCH_INIT \
	}

/*
 * Take the bundle into a store of its own, and give the id of the one run that
 * it holds. `verb` is what the caller does with it, for the message about a
 * bundle of several. NULL: release it all the same.
 */
struct store *bundle_run_open(struct bundle_run *b, struct invocation *in,
	const char *path, const char *verb, char id[RUN_ID_LEN + 1],
	struct err *e);
void bundle_run_release(struct bundle_run *b);
