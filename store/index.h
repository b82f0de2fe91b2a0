/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all runs of a store used and made, for questions across runs. It is a
 * database (sqlite) in $XDG_CACHE_HOME/reprise, one file for each store, made
 * from the manifests and always safe to delete: a file that is missing,
 * damaged or of another version is made anew. Many processes may use it at
 * once, on NFS too. Where it cannot be written the index is made in memory,
 * which takes longer and is no error.
 *
 * Everything handed out lies in the caller's arena. Lists of runs are latest
 * first, by start. Only published runs are known. What is absent is NULL,
 * ABSENT or NaN, as in manifests/model.h. The functions return -1 when the
 * database cannot be read although it was made anew.
 */
#pragma once

#include "base/digest.h"
#include "manifests/model.h"
#include "store/runs.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct index;
struct store;

/* Of a tree with more files only its own digest is known. */
#define INDEX_TREE_FILES 20000

/*
 * The index of the store, brought up to date: runs that it does not know, or
 * whose manifest is another file than it was, are read, and those that have
 * gone are forgotten. `s` is the caller's and outlives the index. Says on a
 * terminal how far it is when that takes long. Not thread-safe.
 */
struct index *index_open(struct store *s, struct err *e);
void index_close(struct index *ix);

/* A run that is left out since its manifest cannot be read, and why. */
struct index_trouble {
	char id[RUN_ID_LEN + 1];
	char *message;
};
/* The index's own; the caller should say them. */
const struct index_trouble *index_troubles(const struct index *ix, size_t *count);
/* Ids below runs/ that have no manifest: running, pending, dead. Likewise. */
const struct strlist *index_unpublished(const struct index *ix);

/* index_runs.c */

struct index_run {
	char id[RUN_ID_LEN + 1];
	char *name; /* as recorded; what names/ says now may be another */
	char *group;
	char *status;
	int64_t exit_code;
	char *signal;
	char *started, *ended; /* RFC 3339, UTC */
	double wall_s;
	struct strlist argv;
	struct kvlist tags;
	LIST_OF(m_parameter) parameters; /* as in the manifest */
	LIST_OF(m_metric) metrics;
};

int index_runs(struct index *ix, struct arena *a, struct index_run **out,
	size_t *count, struct err *e);
/* 1, 0 when there is none of that id, -1. */
int index_run(struct index *ix, struct arena *a, const char *id,
	struct index_run *out, struct err *e);

/* index_contents.c */

enum index_way {
	INDEX_READ = 1,  /* an input */
	INDEX_WROTE = 2, /* an output */
};

/* An input or an output of a run, or a file of one that is a tree. */
struct index_content {
	char run[RUN_ID_LEN + 1];
	char *started; /* of the run */
	enum index_way way;
	char *id;   /* in the manifest: "in1", "out1" */
	char *path; /* absolute */
	char *role;
	bool tree; /* `digest` is that of a tree's table */
	bool has_digest;
	struct digest digest;
	int64_t bytes, files;
	char *root; /* the tree that this is a file of, or NULL */
};

/*
 * Who read or wrote (`ways`, one or both) this very content, as a file, as a
 * file of a tree, or as a tree.
 */
int index_find_content(struct index *ix, struct arena *a, const struct digest *d,
	unsigned ways, struct index_content **out, size_t *count, struct err *e);

/* What the run read and wrote, in the order of its manifest; a tree is one. */
int index_contents(struct index *ix, struct arena *a, const char *id,
	unsigned ways, struct index_content **out, size_t *count, struct err *e);

/*
 * Runs that share contents with a run: INDEX_READ, those that wrote what it
 * has read; INDEX_WROTE, those that read what it has written. One for each
 * pair of an input and an output, with the number of different contents that
 * they have in common. Empty files connect nothing. Any time order: whoever
 * asks for a cause leaves out what started later.
 */
struct index_link {
	struct index_content here, there;
	int64_t contents;
};
int index_links(struct index *ix, struct arena *a, const char *id,
	enum index_way way, struct index_link **out, size_t *count,
	struct err *e);

/* index_uses.c */

/*
 * Libraries and packages that are the same in many runs are one here. Of a
 * library all but package, needed, runpath, requires, isa_level, the notes and
 * processes is set; of a package all but id, files_used, files_total and
 * altered.
 */
struct index_library {
	struct m_library library;
	const struct m_package *package; /* or NULL */
	struct strlist runs;             /* ids */
};
struct index_package {
	struct m_package package;
	struct strlist runs;
};

/*
 * Which ones are wanted; NULL: all. It is called once for each different one,
 * in no order, so that it may be any test (audit/requirement.h). What it gets
 * is valid in the call only. `p` may be NULL.
 */
typedef bool (*index_library_fn)(
	void *ctx, const struct m_library *l, const struct m_package *p);
typedef bool (*index_package_fn)(void *ctx, const struct m_package *p);

int index_libraries(struct index *ix, struct arena *a, index_library_fn wanted,
	void *ctx, struct index_library **out, size_t *count, struct err *e);
int index_packages(struct index *ix, struct arena *a, index_package_fn wanted,
	void *ctx, struct index_package **out, size_t *count, struct err *e);
