/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts that find owners share. Private to host/. */
#pragma once

#include "base/map.h"
#include "host/owners.h"
#include <stdbool.h>

struct python_sites;

/* Whose claim to a file counts first. */
enum claim_kind { CLAIM_LANGUAGE, CLAIM_PREFIX, CLAIM_SYSTEM, CLAIM_KINDS };

/* A path that something is to be known of. */
struct slot {
	const char *path;
	struct slot *source; /* of what it was made from, or NULL */
	struct claim {
		struct owner *owner;
		char *installed;
	} claims[CLAIM_KINDS];
};

/* A package that has one of them. */
struct owner {
	struct m_package m; /* first: callers have this */
	struct database *database;
	const void *package; /* as its database's reader has it */
	bool used;           /* by a file that the caller asked for */
};

/* One place where packages are recorded. */
struct database {
	const struct database_ops *ops;
	void *of;
	bool used;
	struct database *next;
};

struct database_ops {
	void (*files)(struct owners *o, const struct owner *w, struct arena *a,
		struct strlist *out);
	void (*installed)(struct owners *o, void *of, struct arena *a,
		struct strlist *out);
	int64_t (*count)(struct owners *o, const struct owner *w);
	void (*close)(void *of);
};

struct owners {
	struct arena *a;
	const char *root;
	struct problems *problems;
	struct map slots; /* by path */
	struct slot **list;
	size_t count;
	struct map by_package;  /* a reader's package -> struct owner */
	struct map by_location; /* of a snapshot -> struct owner */
	struct database *databases;
	/* Of os-release(5). */
	const char *vendor, *release;
};

/* The slot of a path, made when it is new; the path must live as long. */
struct slot *owners_slot(struct owners *o, const char *path);
struct database *owners_database(
	struct owners *o, const struct database_ops *ops, void *of);
/* The owner that stands for a reader's package; new ones have no `m`. */
struct owner *owners_package(
	struct owners *o, struct database *d, const void *package);
/* Does conda or the system have the file? */
bool owners_outside(struct owners *o, const char *path);
/* "PURL LOCATION" */
void owners_line(struct owners *o, struct arena *a, struct strlist *out,
	const struct m_package *m);

/* owners_conda.c, owners_dpkg.c, owners_rpm.c */
void owners_conda(struct owners *o);
void owners_dpkg(struct owners *o, const char *cache);
void owners_rpm(struct owners *o);
/* owners_python.c: first which there are, then whose files. */
struct python_sites *owners_python_sites(struct owners *o,
	const struct owned_file *files, size_t count,
	const struct strlist *sites);
void owners_python(struct owners *o, struct python_sites *sites);
/* owners_huggingface.c: NULL when it is none of its files. */
struct m_package *owners_huggingface(struct owners *o, const char *path);
