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

/* The files of a run's directory. */
#define RUN_MANIFEST "manifest.yaml"
#define RUN_FILES "files.yaml"
#define RUN_KEY "key"
#define RUN_JOURNAL "journal"
/* Beside the journal of a run that only needs more time for hashing. */
#define RUN_PENDING "pending"
/* Beside the journal of a run in a sandbox: its paths are not this host's. */
#define RUN_INSIDE "inside"

struct run_dir {
	char id[RUN_ID_LEN + 1]; /* uuid version 4, lower case */
	int fd;                  /* runs/<id>, O_DIRECTORY */
};

/* Is it the form of an id: uuid version 4 or another, in lower case? */
bool run_is_id(const char *s);

/* A new run with a fresh id. */
int run_create(struct store *s, struct run_dir *r, struct err *e);
/* Published or not; ENOENT in e->code when there is none of that id. */
int run_open(struct store *s, const char *id, struct run_dir *r, struct err *e);
void run_dir_release(struct run_dir *r);

/*
 * Publish: files.yaml must already be in r->fd under the name given by
 * RUN_FILES_TMP and complete; it is renamed and the manifest's text is written,
 * both are made durable, then the manifest gets its name, then the journal goes.
 */
#define RUN_FILES_TMP "files.yaml.tmp"
int run_publish(struct store *s, struct run_dir *r, const char *manifest_yaml,
	size_t len, struct err *e);
/* Remove the directory of a capture that never started; r still has to be
 * released. */
int run_abandon(struct store *s, struct run_dir *r, struct err *e);

/*
 * Find by id, name, unique prefix of the id (4 characters or more), "@" (the
 * latest by its start), "@~N". Fails naming what was asked for, and the
 * candidates when it is ambiguous: a name that is the beginning of another
 * run's id, too, is. ENOENT in e->code when there is no such run. Only
 * published runs are found.
 */
int run_find(struct store *s, const char *what, char id[RUN_ID_LEN + 1],
	struct err *e);

/* Published runs, latest first: id, name and start. */
struct run_entry {
	char id[RUN_ID_LEN + 1];
	char *name;    /* or NULL */
	char *started; /* RFC 3339; "" when it is not known */
	char *status;  /* of a published run, or NULL */
	bool published;
	bool dead;     /* not published, and nobody holds its journal */
	bool pending;  /* likewise, but only hashing is left: `finish` */
	char *trouble; /* why its manifest could not be read, or NULL */
};
int runs_list(struct store *s, struct arena *a, bool unpublished_too,
	struct run_entry **out, size_t *count, struct err *e);

/* The entry of one run; ENOENT in e->code when there is none of that id. */
int run_read_entry(struct store *s, struct arena *a, const char *id,
	struct run_entry *out, struct err *e);

/* Ids of the runs that were killed before they were published. */
struct strlist;
int runs_dead(
	struct store *s, struct arena *a, struct strlist *ids, struct err *e);

/* The parsed manifest of a run, checked; errors carry line and column. */
int run_read_manifest(struct store *s, const char *id, struct arena *a,
	struct manifest *m, struct err *e);
/* Descriptor of files.yaml, its digest verified against the manifest. */
int run_open_files(struct store *s, const char *id, const struct manifest *m,
	struct err *e);

/*
 * Let `name` mean this run from now on (names/<name>). A name is components
 * joined by single slashes, like features/users@v3; no component is empty or
 * begins with '.', '-', '@' or '~' (so ".." and "@~1" are none) or ends in
 * ".tmp", and there is no ':', no control character and nothing that has the
 * form of a whole id. At most 255 bytes.
 */
int run_set_name(
	struct store *s, const char *name, const char *id, struct err *e);
/* The same for what the run read or left at `path`, a file or a directory: a
 * set of files (store/set.h). NULL: the run itself. */
int name_set(struct store *s, const char *name, const char *id,
	const char *path, struct err *e);
/* 1 and what names/<name> holds, 0 no such name, -1 trouble. */
int name_find(struct store *s, const char *name, struct arena *a,
	char id[RUN_ID_LEN + 1], char **path, struct err *e);
/* All names in byte order. One that cannot be read is left out: whoever uses it
 * hears why. */
struct name_entry {
	char *name;
	char id[RUN_ID_LEN + 1]; /* there may be no such run any more */
	char *path;              /* of a set of files; NULL: the run */
};
void names_list(struct store *s, struct arena *a, struct name_entry **out,
	size_t *count);
/* 0, or -1 and what is wrong with it. */
int run_check_name(const char *name, struct err *e);
