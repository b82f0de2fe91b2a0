/* SPDX-License-Identifier: Apache-2.0 */
/* Packages that were installed and of which a run used no file. */
#pragma once

#include "manifests/model.h"

struct arena;
struct err;
struct store;

struct unused {
	const char *purl;
	const char *location; /* as in m_package */
};

/*
 * In the order of the run's list of installed packages (reprise-manifest(5),
 * `installed`). Fails when the run has no such list, or the store has not. The
 * memory is from the arena.
 */
int audit_unused(struct store *s, const struct manifest *m, struct arena *a,
	struct unused **out, size_t *count, struct err *e);
