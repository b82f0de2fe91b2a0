// SPDX-License-Identifier: Apache-2.0
/*
 * Tables of the index, and the statements on them. Libraries and packages that
 * are the same in many runs, and tables of trees, are there once.
 */
#include "store/index_internal.h"

const char index_schema[] =
	"CREATE TABLE runs(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	" size INTEGER, mtime INTEGER, ctime INTEGER,"
	" name TEXT, team TEXT, status TEXT, exit_code INTEGER, signal TEXT,"
	" started TEXT NOT NULL, ended TEXT, wall_s REAL, argv BLOB);"
	/* kind: enum index_fact */
	"CREATE TABLE facts(run INTEGER, kind INTEGER, seq INTEGER, name TEXT,"
	" value TEXT, source TEXT, PRIMARY KEY(run, kind, seq))"
	" WITHOUT ROWID;"
	/* way: enum index_way. tree: key in trees, or 0 when its digest is
	 * not known; NULL: a file */
	"CREATE TABLE contents(key INTEGER PRIMARY KEY, run INTEGER,"
	" way INTEGER, id TEXT, path TEXT, role TEXT, tree INTEGER,"
	" digest BLOB, bytes INTEGER, files INTEGER);"
	"CREATE INDEX contents_run ON contents(run);"
	"CREATE INDEX contents_digest ON contents(digest);"
	"CREATE INDEX contents_tree ON contents(tree)"
	" WHERE tree IS NOT NULL;"
	/* files: of the table when it is in tree_files */
	"CREATE TABLE trees(key INTEGER PRIMARY KEY,"
	" digest BLOB NOT NULL UNIQUE, files INTEGER);"
	"CREATE TABLE tree_files(tree INTEGER, path TEXT, digest BLOB,"
	" bytes INTEGER, PRIMARY KEY(tree, path)) WITHOUT ROWID;"
	"CREATE INDEX tree_files_digest ON tree_files(digest);"
	/* same: digest of all other columns */
	"CREATE TABLE packages(key INTEGER PRIMARY KEY,"
	" same BLOB NOT NULL UNIQUE, purl TEXT, type TEXT, name TEXT,"
	" version TEXT, source TEXT, location TEXT);"
	"CREATE TABLE libraries(key INTEGER PRIMARY KEY,"
	" same BLOB NOT NULL UNIQUE, package INTEGER, path TEXT, digest TEXT,"
	" soname TEXT, build_id TEXT, component TEXT, version TEXT,"
	" loaded_by TEXT);"
	"CREATE TABLE uses_package(package INTEGER, run INTEGER,"
	" PRIMARY KEY(package, run)) WITHOUT ROWID;"
	"CREATE INDEX uses_package_run ON uses_package(run);"
	"CREATE TABLE uses_library(library INTEGER, run INTEGER,"
	" PRIMARY KEY(library, run)) WITHOUT ROWID;"
	"CREATE INDEX uses_library_run ON uses_library(run);";

const char index_sweep[] =
	"DELETE FROM libraries WHERE NOT EXISTS"
	" (SELECT 1 FROM uses_library WHERE library = libraries.key);"
	"DELETE FROM packages WHERE NOT EXISTS"
	" (SELECT 1 FROM uses_package WHERE package = packages.key)"
	" AND NOT EXISTS"
	" (SELECT 1 FROM libraries WHERE package = packages.key);"
	"DELETE FROM trees WHERE NOT EXISTS"
	" (SELECT 1 FROM contents WHERE tree = trees.key);"
	"DELETE FROM tree_files WHERE tree NOT IN (SELECT key FROM trees);";

#define RUN_COLUMNS                                                 \
	"key, id, name, team, status, exit_code, signal, started, " \
	"ended, wall_s, argv"

/* Then, where it is a file of a tree, its path in the tree and its size. */
#define CONTENT_COLUMNS                                          \
	"r.id, r.started, c.way, c.id, c.path, c.role, c.tree, " \
	"c.digest, c.bytes, c.files"

const char *const index_sql[SQL_COUNT] = {
	[SQL_DATA_VERSION] = "PRAGMA data_version",
	[SQL_STAMPS] = "SELECT id, size, mtime, ctime FROM runs",
	[SQL_STAMP_OF] =
		"SELECT key, size, mtime, ctime FROM runs WHERE id = ?1",
	[SQL_DELETE_RUN] = "DELETE FROM runs WHERE key = ?1",
	[SQL_DELETE_FACTS] = "DELETE FROM facts WHERE run = ?1",
	[SQL_DELETE_CONTENTS] = "DELETE FROM contents WHERE run = ?1",
	[SQL_DELETE_LIBRARIES] = "DELETE FROM uses_library WHERE run = ?1",
	[SQL_DELETE_PACKAGES] = "DELETE FROM uses_package WHERE run = ?1",
	[SQL_ADD_RUN] = "INSERT INTO runs(id, size, mtime, ctime, name, team,"
			" status, exit_code, signal, started, ended, wall_s,"
			" argv) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
			" ?10, ?11, ?12, ?13)",
	[SQL_ADD_FACT] = "INSERT INTO facts VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_ADD_CONTENT] =
		"INSERT INTO contents(run, way, id, path, role, tree,"
		" digest, bytes, files)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_FIND_TREE] = "SELECT key, files FROM trees WHERE digest = ?1",
	[SQL_ADD_TREE] = "INSERT INTO trees(digest) VALUES(?1)",
	[SQL_SET_TREE] = "UPDATE trees SET files = ?2 WHERE key = ?1",
	[SQL_ADD_TREE_FILE] = "INSERT INTO tree_files VALUES(?1, ?2, ?3, ?4)",
	[SQL_FIND_PACKAGE] = "SELECT key FROM packages WHERE same = ?1",
	[SQL_ADD_PACKAGE] =
		"INSERT INTO packages(same, purl, type, name, version, source,"
		" location) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_USE_PACKAGE] = "INSERT OR IGNORE INTO uses_package VALUES(?1, ?2)",
	[SQL_FIND_LIBRARY] = "SELECT key FROM libraries WHERE same = ?1",
	[SQL_ADD_LIBRARY] =
		"INSERT INTO libraries(same, package, path, digest, soname,"
		" build_id, component, version, loaded_by)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_USE_LIBRARY] = "INSERT OR IGNORE INTO uses_library VALUES(?1, ?2)",
	[SQL_RUNS] = "SELECT " RUN_COLUMNS " FROM runs"
		     " ORDER BY started DESC, id",
	[SQL_RUN] = "SELECT " RUN_COLUMNS " FROM runs WHERE id = ?1",
	[SQL_FACTS] = "SELECT run, kind, name, value, source FROM facts"
		      " ORDER BY run, kind, seq",
	[SQL_FACTS_OF] = "SELECT run, kind, name, value, source FROM facts"
			 " WHERE run = ?1 ORDER BY kind, seq",
	[SQL_FIND_CONTENT] =
		"SELECT " CONTENT_COLUMNS ", NULL, NULL"
		" FROM contents c JOIN runs r ON r.key = c.run"
		" WHERE c.digest = ?1 AND c.way & ?2"
		" UNION ALL "
		"SELECT " CONTENT_COLUMNS ", f.path, f.bytes"
		" FROM tree_files f JOIN contents c ON c.tree = f.tree"
		" JOIN runs r ON r.key = c.run"
		" WHERE f.digest = ?1 AND c.way & ?2"
		" ORDER BY 2 DESC, 1, 4, 11",
	[SQL_CONTENTS_OF] =
		"SELECT " CONTENT_COLUMNS ", NULL, NULL FROM contents c"
		" JOIN runs r ON r.key = c.run"
		" WHERE r.id = ?1 AND c.way & ?2 ORDER BY c.key",
	[SQL_CONTENT] = "SELECT " CONTENT_COLUMNS ", NULL, NULL FROM contents c"
			" JOIN runs r ON r.key = c.run WHERE c.key = ?1",
	/*
	 * Pairs of a content of this run (`here`) and one of another, with how
	 * many contents they share: two files, or equal trees whose files are
	 * not known; a file and a file of a tree, both ways; files of two
	 * trees. Trees are compared with each other once, not once for each
	 * run that used them. ?3 is the digest of the empty file.
	 */
	[SQL_LINKS] =
		"WITH here AS (SELECT c.* FROM contents c JOIN runs r"
		" ON r.key = c.run WHERE r.id = ?1 AND c.way = ?2),"
		" mine AS (SELECT DISTINCT tree, digest FROM tree_files"
		" WHERE digest <> ?3 AND tree IN (SELECT tree FROM here)),"
		" pairs AS (SELECT m.tree AS a, f.tree AS b,"
		" count(DISTINCT m.digest) AS n FROM mine m"
		" JOIN tree_files f ON f.digest = m.digest GROUP BY 1, 2),"
		" links AS ("
		"SELECT h.key AS here, t.key AS there, h.files AS n"
		" FROM here h JOIN contents t ON t.digest = h.digest"
		" LEFT JOIN trees k ON k.key = h.tree"
		" WHERE h.digest <> ?3 AND k.files IS NULL"
		" UNION ALL "
		"SELECT h.key, t.key, 1 FROM here h"
		" JOIN tree_files f ON f.digest = h.digest"
		" JOIN contents t ON t.tree = f.tree WHERE h.digest <> ?3"
		" GROUP BY 1, 2"
		" UNION ALL "
		"SELECT h.key, t.key, count(DISTINCT m.digest) FROM here h"
		" JOIN mine m ON m.tree = h.tree"
		" JOIN contents t ON t.digest = m.digest GROUP BY 1, 2"
		" UNION ALL "
		"SELECT h.key, t.key, p.n FROM pairs p"
		" JOIN here h ON h.tree = p.a"
		" JOIN contents t ON t.tree = p.b)"
		" SELECT l.here, l.there, l.n FROM links l"
		" JOIN contents t ON t.key = l.there"
		" JOIN runs r ON r.key = t.run"
		" WHERE t.way <> ?2 AND r.id <> ?1"
		" ORDER BY r.started DESC, r.id, l.here, l.there",
	[SQL_LIBRARIES] = "SELECT key, package, path, digest, soname,"
			  " build_id, component, version, loaded_by"
			  " FROM libraries ORDER BY key",
	[SQL_PACKAGES] = "SELECT key, purl, type, name, version, source,"
			 " location FROM packages ORDER BY key",
	[SQL_LATEST] = "SELECT key, id FROM runs ORDER BY started DESC, id",
	[SQL_RUNS_OF_LIBRARY] =
		"SELECT run FROM uses_library WHERE library = ?1",
	[SQL_RUNS_OF_PACKAGE] =
		"SELECT run FROM uses_package WHERE package = ?1",
};
