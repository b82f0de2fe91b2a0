/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages of a conda environment, which pixi, mamba and micromamba make as
 * well: PREFIX/conda-meta/NAME-VERSION-BUILD.json, one each (PrefixRecord in
 * the documentation of conda's models).
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct problems;

struct conda_package {
	const char *file; /* its record */
	const char *name, *version;
	/* NULL where the record does not tell. */
	const char *build, *subdir;
	const char *channel; /* its name, of a URL without host and token */
	const char *type;    /* "conda" or "tar.bz2" */
	int64_t count;       /* files */
};

struct conda_prefix {
	const char *directory;
	const char *root;               /* of the system, as it was given */
	struct conda_package *packages; /* by the names of their records */
	size_t count;
};

/* Is `directory` below `root` ("" for this system) such an environment? */
bool conda_is_prefix(const char *root, const char *directory);

/*
 * A file of the i-th package, with its digest as it was installed, "sha256:..."
 * or NULL.
 */
typedef void conda_file(
	void *arg, size_t i, const char *path, const char *digest);

/*
 * Reads all packages and gives each file to `fn`, which may be NULL, in one
 * pass: records are large. Memory from the arena; what cannot be read is left
 * out and told to `problems`.
 */
void conda_read(struct conda_prefix *c, struct arena *a, const char *root,
	const char *directory, conda_file *fn, void *arg,
	struct problems *problems);
/* Reads the record of the i-th package again. */
void conda_files(
	const struct conda_prefix *c, size_t i, conda_file *fn, void *arg);
