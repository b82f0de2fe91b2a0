/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose is a file: packages of a system's databases and of Python's, conda's
 * and Hugging Face's directories, each read where it lies. One file has one
 * package: that of a language's own record, inside its prefix, before that of
 * conda, before that of the system. A distribution whose own description
 * belongs to one of the latter is a part of that package.
 */
#pragma once

#include "manifests/model.h"
#include <stddef.h>

struct arena;
struct owners;
struct problems;

struct owned_file {
	/* in */
	const char *path; /* where it lies */
	const char *name; /* a link to it that it was found by; or NULL */
	/* out */
	struct m_package *package; /* NULL: none; without an id and uses */
	/* The file of the package's record: `path`, or the source that it was
	 * made from. */
	const char *recorded;
	char *installed; /* its digest by that record, "sha256:..." or "md5:..." */
};

/*
 * Finds the packages of the files of the system below `root` ("" for this one).
 * `sites` (may be NULL) are directories with Python's packages that do not have
 * the usual names. `cache` (may be NULL) is a directory where readers keep what
 * makes them faster next time. Memory from the arena; what cannot be read is
 * left out and told to `problems`, which must live as long.
 */
struct owners *owners_find(struct arena *a, const char *root, const char *cache,
	struct owned_file *files, size_t count, const struct strlist *sites,
	struct problems *problems);
void owners_close(struct owners *o);

/* All files of one of those packages, directories perhaps too; added to
 * `out`. */
void owners_files(struct owners *o, const struct m_package *p, struct arena *a,
	struct strlist *out);

/* "PURL LOCATION" of each package of the databases that one of those files is
 * in: sorted, each once, added to `out`. */
void owners_installed(struct owners *o, struct arena *a, struct strlist *out);
