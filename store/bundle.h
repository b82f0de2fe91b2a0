/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle: one plain tar file (libarchive) that carries runs to another
 * machine. The same runs give the same bytes: entries are sorted, owner and
 * times are 0. Its entries:
 *
 *	reprise-bundle		text: the format's version, the number of
 *				objects, a line "DIGEST PATH" for each file of
 *				the runs
 *	runs/<id>/...		files.yaml, key (if there is one), manifest.yaml
 *	objects/ab/cdef...	what the runs need and the store has
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

/*
 * Written whole or not at all (0600; a device or pipe is written to as it
 * is); `path` "-" is stdout. Contents by reference are left out and counted;
 * an object that is damaged, or missing though it should be there, is an
 * error.
 */
int bundle_export(struct store *s, const char *const *ids, size_t n,
	const char *path, struct bundle_totals *out, struct err *e);

/*
 * Every digest is checked before anything becomes visible: a cut or altered
 * bundle is refused and the store is unchanged. Then objects are stored, then
 * each run is published whole. A run that is there already must be the same,
 * byte for byte. Gives the ids of the bundle's runs (from the arena;
 * out->runs of them); `path` "-" is stdin. Names are not set.
 */
int bundle_import(struct store *s, const char *path, struct arena *a,
	char ***ids, struct bundle_totals *out, struct err *e);

/* Does the file begin as a bundle does? false also when it cannot be read. */
bool bundle_is(const char *path);
