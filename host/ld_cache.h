/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of the dynamic loader, /etc/ld.so.cache, as ldconfig(8) of glibc
 * 2.2 and later writes it (glibc, sysdeps/generic/dl-cache.h). */
#pragma once

#include "manifests/model.h"

struct arena;

/*
 * Add the directories of libraries whose names begin with `prefix`, in the
 * order of the cache, each once. No cache, or a damaged one, has none.
 */
void ld_cache_directories(struct strlist *dirs, struct arena *a,
	const char *root, const char *prefix);
