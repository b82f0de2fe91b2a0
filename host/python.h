/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distributions that are installed in a directory of Python's packages, by
 * their .dist-info directories: "Recording installed projects" and "Core
 * metadata" of the Python Packaging User Guide (PEP 376, PEP 427).
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;

struct python_package {
	const char *name, *version; /* as METADATA spells them */
	/* All that RECORD lists, absolute paths; without a RECORD none. */
	struct strlist files;
};

struct python_site {
	const char *directory;
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

/* `directory` below `root` ("" for this system); memory from the arena. */
void python_site_read(struct python_site *s, struct arena *a, const char *root,
	const char *directory);
