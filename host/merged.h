/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Systems with a merged /usr, where "/bin" is a link to "/usr/bin" (file
 * hierarchy of systemd, file-hierarchy(7)): packages list files by the old
 * names.
 */
#pragma once

#include <stddef.h>

struct arena;

#define MERGED_MAX 8

struct merged {
	struct merged_alias {
		struct merged_dir {
			const char *s;
			size_t len;
		} from, to;
	} items[MERGED_MAX];
	size_t count;
};

/* As it is in the directory `root`, a descriptor. */
void merged_find(struct merged *m, struct arena *a, int root);

/*
 * `path` of *len bytes, or where it lies, in `buf` and without a NUL; *len
 * becomes its length.
 */
#define MERGED_BUF 8192 /* two paths */
const char *merged_path(const struct merged *m, const char *path, size_t *len,
	char buf[MERGED_BUF]);

/* The same path by the old name that the i-th item has; NULL: it has none. */
const char *merged_old_path(const struct merged *m, size_t i, const char *path,
	size_t *len, char buf[MERGED_BUF]);
