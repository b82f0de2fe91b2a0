/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that finish a run; nobody else includes this. */
#pragma once

#include "capture/contents.h"
#include "capture/context.h"
#include "capture/rows.h"

struct parameters;
struct strbuf;

/* One touched path on its way to a row, an input, an output. */
struct item {
	struct touched *t;
	struct state last;      /* what the run left at t->now, if it wrote */
	struct content *first;  /* the first content, to be settled */
	struct content *result; /* what the run left */
	bool replaced;          /* another row's result lies there now */
	/* A file of the user's, not of the environment, that was read. */
	bool is_input;
	/* Its row is in the table of a root of data. */
	bool in_input_tree, in_output_tree;
};

struct finish {
	struct capture *cap;
	struct record *rec;
	struct arena *a;
	struct item *items;
	size_t count;
	struct content *contents;
	size_t content_count;
	/* Sorted; files of more than ROOT_FILES together. */
	struct strlist input_roots, output_roots;
	struct rows rows;
	struct map package_of; /* path of a file that was used -> id */
};

/* Is it there for --packages whole alone? */
static inline bool finish_only_whole(const struct touched *t)
{
	return t->access & TOUCH_WHOLE &&
	       !(t->access & (ACCESS_R | ACCESS_X | ACCESS_W));
}

/* finish.c: the digest cache, to be closed; NULL when it cannot be had, as in a
 * sandbox, where its path is that of another file. */
struct digest_cache *finish_cache(const struct finish *f);

/* finish_plan.c: which contents are to be hashed, and which stored. */
void finish_plan(struct finish *f);
/* Sort the items by where they were at first, or where they are now. */
void finish_sort_by_path(struct finish *f);
void finish_sort_by_now(struct finish *f);

/* finish_packages.c: packages, and which files are theirs; after the contents
 * are settled, before the rows are written. */
void finish_packages(struct finish *f);
/* The same for libraries. */
void finish_library_packages(struct finish *f);

/* finish_rows.c: the rows, in files.yaml and in the tables of trees. */
int finish_rows(struct finish *f, struct err *e);

/* finish_sources.c: code and parameters; after the contents are settled. */
void finish_sources(struct finish *f);
/* The digest of what was read of a file; NULL when there is none. */
const struct digest *finish_digest(const struct item *i);
/* What was read, from the store, else from where it still lies; -1 with errno.
 * Thread-safe. */
int finish_open(struct finish *f, const struct item *i);
/* All of a regular file of at most `max` bytes, with a NUL behind it; closes
 * it. False when it is none, or -1. */
bool finish_slurp(int fd, uint64_t max, struct strbuf *out);
/* The parameters in a file of configuration that was at `path`, or a gap;
 * closes it. */
void finish_parameters(
	struct finish *f, struct parameters *p, const char *path, int fd);

/* finish_libraries.c: what was executed or mapped executable. */
void finish_libraries(struct finish *f);

/* finish_preloads.c: the path without "." and "..", and without the links that
 * the run found. */
char *finish_follow(struct finish *f, const char *path);
/* The text of /etc/ld.so.preload, without comments; NULL when the run has not
 * read it. The items are by the index of their row. */
char *finish_preload_file(struct finish *f, struct item *const *items);
/* Names and paths that the dynamic loader was to preload into a process, by
 * its LD_PRELOAD and that file (ld.so(8)); added to `out`. */
void finish_preloads(struct finish *f, const struct process *p,
	const char *file, struct strlist *out);

/* finish_outputs.c: metrics, and parameters that the run itself wrote down. */
void finish_outputs(struct finish *f);
/* What the run left, to be read again; a descriptor, or -1. */
int finish_open_result(struct finish *f, const struct item *i);
/* `role`, or "model" by what is in the file; closes it. */
const char *finish_role(const char *role, int fd);

/* finish_data.c: inputs, outputs, processes, devices, peers, gaps. */
void finish_data(struct finish *f);
