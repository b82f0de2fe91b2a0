/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes of a file, for its row. */
#pragma once

struct arena;

/* Those of the class "user" of the file or directory at `path`, which is no
 * symbolic link, in the form of manifests/attributes.h; NULL when it has none,
 * or they cannot be read. */
char *xattrs_of(struct arena *a, const char *path);
