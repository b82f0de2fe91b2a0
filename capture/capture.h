/* SPDX-License-Identifier: Apache-2.0 */
/* Capturing one command, and freezing what a killed capture left. */
#pragma once

#include "manifests/model.h"
#include "sandbox/watch/watch.h"
#include <stdbool.h>
#include <stdint.h>

struct err;
struct store;

struct capture_options {
	char *const *argv; /* the command, NULL-terminated */
	const char *store; /* --store, or NULL */
	const char *name;
	const char *id_file;
	struct kvlist tags;
	struct strlist redact;       /* further patterns, fnmatch(3) */
	struct strlist by_reference; /* paths */
	/* All files of each used package are stored, and a shell. */
	bool whole_packages;
	uint64_t keep; /* bytes above which a file is kept by reference */
	/* Time for hashing after the command's end; -1: as long as it takes.
	 * What is left is done by `reprise finish`. */
	int64_t finish_within_ms;
	struct kvlist require; /* names of sets of files, and where they lie */
	bool log;              /* standard output and error become outputs */
	enum watch_backend backend;
};

#define CAPTURE_KEEP_DEFAULT (1ull << 30)

/*
 * Run the command and record it. Returns in the process that the user started,
 * with the wait status of the command in *status; -1 when nothing started:
 * then *exit_status is 125, 126 or 127.
 */
int capture_run(const struct capture_options *opt, int *status,
	int *exit_status, struct err *e);

/*
 * Freeze every run of the store whose recorder is dead: as `killed`, or
 * `incomplete` when its command ended without the recorder. 0, or -1 when one
 * could not be (it stays for the next time).
 */
int capture_freeze_dead(struct store *s, struct err *e);

/*
 * Complete the runs whose id begins with `id` ("": all) that --finish-within
 * has left pending. How many, or -1.
 */
int capture_finish_pending(struct store *s, const char *id, struct err *e);
