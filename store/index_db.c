// SPDX-License-Identifier: Apache-2.0
/*
 * The database of the index: a file for each store, so that one that is large
 * or damaged concerns no other, with sqlite's rollback journal. (A write-ahead
 * log needs memory that all its users share, which NFS does not give.) It is
 * emptied in place and never replaced: under the name of a replaced file lies
 * the journal of whoever still uses the old one.
 */
#include "store/index_internal.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "store/cache_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Others hold the lock for about a second at a time: index_update.c. */
#define BUSY_MS 3000

int index_fail(struct index *ix, int code, struct err *e)
{
	ix->code = code;
	if ((code & 0xff) == SQLITE_NOMEM)
		abort();
	return err_set(e, "the index '%s': %s",
		ix->memory ? "in memory" : ix->path,
		ix->db ? sqlite3_errmsg(ix->db) : sqlite3_errstr(code));
}

int index_exec(struct index *ix, const char *sql, struct err *e)
{
	int code = sqlite3_exec(ix->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : index_fail(ix, code, e);
}

sqlite3_stmt *index_stmt(struct index *ix, enum index_sql which, struct err *e)
{
	sqlite3_stmt **st = &ix->stmts[which];
	int code = SQLITE_OK;

	if (!*st)
		code = sqlite3_prepare_v3(ix->db, index_sql[which], -1,
			SQLITE_PREPARE_PERSISTENT, st, NULL);
	if (code != SQLITE_OK) {
		index_fail(ix, code, e);
		return NULL;
	}
	sqlite3_reset(*st);
	sqlite3_clear_bindings(*st);
	return *st;
}

int index_step(struct index *ix, sqlite3_stmt *st, struct err *e)
{
	int code = SQLITE_OK;

	if (FAULT("index.step"))
		code = errno == EIO ? SQLITE_IOERR : SQLITE_CORRUPT;
	if (code == SQLITE_OK)
		code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		index_fail(ix, code, e);
	sqlite3_reset(st);
	return code == SQLITE_DONE ? 0 : -1;
}

int index_version(struct index *ix, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = index_stmt(ix, SQL_DATA_VERSION, e);

	if (!st || index_step(ix, st, e) != 1)
		return -1;
	*out = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return 0;
}

/* Nobody else's to write, and a plain file: else as if it were not there. */
static bool is_ours(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return true;
	return S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

/* In $XDG_CACHE_HOME/reprise, by the place of the store; that two stores have
 * one index only makes them read their manifests again. */
static void find_path(struct index *ix)
{
	char *dir = cache_dir(ix->arena), *real = realpath(ix->store->dir, NULL);
	const char *name = real ? real : ix->store->dir;
	char hex[DIGEST_HEX + 1];
	struct digest d;

	digest_bytes(name, strlen(name), &d);
	digest_hex(&d, hex);
	free(real);
	if (!dir || fs_mkdirs(dir, 0700, NULL) < 0)
		return;
	ix->path = arena_printf(ix->arena, "%s/index-%.16s.sqlite", dir, hex);
	if (!is_ours(ix->path))
		ix->path = NULL;
}

static void finish_stmts(struct index *ix)
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(ix->stmts[i]);
		ix->stmts[i] = NULL;
	}
}

void index_db_close(struct index *ix)
{
	finish_stmts(ix);
	sqlite3_close(ix->db);
	ix->db = NULL;
}

static int user_version(struct index *ix, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int code =
		sqlite3_prepare_v2(ix->db, "PRAGMA user_version", -1, &st, NULL);
	int r = -1;

	if (code != SQLITE_OK)
		index_fail(ix, code, e);
	else if (index_step(ix, st, e) == 1)
		r = 0;
	if (r == 0)
		*out = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return r;
}

/* Tables of another version, whichever they are. */
static int drop_tables(struct index *ix, struct err *e)
{
	autostrbuf sql = STRBUF_INIT;
	sqlite3_stmt *st = NULL;
	int r, code = sqlite3_prepare_v2(ix->db,
		       "SELECT 'DROP ' || type || ' IF EXISTS \"' || name || "
		       "'\";'"
		       " FROM sqlite_master WHERE type IN ('table', 'view')"
		       " AND name NOT LIKE 'sqlite%'",
		       -1, &st, NULL);

	if (code != SQLITE_OK)
		return index_fail(ix, code, e);
	strbuf_grow(&sql, 0);
	while ((r = index_step(ix, st, e)) == 1)
		strbuf_adds(&sql, (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return r < 0 ? -1 : index_exec(ix, sql.s, e);
}

/* In one transaction: whoever else finds another version waits for us. */
static int make_tables(struct index *ix, struct err *e)
{
	char set[48];
	int64_t version;
	int r = 0;

	if (user_version(ix, &version, e) < 0)
		return -1;
	if (version == INDEX_VERSION)
		return 0;
	snprintf(set, sizeof(set), "PRAGMA user_version = %d", INDEX_VERSION);
	if (index_exec(ix, "BEGIN IMMEDIATE", e) < 0 ||
		user_version(ix, &version, e) < 0)
		return -1;
	if (version != INDEX_VERSION)
		r = drop_tables(ix, e) < 0 ||
				    index_exec(ix, index_schema, e) < 0 ||
				    index_exec(ix, set, e) < 0
			    ? -1
			    : 0;
	return r < 0 ? -1 : index_exec(ix, "COMMIT", e);
}

/* A statement that failed may have left its transaction open. */
void index_roll_back(struct index *ix)
{
	if (ix->db && !sqlite3_get_autocommit(ix->db))
		sqlite3_exec(ix->db, "ROLLBACK", NULL, NULL, NULL);
}

static int open_db(struct index *ix, const char *path, struct err *e)
{
	int code = sqlite3_open_v2(path, &ix->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		NULL);

	if (code != SQLITE_OK)
		return index_fail(ix, code, e);
	sqlite3_busy_timeout(ix->db, BUSY_MS);
	sqlite3_extended_result_codes(ix->db, 1);
	/* The file is no more trusted than a manifest is. */
	sqlite3_db_config(ix->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(ix->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return index_exec(ix,
		       "PRAGMA cell_size_check = 1;"
		       "PRAGMA temp_store = MEMORY;"
		       "PRAGMA cache_size = -16384",
		       e) < 0
		       ? -1
		       : make_tables(ix, e);
}

int index_db_open(struct index *ix, struct err *e)
{
	mode_t old;
	int r;

	find_path(ix);
	ix->memory = ix->path == NULL;
	/* sqlite makes files of 0644 less the umask. */
	old = umask(077);
	r = open_db(ix, ix->path ? ix->path : ":memory:", e);
	umask(old);
	return r;
}

/* All that others have put into the file. */
static bool copy_file(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int code = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;

	return sqlite3_backup_finish(b) == SQLITE_OK && code == SQLITE_DONE;
}

static int open_memory(struct index *ix, struct err *e)
{
	finish_stmts(ix);
	sqlite3_close(ix->db);
	ix->db = NULL;
	ix->memory = true;
	ix->copied = false;
	return open_db(ix, ":memory:", e);
}

static int go_to_memory(struct index *ix, bool copy, struct err *e)
{
	sqlite3 *file = ix->db;
	int r;

	finish_stmts(ix);
	index_roll_back(ix);
	ix->db = NULL;
	r = open_memory(ix, e);
	if (r == 0 && copy && file) {
		ix->copied = true;
		/* What is locked has been waited for. */
		sqlite3_busy_timeout(file, 0);
		/* The file may have no tables as yet. */
		if (!copy_file(file, ix->db) || make_tables(ix, NULL) < 0)
			r = open_memory(ix, e);
	}
	sqlite3_close(file);
	return r;
}

/* The file is as it should be, but cannot be written, or read just now. */
static bool is_sound(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_READONLY:
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_PROTOCOL:
	case SQLITE_NOLFS:
		return true;
	}
	return false;
}

/* https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigresetdatabase:
 * safe when others use the file, and however damaged it is. */
static int clear(struct index *ix, struct err *e)
{
	int r;

	finish_stmts(ix);
	index_roll_back(ix);
	sqlite3_db_config(ix->db, SQLITE_DBCONFIG_RESET_DATABASE, 1, NULL);
	r = index_exec(ix, "VACUUM", e);
	sqlite3_db_config(ix->db, SQLITE_DBCONFIG_RESET_DATABASE, 0, NULL);
	return r < 0 ? -1 : make_tables(ix, e);
}

int index_db_mend(struct index *ix, struct err *e)
{
	bool sound = is_sound(ix->code);

	if (ix->memory)
		return ix->copied ? open_memory(ix, e) : -1;
	if (!sound && !ix->cleared && ix->db) {
		ix->cleared = true;
		if (clear(ix, e) == 0)
			return 0;
	}
	return go_to_memory(ix, sound, e);
}
