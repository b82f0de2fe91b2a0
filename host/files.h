/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files of /proc and /sys below `root` ("" for this machine): one line,
 * one number, "Key: value". Private to host/ and its tests. What is not there,
 * or is none of what is asked for, is NULL or ABSENT, never an error.
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>

struct arena;
struct strbuf;

/* What a file of the kernel may have at most; more is not read. */
#define HOST_FILE_MAX (8u << 20)

/*
 * A file of a database of packages, appended to `out`; -1 with errno. Whoever
 * installs a package may have left anything there: what is no regular file, or
 * is larger than HOST_RECORD_MAX, is refused and never waited for.
 */
#define HOST_RECORD_MAX (256u << 20)
int host_record(int dirfd, const char *path, struct strbuf *out);

/* The file, NUL-terminated; -1 when it cannot be read or is empty. */
int host_slurp(const char *root, const char *path, struct strbuf *out);
/* Its first line without the blanks around it; NULL when it is empty. */
char *host_line(struct arena *a, const char *root, const char *path);
/* Its first line as a decimal number, with the kernel's K, M or G. */
int64_t host_number(const char *root, const char *path);
/* The value of the line "KEY<blanks>:<blanks>VALUE" or "KEY<blank>VALUE". */
char *host_value(struct arena *a, const char *text, const char *key);
/* Names in a directory, sorted; what begins with a dot is left out. */
void host_names(struct arena *a, const char *root, const char *path,
	struct strlist *out);
/* Processors in a list like "0-3,8"; ABSENT when it is no list. */
int64_t host_list_count(const char *list);
/* What can stand in a line of a manifest, and as one word: UTF-8, no blanks and
 * no control characters. False for NULL and "". */
bool host_is_word(const char *s);
