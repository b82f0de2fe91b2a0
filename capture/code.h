/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code: which commits the files that a run read came from, and which of these
 * files were not as committed. Only those files are looked at, never the whole
 * work tree, and they are compared as they were read, with the commit that was
 * checked out when the run started (by the reflog): people go on committing
 * while a training runs. Nothing of the repository is executed or written.
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct digest;

/* A file that the run read. */
struct code_file {
	const char *path;            /* absolute, no links in it */
	const struct digest *digest; /* of what was read; NULL: unknown */
	bool intact;                 /* it still lies there as it was read */
	void *of;                    /* the caller's, for `open` */
};

struct code_ops {
	/* What was read of it, from offset 0: a descriptor, or -1. */
	int (*open)(void *arg, const struct code_file *f);
	/* Store a patch; -1 when that failed. */
	int (*put)(void *arg, const void *p, size_t n, struct digest *out);
	/* Something that could not be found out. */
	void (*gap)(void *arg, const char *path, const char *detail);
	void *arg;
};

struct code_list {
	struct m_code *items;
	size_t count;
};

/*
 * One element for each repository that holds files of the list, sorted by
 * root. `files` are sorted by path on return. `when` is the start of the run,
 * in seconds since 1970. A repository that cannot be read is a gap.
 */
void code_find(struct arena *a, struct code_file *files, size_t count,
	int64_t when, const struct code_ops *ops, struct code_list *out);

/* A remote's address without user names and passwords of http, passwords of
 * any, and queries. */
char *code_url(struct arena *a, const char *url);

/* More of a directory than this are one entry: of one without any tracked
 * file, and of any other. */
#define CODE_UNTRACKED_NEW 20
#define CODE_UNTRACKED_ANY 200
/* Bytes of a file that a patch is made of, and of all patches of one
 * repository. */
#define CODE_PATCH_FILE (1u << 20)
#define CODE_PATCH_ALL (16u << 20)

/* code_git.c: one repository, for these files of it. -1 after a gap. */
int code_git_read(struct arena *a, const char *root,
	const struct code_file *files, size_t count, int64_t when,
	const struct code_ops *ops, struct m_code *out);
