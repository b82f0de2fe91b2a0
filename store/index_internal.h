/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the index share. */
#pragma once

#include "store/index.h"
#include "store/internal.h"
#include <sqlite3.h>

/* A manifest that is another file than it was has another of these. */
struct index_stamp {
	int64_t size, mtime_ns, ctime_ns;
};

/* Prepared statements that are used more than once: index_schema.c. */
enum index_sql {
	SQL_DATA_VERSION,
	SQL_STAMPS,
	SQL_STAMP_OF,
	SQL_DELETE_RUN,
	SQL_DELETE_FACTS,
	SQL_DELETE_CONTENTS,
	SQL_DELETE_LIBRARIES,
	SQL_DELETE_PACKAGES,
	SQL_ADD_RUN,
	SQL_ADD_FACT,
	SQL_ADD_CONTENT,
	SQL_FIND_TREE,
	SQL_ADD_TREE,
	SQL_SET_TREE,
	SQL_ADD_TREE_FILE,
	SQL_FIND_PACKAGE,
	SQL_ADD_PACKAGE,
	SQL_USE_PACKAGE,
	SQL_FIND_LIBRARY,
	SQL_ADD_LIBRARY,
	SQL_USE_LIBRARY,
	SQL_RUNS,
	SQL_RUN,
	SQL_FACTS,
	SQL_FACTS_OF,
	SQL_FIND_CONTENT,
	SQL_CONTENTS_OF,
	SQL_CONTENT,
	SQL_LINKS,
	SQL_LIBRARIES,
	SQL_PACKAGES,
	SQL_LATEST,
	SQL_RUNS_OF_LIBRARY,
	SQL_RUNS_OF_PACKAGE,
	SQL_COUNT
};

extern const char index_schema[];
extern const char *const index_sql[SQL_COUNT];
/* After runs were forgotten: what no run uses any more. */
extern const char index_sweep[];
/* Changes with the schema, and with what is put into it. */
#define INDEX_VERSION 1

enum index_fact { FACT_TAG = 1, FACT_PARAMETER, FACT_METRIC };

struct index {
	struct store *store;
	struct arena *arena;
	char *path; /* NULL: in memory from the start */
	sqlite3 *db;
	bool memory;  /* nobody else's */
	bool copied;  /* and begun as a copy of the file */
	bool cleared; /* once, since it was damaged */
	/* Result code of the statement that failed last; SQLITE_OK when it was
	 * not the database that failed. */
	int code;
	int64_t seen; /* index_version() when it was last brought up to date */
	sqlite3_stmt *stmts[SQL_COUNT];
	struct index_trouble *troubles;
	size_t trouble_count;
	struct strlist unpublished;
};

/* index_db.c: all give -1, with the message and ix->code, when sqlite fails */

/* Open the file of the cache, or a database in memory, with all tables. */
int index_db_open(struct index *ix, struct err *e);
void index_db_close(struct index *ix);
/*
 * After a failure: make a damaged file empty, or else go on in memory, with a
 * copy of the file when it is sound. -1 when nothing is left to try.
 */
int index_db_mend(struct index *ix, struct err *e);
int index_exec(struct index *ix, const char *sql, struct err *e);
/* A transaction that a failure has left open. */
void index_roll_back(struct index *ix);
/* Ready for binding; the index's own. */
sqlite3_stmt *index_stmt(struct index *ix, enum index_sql which, struct err *e);
/* 1 a row, 0 done, -1. */
int index_step(struct index *ix, sqlite3_stmt *st, struct err *e);
/* The failure of a call of sqlite's. */
int index_fail(struct index *ix, int code, struct err *e);

/* index_values.c: NULL, ABSENT and NaN are NULL; parameters count from 1. */
void index_bind_text(sqlite3_stmt *st, int i, const char *s);
void index_bind_int(sqlite3_stmt *st, int i, int64_t n);
void index_bind_double(sqlite3_stmt *st, int i, double d);
void index_bind_digest(sqlite3_stmt *st, int i, const struct digest *d);
/* Columns count from 0. */
char *index_text(struct arena *a, sqlite3_stmt *st, int i);
/* "" in the place of NULL, where a manifest has some text. */
char *index_some_text(struct arena *a, sqlite3_stmt *st, int i);
int64_t index_int(sqlite3_stmt *st, int i);
double index_double(sqlite3_stmt *st, int i);
bool index_digest(sqlite3_stmt *st, int i, struct digest *out);

/* Another value when another process has changed the database. */
int index_version(struct index *ix, int64_t *out, struct err *e);

/* index_update.c */

/* Bring the database up to date with the directory of runs. */
int index_update(struct index *ix, struct err *e);

/* index_add.c: within a transaction */

int index_add_run(struct index *ix, const struct manifest *m,
	const struct index_stamp *stamp, struct err *e);
int index_delete_run(struct index *ix, int64_t key, struct err *e);

/* index_add_uses.c */
int index_add_uses(
	struct index *ix, const struct manifest *m, int64_t run, struct err *e);

/* index_add_contents.c */
int index_add_contents(
	struct index *ix, const struct manifest *m, int64_t run, struct err *e);

/* index.c */

/*
 * Ask a question: `ask` reads in one transaction, in which the database holds
 * every run that it held when it was brought up to date. When it turns out to
 * be damaged it is made anew and `ask` called again, so it has to set all of
 * its result.
 */
int index_ask(struct index *ix,
	int (*ask)(struct index *ix, void *question, struct err *e),
	void *question, struct err *e);
