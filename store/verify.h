/* SPDX-License-Identifier: Apache-2.0 */
/* Re-hashing objects and records, and naming what is damaged or missing. */
#pragma once

#include "base/digest.h"
#include <stddef.h>
#include <stdint.h>

struct err;
struct store;

enum verify_kind {
	VERIFY_DAMAGED, /* an object whose content is not what it is named */
	VERIFY_MISSING, /* an object that a run says is stored */
	VERIFY_RUN,     /* a manifest or files.yaml that cannot be read */
};

struct verify_problem {
	enum verify_kind kind;
	struct digest digest; /* of the object; zero for VERIFY_RUN */
	const char *path;     /* a path with that content, or NULL */
	const char *message;
	/* The runs that it hurts; none for an object that no run needs. */
	const char *const *runs;
	size_t run_count;
};

struct verify_totals {
	uint64_t runs;
	uint64_t objects; /* re-hashed */
	uint64_t bytes;
	uint64_t problems;
};

/* Strings and lists are valid during the call. */
typedef void (*verify_fn)(void *ctx, const struct verify_problem *p);

/*
 * All objects and runs of the store (id NULL), alternates only as far as runs
 * need them, or one run and what it needs. 0 also when problems were found:
 * totals says how many; -1 when the store itself could not be read.
 */
int verify(struct store *s, const char *id, verify_fn report, void *ctx,
	struct verify_totals *totals, struct err *e);
