/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaying a run: plan it, check its objects, build its root, run the command
 * in the sandbox, judge what it left.
 *
 *	tree.c, tree_finish.c,
 *	tree_replace.c          rows of the file table as a tree of nodes
 *	tree_resolve.c          paths as a program will follow them
 *	plan.c, command.c,
 *	read_only.c             what will be done, decided before it is done
 *	parts.c, parts_plan.c,
 *	parts_result.c          what the user replaces: parts.h
 *	inputs.c, references.c,
 *	sources.c, place.c      inputs that this host has: source.h
 *	gpu*.c                  the part of the plan about GPUs (gpu.h)
 *	plan_print.c            --dry-run
 *	host.c                  what this host offers
 *	cpu_*.c                 processors and memory: see cpu_view.h
 *	together.c              limits of all processes together
 *	objects.c               the contents are there and undamaged
 *	scratch.c               the private directory of a replay
 *	layer.c, layer_kinds.c  filling a directory with a layer of the tree
 *	stage.c, stage_a.c,
 *	stage_b.c               the root: layers under an overlay
 *	upper.c                 what the replay left
 *	compare.c, verdict.c    the verdict of each output
 *	numeric/                how far apart two contents of numbers are
 *	keep.c                  -o
 *	result.c                what is said and written about it
 *	trace.c, trace_result.c the replay as a run of its own: trace.h
 *	replay.c                all of it in order
 */
#pragma once

#include "replay/plan.h"
#include "replay/trace.h"
#include "replay/verdict.h"
#include <stdbool.h>

struct arena;
struct err;
struct store;

struct replay_request {
	const char *id; /* of the run */
	struct replay_options options;
	struct replay_parts parts;
	bool check;
	bool dry_run;
	struct criteria criteria;
	const char *output;                 /* -o, or NULL */
	const char *result;                 /* --result, or NULL */
	const struct replay_tracer *tracer; /* --trace, or NULL */
};

/* What a process of reprise ends with when the replay could not be done. */
#define REPLAY_FAILED 125

/*
 * The exit status: with `check` the verdict's (0, 1), else the command's own,
 * 128+n for a signal. Trouble before the start is reported in `e` and gives
 * REPLAY_FAILED, or 126 and 127 as a shell.
 */
int replay_run(struct store *s, const struct replay_request *r, struct arena *a,
	struct err *e);
