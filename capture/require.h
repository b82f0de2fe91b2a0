/* SPDX-License-Identifier: Apache-2.0 */
/* capture --require NAME=DIR: insist on named sets of files. */
#pragma once

#include "manifests/model.h"

struct arena;
struct err;
struct store;

/*
 * Is each DIR as the set of files that NAME means? -1 when one is not: what
 * differs is said on stderr, file by file, and the rest in `e`.
 */
int require_check(struct store *s, const struct kvlist *required,
	struct arena *a, struct err *e);
/* Inputs that lie in a required directory have its name as their origin. */
void require_name_origins(const struct kvlist *required, struct m_data *items,
	size_t count, struct arena *a);
