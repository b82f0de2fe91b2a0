/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended attributes (xattr(7)) as one text, a line each: NAME=VALUE, where a
 * byte below space, DEL, a backslash, and "=" in a name, are a backslash and
 * three octal digits, as getfattr(1) writes them. Only those of the class
 * "user" are anybody's to give back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct strbuf;

/* Is it one to record? Those of an overlay's layer are not the file's own. */
bool attribute_is_ours(const char *name);
/* Append one; the caller gives them in the order of their names. */
void attribute_write(
	struct strbuf *out, const char *name, const void *value, size_t size);

struct attribute {
	char *name;
	char *value; /* `size` bytes */
	size_t size;
};

/*
 * The next one; *text is where it begins, and then what follows it. 1, at the
 * end 0, -1 when the text is damaged.
 */
int attribute_next(const char **text, struct arena *a, struct attribute *out);
/* Every line is one of ours. */
bool attributes_ok(const char *text);
