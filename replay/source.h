/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of this host whose content is in a replay: inputs that were kept by
 * reference, and what --input gives.
 *
 *	inputs.c      --input: the nodes that it replaces
 *	references.c  inputs kept by reference are there, and what they were
 *	sources.c     looking at files and hashing them
 *	place.c       how their bytes get into the root
 */
#pragma once

#include "base/digest.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct node;
struct parts;
struct plan;
struct strlist;

/* What a group has at most that is copied: some tens of milliseconds (copying
 * runs at 1 GB/s and more where the file system has no reflinks). */
#define SOURCE_COPY_MAX (64 << 20)

enum source_place {
	PLACE_COPY,  /* a real file in the upper layer */
	PLACE_LAYER, /* A: the file itself lies under the root, as objects do */
	PLACE_BIND,  /* mounted read-only: mode, owner and times are its own */
};

/* As it was when it was hashed. */
struct source {
	const char *path; /* on this host; absolute, no links on the way */
	uint64_t dev, ino, size;
	int64_t mtime_s, ctime_ns;
	uint32_t mtime_ns;
	uint32_t mode, uid, gid;
	uint64_t mount; /* statx(2)'s stx_mnt_id */
	size_t group;
	enum source_place place;
	const char *inside; /* PLACE_LAYER: the path in the layer */
};

/* Files that get into the root in the same way. */
struct source_group {
	const char *root; /* the directory of the run that they make up, or NULL */
	const char *by;    /* that directory on this host; NULL: not there */
	uint64_t dev, ino; /* of it */
	int64_t bytes;
	size_t files;
	bool bound; /* the directory is mounted as a whole */
};

/* One file to be looked at. */
struct source_job {
	struct node *node;
	struct source source; /* in: path, group */
	struct digest digest;
	int error;  /* errno: EISDIR and EINVAL when it is no file */
	bool large; /* place.c: not to be copied, if it can be helped */
	/* inputs.c: what the run had there */
	bool had_digest;
	struct digest had;
};

struct source_jobs {
	struct source_job **items;
	size_t count;
};

/* An input that was kept by reference, and where it was found. */
struct reference {
	const char *path, *by;
	struct digest digest;
	int64_t files, bytes; /* files: -1 of a single one */
};

/* Where --input says that references lie. */
struct elsewhere {
	const char *from, *to;
	size_t replaced; /* its place in the plan's list */
};

/* What the plan knows of all this. */
struct sources {
	struct source_jobs jobs; /* all that are used */
	struct source_group *groups;
	size_t group_count;
	struct elsewhere *elsewhere;
	size_t elsewhere_count;
	struct reference *references;
	size_t reference_count;
	/* A: the directory that is a layer of the root, or NULL. */
	const char *layer;
	/* The tree is not what the rows alone make of it. */
	bool differs;
	const char *variant; /* B: of this tree among those of the run */
};

/* sources.c */
struct source_job *source_job_new(struct arena *a, struct source_jobs *jobs,
	struct node *n, const char *path, size_t group);
size_t source_group_new(struct plan *p, const char *root, const char *by);
/* Look at all of them, by several threads. */
void sources_look(const struct source_jobs *jobs);
/* Is it still what was hashed? `fd` is open on it. */
bool source_is_same(const struct source *s, int fd);
/* When the command has ended: notes of files that it could see changing. */
void sources_check_again(struct plan *p);

/*
 * After the rows and the volumes, before plan_finish(): what the user gives,
 * then what was kept by reference. Fails when one of those is absent or
 * something else.
 */
int inputs_apply(struct plan *p, const struct parts *parts, struct err *e);
int references_find(struct plan *p, struct err *e);

/* place.c: pure. `mounts`: where file systems are mounted on this host. */
void sources_place(struct plan *p, const struct strlist *mounts);
/* Could "/ab/cdef..." be the name of an object? */
bool place_is_object(const char *path);
