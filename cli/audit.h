/* SPDX-License-Identifier: Apache-2.0 */
/* What `reprise audit` has found, and the parts that print it. */
#pragma once

#include "audit/origin.h"
#include "audit/policy_check.h"
#include "audit/unused.h"
#include "base/digest.h"
#include "manifests/model.h"
#include <stdbool.h>

struct arena;
struct err;
struct index;

/* The file that was asked about; `name` NULL: a run was. */
struct audit_file {
	const char *name; /* as it was given */
	struct digest digest;
	const char *path;             /* that the run wrote it as */
	const struct origin *writers; /* all of them, latest first */
	size_t writer_count;
};

struct audit {
	struct arena *arena;
	struct index *index; /* NULL: not needed yet */
	bool in_bundle;
	struct manifest m;
	char id[RUN_ID_LEN + 1];
	struct audit_file file;
	struct origin_input *inputs;
	size_t input_count;
	bool has_policy, has_unused;
	struct policy policy;
	struct policy_hits hits;
	struct unused *unused;
	size_t unused_count;
};

/* audit_person.c: on stdout. The policy's hits, or the unused packages, or,
 * when neither was asked for, everything. */
void audit_print(const struct audit *x);
/* Of the process; NULL where it is not known. */
const char *audit_executable(const struct manifest *m, const char *id);
/* audit_json.c: everything as one document. */
int audit_print_json(const struct audit *x, struct err *e);
