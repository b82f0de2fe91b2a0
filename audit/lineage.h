/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which runs made what a run has read, and which used what it wrote, as far
 * back and forth as the store knows. Runs are connected by contents: it does
 * not matter where a file was moved to, or how it was renamed.
 *
 * A content that several runs wrote came from the last one that had begun
 * before its reader did.
 */
#pragma once

#include "audit/lineage_known.h"
#include "store/index.h"

struct json_t;
struct strbuf;

enum lineage_relation { LINEAGE_SUBJECT, LINEAGE_ANCESTOR, LINEAGE_DESCENDANT };

struct lineage_run {
	struct index_run run;
	enum lineage_relation relation;
	/* Inputs other than code that no run has written. */
	struct index_content *sources;
	size_t source_count;
};

/* `from` wrote what `to` has read: indices of runs. */
struct lineage_edge {
	size_t from, to;
	struct index_content wrote, read;
	int64_t contents; /* different ones */
};

struct lineage {
	struct arena *arena;
	struct index *index;
	struct lineage_run *runs;
	size_t run_count;
	struct lineage_edge *edges;
	size_t edge_count;
	/* When it was asked about a content: */
	bool has_content;
	struct digest content;
	const char *content_name;      /* as it was asked for */
	struct index_content *writers; /* latest first; the first is the subject */
	size_t writer_count;
	struct index_content *readers; /* earliest first */
	size_t reader_count;
	struct lineage_contents contents;
};

/* The index and the arena outlive it. */
void lineage_init(struct lineage *l, struct index *ix, struct arena *a);
void lineage_release(struct lineage *l);

int lineage_of_run(struct lineage *l, const char *id, struct err *e);
/* 1, or 0 when no run has written or read the content. */
int lineage_of_content(struct lineage *l, const char *name,
	const struct digest *d, struct err *e);

/* lineage_text.c, lineage_json.c, lineage_dot.c */

/* `printable` makes text safe for a terminal. */
void lineage_text(const struct lineage *l,
	char *(*printable)(struct arena *a, const char *s), struct strbuf *out);
/* {"subject": {...}, "runs": [...], "edges": [...]}; a new reference. */
struct json_t *lineage_json(const struct lineage *l);
/* For dot(1) of Graphviz: boxes are runs, the rest is contents. */
void lineage_dot(const struct lineage *l, struct strbuf *out);
