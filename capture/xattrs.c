// SPDX-License-Identifier: Apache-2.0
/* Reading extended attributes. */
#include "capture/xattrs.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "manifests/attributes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

/* As large as the kernel lets a list or a value be: xattr(7). */
#define LIST_BYTES 65536
#define VALUE_BYTES 65536

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(
	struct arena *a, const char *path, const char *name, struct strbuf *out)
{
	char *value = arena_alloc(a, VALUE_BYTES);
	ssize_t n = lgetxattr(path, name, value, VALUE_BYTES);

	/* Removed meanwhile, or not ours to read. */
	if (n >= 0)
		attribute_write(out, name, value, (size_t)n);
}

static char *read_all(struct arena *a, const char *path)
{
	autoarena *scratch = arena_new();
	autostrbuf out = STRBUF_INIT;
	char *list = arena_alloc(scratch, LIST_BYTES), **names = NULL;
	ssize_t n = llistxattr(path, list, LIST_BYTES);
	size_t count = 0;

	for (char *p = list; n > 0 && p < list + n; p += strlen(p) + 1)
		if (attribute_is_ours(p))
			*ARENA_PUSH(scratch, names, count) = p;
	if (count)
		qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++)
		add(scratch, path, names[i], &out);
	return out.len ? arena_strdup(a, out.s) : NULL;
}

char *xattrs_of(struct arena *a, const char *path)
{
	/* Nearly no file has any. */
	return llistxattr(path, NULL, 0) > 0 ? read_all(a, path) : NULL;
}
