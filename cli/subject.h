/* SPDX-License-Identifier: Apache-2.0 */
/* RUN, RUN:PATH or FILE: what a question is about. */
#pragma once

#include "base/digest.h"
#include "store/runs.h"
#include <stdbool.h>

struct err;
struct invocation;
struct store;

struct subject {
	const char *name; /* as it was given */
	/* A content: of a file of this host, or of one of a run. */
	bool is_content;
	struct digest digest;
	char id[RUN_ID_LEN + 1]; /* the run of RUN and RUN:PATH, else "" */
};

/* A file that exists goes before a run of that name. */
int subject_find(struct invocation *in, struct store *s, const char *what,
	struct subject *out, struct err *e);
