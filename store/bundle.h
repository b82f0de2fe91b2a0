/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle: one tar file (libarchive) that carries runs to another machine.
 * "reprise-bundle" (version), then runs/<id>/..., then objects/ab/cdef...
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct store;

struct bundle_totals {
	uint64_t runs;
	uint64_t objects;
	uint64_t bytes;
	uint64_t missing; /* by reference: not in the bundle */
};

/* Written whole or not at all; `path` "-" is stdout. */
int bundle_export(struct store *s, const char *const *ids, size_t n,
	const char *path, struct bundle_totals *out, struct err *e);

/*
 * Every digest is checked before anything becomes visible: a cut or altered
 * bundle is refused and the store is unchanged. Gives the ids of its runs.
 */
int bundle_import(struct store *s, const char *path, struct arena *a,
	char ***ids, struct bundle_totals *out, struct err *e);
