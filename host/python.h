/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distributions that are installed in a directory of Python's packages, by
 * their .dist-info directories ("Recording installed projects", "Core
 * metadata" and "Recording the direct URL origin" of the Python Packaging User
 * Guide; PEP 376, 427, 610), and by the .egg-info files and directories that
 * came before them (setuptools' documentation of its formats).
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct problems;

struct python_package {
	const char *name, *version; /* as METADATA spells them */
	const char *metadata;       /* the file that has them */
	const char *info;           /* .dist-info, .egg-info: file, directory */
	/* Installed from a directory that is still in use: its files are code. */
	bool editable;
};

struct python_site {
	const char *directory;
	const char *root;                /* of the system, as it was given */
	const char *prefix;              /* what its records may speak of */
	struct python_package *packages; /* by the names of their directories */
	size_t count;
};

/*
 * The directory that a path lies in and that Python finds packages in, by its
 * name: ".../site-packages" or ".../dist-packages"; NULL when there is none.
 */
char *python_site_of(struct arena *a, const char *path);
/* Does the path belong to a distribution's own description? */
bool python_is_metadata(const char *path);
/* Is it the name of one, in a directory of packages? */
bool python_is_info(const char *name);

/*
 * What "d/__pycache__/m.cpython-311.pyc" and "d/m.pyc" are made from, "d/m.py";
 * NULL for other paths.
 */
char *python_source_of(struct arena *a, const char *path);

/*
 * `directory` below `root` ("" for this system); memory from the arena. What
 * cannot be read is left out and told to `problems`.
 */
void python_site_read(struct python_site *s, struct arena *a, const char *root,
	const char *directory, struct problems *problems);

/*
 * Each file that the distribution has, as its record says, within the site's
 * prefix, with what the record has of its digest ("" for nothing). A path that
 * ends in '/' stands for all that lies below. False when there is no record.
 */
typedef void python_file(void *arg, const char *path, const char *hash);
bool python_files(const struct python_site *s, const struct python_package *p,
	python_file *fn, void *arg);

/* "sha256=<base64>" of a record as "sha256:<hex>"; NULL for anything else. */
char *python_digest(struct arena *a, const char *hash);
