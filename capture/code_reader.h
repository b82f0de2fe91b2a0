/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that read one git repository; nobody else includes this. */
#pragma once

#include "base/strbuf.h"
#include "capture/code.h"
#include "capture/git.h"

struct code_reader {
	const struct git *git;
	struct arena *a;
	const struct code_ops *ops;
	struct m_code *out;
	git_repository *repo;
	git_tree *tree;   /* NULL: nothing is committed */
	git_index *index; /* NULL: it cannot be read */
	int64_t index_time;
	struct strbuf patch;
	struct strlist untracked; /* sorted, all */
};

/* A gap with libgit2's own reason. */
void code_gap(const struct code_reader *r, const char *path, const char *what);

/* code_compare.c: each file with what was committed, to out->modified, the
 * patch, and out->untracked. */
void code_compare(
	struct code_reader *r, const struct code_file *files, size_t count);
