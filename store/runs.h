/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs in a store. While it is recorded, a run is a directory with a journal
 * that its recorder (and its keeper) hold locked; publishing writes
 * files.yaml, then manifest.yaml by rename, and removes the journal. A run
 * without manifest.yaml whose journal nobody holds was killed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct manifest;
struct store;

#define RUN_ID_LEN 36
#define RUN_SHORT_LEN 8

struct run_dir {
	char id[RUN_ID_LEN + 1]; /* uuid version 4, lower case */
	int fd;			 /* runs/<id>, O_DIRECTORY */
};

/* A new run with a fresh id. */
int run_create(struct store *s, struct run_dir *r, struct err *e);
int run_open(struct store *s, const char *id, struct run_dir *r, struct err *e);
void run_dir_release(struct run_dir *r);

/*
 * Publish: files.yaml must already be in r->fd under the name given by
 * RUN_FILES_TMP and complete; it is fsynced and renamed, then the manifest's
 * text is written likewise, then the journal goes.
 */
#define RUN_FILES_TMP "files.yaml.tmp"
int run_publish(struct store *s, struct run_dir *r, const char *manifest_yaml,
	size_t len, struct err *e);
/* Remove the run directory of a capture that never started. */
int run_abandon(struct store *s, struct run_dir *r, struct err *e);

/*
 * Find by name, id, unique prefix of the id (4 characters or more), "@" (the
 * latest by its start), "@~N". Fails naming what was asked for, and the
 * candidates when it is ambiguous. Only published runs are found.
 */
int run_find(struct store *s, const char *what, char id[RUN_ID_LEN + 1],
	struct err *e);

/* Published runs, latest first: id, name and start. */
struct run_entry {
	char id[RUN_ID_LEN + 1];
	char *name;    /* or NULL */
	char *started; /* RFC 3339 */
	bool published;
	bool dead; /* not published, and nobody holds its journal */
};
int runs_list(struct store *s, struct arena *a, bool unpublished_too,
	struct run_entry **out, size_t *count, struct err *e);

/* The parsed manifest of a run, checked; errors carry line and column. */
int run_read_manifest(struct store *s, const char *id, struct arena *a,
	struct manifest *m, struct err *e);
/* Descriptor of files.yaml, its digest verified against the manifest. */
int run_open_files(struct store *s, const char *id, const struct manifest *m,
	struct err *e);

/* Let `name` mean this run from now on (names/<name>); refuses bad names. */
int run_set_name(struct store *s, const char *name, const char *id,
	struct err *e);
