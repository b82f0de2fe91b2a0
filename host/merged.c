// SPDX-License-Identifier: Apache-2.0
/* Top directories that are links into /usr. */
#include "host/merged.h"

#include "base/arena.h"
#include "base/fs.h"

#include <string.h>

void merged_find(struct merged *m, struct arena *a, int root)
{
	/* In the file system's standard these may be links; others are not. */
	static const char *const names[] = {"/bin", "/sbin", "/lib", "/lib32",
		"/lib64", "/libx32", "/libo32"};

	m->count = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *to = fs_readlink(a, root, names[i] + 1);

		if (!to)
			continue;
		if (*to != '/')
			to = fs_join(a, "/", to);
		m->items[m->count++] = (struct merged_alias){
			names[i], to, strlen(names[i]), strlen(to)};
	}
}

const char *merged_path(const struct merged *m, const char *path, size_t *len,
	char buf[MERGED_BUF])
{
	for (size_t i = 0; i < m->count; i++) {
		const struct merged_alias *a = &m->items[i];
		size_t rest = *len - a->from_len;

		if (*len <= a->from_len || path[a->from_len] != '/' ||
			memcmp(path, a->from, a->from_len) != 0 ||
			a->to_len + rest > MERGED_BUF)
			continue;
		memcpy(buf, a->to, a->to_len);
		memcpy(buf + a->to_len, path + a->from_len, rest);
		*len = a->to_len + rest;
		return buf;
	}
	return path;
}
