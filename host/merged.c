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
			{names[i], strlen(names[i])}, {to, strlen(to)}};
	}
}

/* What lies in `from`, as it would be in `to`; NULL when it does not. */
static const char *moved(const struct merged_dir *from,
	const struct merged_dir *to, const char *path, size_t *len,
	char buf[MERGED_BUF])
{
	size_t rest = *len - from->len;

	if (*len <= from->len || path[from->len] != '/' ||
		memcmp(path, from->s, from->len) != 0 ||
		to->len + rest > MERGED_BUF)
		return NULL;
	memcpy(buf, to->s, to->len);
	memcpy(buf + to->len, path + from->len, rest);
	*len = to->len + rest;
	return buf;
}

const char *merged_path(const struct merged *m, const char *path, size_t *len,
	char buf[MERGED_BUF])
{
	for (size_t i = 0; i < m->count; i++) {
		const struct merged_alias *a = &m->items[i];
		const char *to = moved(&a->from, &a->to, path, len, buf);

		if (to)
			return to;
	}
	return path;
}

const char *merged_old_path(const struct merged *m, size_t i, const char *path,
	size_t *len, char buf[MERGED_BUF])
{
	const struct merged_alias *a = &m->items[i];

	return moved(&a->to, &a->from, path, len, buf);
}
