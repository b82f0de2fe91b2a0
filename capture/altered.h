/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are not as their packages had installed them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct digest;
struct finish;
struct item;

struct altered {
	/* in */
	const char *installed;       /* "sha256:..." or "md5:..." */
	const struct digest *digest; /* what the run used */
	size_t file;                 /* index of its item */
	/* out */
	bool altered;
};

/*
 * Compares all of them. Where the package has an MD5 digest, that of the
 * content is computed once and remembered by the content's own digest, whatever
 * times and names its files have: an edited file has another content. One that
 * cannot be read is a gap.
 */
void altered_find(struct finish *f, struct item *const *items,
	struct altered *checks, size_t count);
