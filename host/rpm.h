/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RPM packages, from rpm's own database in sqlite's format (rpm 4.16 and later;
 * "Database" in its reference manual). It is read as it lies there, without
 * locks and without ever writing beside it: what another program is about to
 * write is not seen, and a database in that state is told as a problem.
 *
 * Paths are where files lie: see merged.h.
 */
#pragma once

#include "manifests/model.h"
#include <stddef.h>

struct arena;
struct problems;
struct rpm;

struct rpm_package {
	const char *name;
	const char *version;      /* "[epoch:]version-release" */
	const char *plain;        /* without the epoch */
	const char *epoch;        /* NULL: none */
	const char *architecture; /* NULL: none */
	const char *source;       /* "name version-release", or NULL */
};

/*
 * The packages of the system below `root` ("" for this one): NULL when it has
 * no database, or one that cannot be read, which is told to `problems`. Memory
 * from the arena.
 */
struct rpm *rpm_open(
	struct arena *a, const char *root, struct problems *problems);
void rpm_close(struct rpm *r);

/*
 * The package of a path, NULL when none has it; *digest becomes what it was
 * installed with, "sha256:..." or "md5:...", or NULL.
 */
const struct rpm_package *rpm_owner(
	struct rpm *r, const char *path, char **digest);

/* Everything that the package has, directories too; added to `out`. */
void rpm_files(struct rpm *r, const struct rpm_package *p, struct arena *a,
	struct strlist *out);
/* The number of its files: of what it has, all that nothing else lies below. */
int64_t rpm_file_count(struct rpm *r, const struct rpm_package *p);

/* Every package. */
typedef void rpm_each_package(void *arg, const struct rpm_package *p);
void rpm_each(struct rpm *r, rpm_each_package *fn, void *arg);
