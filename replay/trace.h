/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A replay that is captured, too, as a run of its own, and what of its file
 * table is not as in that of the recorded run. What captures is known here by
 * three functions only: this module and that one do not include each other.
 */
#pragma once

#include "base/digest.h"
#include "manifests/table.h"
#include "sandbox/isolation/isolation.h"
#include "store/runs.h"
#include <stdbool.h>
#include <stddef.h>

struct json_t;
struct plan;
struct store;

/* What a capture of the command is told of it. */
struct trace_subject {
	const char *run; /* the id of the recorded run */
	const struct isolation *iso;
	/* What the command is shown of the machine; NULL: this host. */
	const struct m_cpu *cpu;
	const struct m_memory *memory;
	struct strlist by_reference; /* paths that are not to be stored */
};

struct replay_tracer {
	/* Before the sandbox is made: fills in who watches its command. */
	int (*begin)(void *arg, const struct trace_subject *subject,
		struct iso_watcher *watcher, struct err *e);
	/* It has ended; NULL: its command never started. Gives the new run. */
	int (*end)(void *arg, const struct iso_result *end,
		char id[RUN_ID_LEN + 1], struct err *e);
	struct store *store; /* where the new run is then found */
	void *arg;
};

/* One of the two sides of a difference. */
struct trace_side {
	bool has; /* the table has the path */
	unsigned access;
	enum file_kind kind;
	bool has_digest;
	struct digest digest;
	int64_t size;
	const char *target;
};

struct trace_difference {
	const char *path;
	unsigned what; /* of enum table_differs; 0: only one side has it */
	struct trace_side recorded, replayed;
};

struct trace {
	struct iso_watcher watcher;
	bool done; /* there is a new run: */
	char id[RUN_ID_LEN + 1];
	size_t gaps;         /* of it */
	const char *trouble; /* why there is none or no comparison */
	struct trace_difference *items;
	size_t count;
};

/* Before the sandbox is made. */
int trace_begin(struct trace *t, const struct replay_tracer *by, struct plan *p,
	struct err *e);
/* The command never started. */
void trace_abandon(const struct replay_tracer *by);
/* The sandbox has ended: wait for the new run, and compare. What goes wrong is
 * said, and kept in t->trouble. `recorded` is the store of the recorded run. */
void trace_end(struct trace *t, const struct replay_tracer *by,
	const struct plan *p, struct store *recorded,
	const struct iso_result *end);

/* trace_result.c */
void trace_print(const struct trace *t, bool outputs_judged);
struct json_t *trace_json(const struct trace *t);
