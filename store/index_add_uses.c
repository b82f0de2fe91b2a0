// SPDX-License-Identifier: Apache-2.0
/*
 * Packages and libraries of a run into the index: most are those of another
 * run, and are found by a digest of all that is known of them.
 */
#include "store/index_internal.h"

#include "base/map.h"
#include "base/strbuf.h"

#include <string.h>

#define PACKAGE_COLUMNS 6
#define LIBRARY_COLUMNS 7

/* The key of the row with these values; made where there is none. */
static int64_t intern(struct index *ix, enum index_sql find, enum index_sql add,
	const char *const *values, size_t count, int64_t package, struct err *e)
{
	/* The package of a library comes before its other columns. */
	bool is_library = add == SQL_ADD_LIBRARY;
	sqlite3_stmt *st = index_stmt(ix, find, e);
	autostrbuf all = STRBUF_INIT;
	struct digest same;
	int64_t key;
	int r;

	strbuf_add(&all, &package, sizeof(package));
	for (size_t i = 0; i < count; i++) {
		/* An absent value is no empty one. */
		strbuf_addc(&all, values[i] ? 1 : 0);
		if (values[i])
			strbuf_add(&all, values[i], strlen(values[i]) + 1);
	}
	digest_bytes(all.s, all.len, &same);
	if (!st)
		return -1;
	index_bind_digest(st, 1, &same);
	r = index_step(ix, st, e);
	if (r) {
		key = r < 0 ? -1 : sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		return key;
	}
	st = index_stmt(ix, add, e);
	if (!st)
		return -1;
	index_bind_digest(st, 1, &same);
	if (is_library)
		index_bind_int(st, 2, package);
	for (size_t i = 0; i < count; i++)
		index_bind_text(st, (int)i + 2 + is_library, values[i]);
	if (index_step(ix, st, e) < 0)
		return -1;
	return sqlite3_last_insert_rowid(ix->db);
}

static int use(struct index *ix, enum index_sql sql, int64_t key, int64_t run,
	struct err *e)
{
	sqlite3_stmt *st = key < 0 ? NULL : index_stmt(ix, sql, e);

	if (!st)
		return -1;
	index_bind_int(st, 1, key);
	index_bind_int(st, 2, run);
	return index_step(ix, st, e);
}

static int add_packages(struct index *ix, const struct manifest *m, int64_t run,
	struct map *keys, struct err *e)
{
	for (size_t i = 0; i < m->packages.count; i++) {
		const struct m_package *p = &m->packages.items[i];
		const char *values[PACKAGE_COLUMNS] = {p->purl, p->type,
			p->name, p->version, p->source, p->location};
		int64_t key = intern(ix, SQL_FIND_PACKAGE, SQL_ADD_PACKAGE,
			values, PACKAGE_COLUMNS, 0, e);

		if (use(ix, SQL_USE_PACKAGE, key, run, e) < 0)
			return -1;
		if (p->id)
			map_puts(keys, p->id, (void *)(intptr_t)key);
	}
	return 0;
}

static int add_libraries(struct index *ix, const struct manifest *m,
	int64_t run, const struct map *packages, struct err *e)
{
	for (size_t i = 0; i < m->libraries.count; i++) {
		const struct m_library *l = &m->libraries.items[i];
		const char *values[LIBRARY_COLUMNS] = {l->path, l->digest,
			l->soname, l->build_id, l->component, l->version,
			l->loaded_by};
		int64_t package =
			l->package ? (intptr_t)map_gets(packages, l->package) : 0;
		int64_t key = intern(ix, SQL_FIND_LIBRARY, SQL_ADD_LIBRARY,
			values, LIBRARY_COLUMNS, package ? package : ABSENT, e);

		if (use(ix, SQL_USE_LIBRARY, key, run, e) < 0)
			return -1;
	}
	return 0;
}

int index_add_uses(
	struct index *ix, const struct manifest *m, int64_t run, struct err *e)
{
	struct map packages = MAP_INIT;
	int r = add_packages(ix, m, run, &packages, e);

	if (r == 0)
		r = add_libraries(ix, m, run, &packages, e);
	map_release(&packages);
	return r;
}
