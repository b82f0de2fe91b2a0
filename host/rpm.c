// SPDX-License-Identifier: Apache-2.0
/* RPM packages. */
#include "host/rpm.h"

#include "base/arena.h"
#include "base/map.h"
#include "host/files.h"
#include "host/merged.h"
#include "host/problems.h"
#include "host/rpm_header.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A header is some hundred kilobytes at most. */
#define BLOB_MAX (64 << 20)
/* Steps of sqlite's machine: more than any real database needs. */
#define STEPS_AT_ONCE 1000000
#define STEPS_MAX 1000

#define SHA256 8 /* PGP's number of it, RFC 4880 */
#define MD5 1

/* A package that was read. */
struct loaded {
	struct rpm_package p; /* first: callers have this */
	const char **bases, **dirs, **digests;
	size_t base_count, dir_count, digest_count;
	struct rpm_header h; /* copied into the arena */
};

struct rpm {
	struct arena *arena;
	const char *path; /* of the database, below the root */
	struct problems *problems;
	struct merged merged;
	sqlite3 *db;
	sqlite3_stmt *by_name;
	struct map loaded; /* number in the database -> struct loaded */
	int steps;
	bool told; /* the first problem says it all */
};

static void problem(struct rpm *r, const char *what)
{
	if (!r->told)
		problem_add(r->problems, r->path, "%s: %s", what,
			sqlite3_errmsg(r->db));
	r->told = true;
}

/* --- opening ------------------------------------------------------------ */

/* A hostile database could keep a query busy for ever. */
static int limit_steps(void *arg)
{
	struct rpm *r = arg;

	return ++r->steps > STEPS_MAX;
}

static bool has_bytes(const char *full, const char *suffix)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", full, suffix);
	return stat(path, &st) == 0 && st.st_size > 0;
}

/* A path as a part of a URI, which sqlite decodes. */
static char *uri_of(struct arena *a, const char *path)
{
	char *out = arena_alloc(a, 3 * strlen(path) + 64), *to = out;

	to += sprintf(to, "file:");
	for (; *path; path++)
		to += sprintf(to, strchr("%?#", *path) ? "%%%02X" : "%c", *path);
	strcpy(to, "?immutable=1&mode=ro");
	return out;
}

static bool open_database(struct rpm *r, const char *full)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;

	/* Without its locks nobody is waited for; what is not yet in the
	 * database itself would be missed. */
	if (has_bytes(full, "-wal") || has_bytes(full, "-journal")) {
		problem_add(r->problems, r->path,
			"its packages are not known: it is being written, or "
			"was left so");
		return false;
	}
	if (sqlite3_open_v2(uri_of(r->arena, full), &r->db, flags, NULL) !=
		SQLITE_OK) {
		problem(r, "its packages are not known");
		return false;
	}
	sqlite3_limit(r->db, SQLITE_LIMIT_LENGTH, BLOB_MAX);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_progress_handler(r->db, STEPS_AT_ONCE, limit_steps, r);
	if (sqlite3_prepare_v2(r->db,
		    "SELECT hnum, idx FROM Basenames WHERE key = ?1", -1,
		    &r->by_name, NULL) != SQLITE_OK) {
		problem(r, "its packages are not known");
		return false;
	}
	return true;
}

static const char *find_database(
	struct arena *a, const char *root, struct problems *problems)
{
	static const char *const dirs[] = {
		"/usr/lib/sysimage/rpm", "/var/lib/rpm"};
	static const char *const old[] = {"Packages", "Packages.db"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		const char *path = arena_printf(a, "%s/rpmdb.sqlite", dirs[i]);

		if (access(arena_printf(a, "%s%s", root, path), F_OK) == 0)
			return path;
		for (size_t k = 0; k < sizeof(old) / sizeof(*old); k++) {
			path = arena_printf(a, "%s/%s", dirs[i], old[k]);
			if (access(arena_printf(a, "%s%s", root, path), F_OK) == 0)
				problem_add(problems, path,
					"its packages are not known: it is not "
					"in sqlite's format");
		}
	}
	return NULL;
}

struct rpm *rpm_open(struct arena *a, const char *root, struct problems *problems)
{
	const char *path = find_database(a, root, problems);
	struct rpm *r;
	int top;

	if (!path)
		return NULL;
	r = arena_alloc(a, sizeof(*r));
	r->arena = a;
	r->path = path;
	r->problems = problems;
	top = open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top >= 0) {
		merged_find(&r->merged, a, top);
		close(top);
	}
	if (open_database(r, arena_printf(a, "%s%s", root, path)))
		return r;
	rpm_close(r);
	return NULL;
}

void rpm_close(struct rpm *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->by_name);
	sqlite3_close(r->db);
	map_release(&r->loaded);
}

/* --- packages ----------------------------------------------------------- */

/* "glibc-2.36-1.src.rpm" as "glibc 2.36-1". */
static const char *source_of(struct arena *a, const char *rpm)
{
	char *name = arena_strdup(a, rpm), *end, *release, *version;

	end = strstr(name, ".src.rpm");
	if (!end)
		end = strstr(name, ".nosrc.rpm");
	if (!end)
		return NULL;
	*end = 0;
	release = strrchr(name, '-');
	if (!release)
		return NULL;
	version = memrchr(name, '-', (size_t)(release - name));
	if (!version)
		return NULL;
	*version = ' ';
	return name;
}

static bool describe(
	struct rpm_package *p, const struct rpm_header *h, struct arena *a)
{
	const char *version = rpm_header_string(h, RPM_VERSION);
	const char *release = rpm_header_string(h, RPM_RELEASE);
	const char *arch = rpm_header_string(h, RPM_ARCH);
	const char *source = rpm_header_string(h, RPM_SOURCERPM);
	uint32_t epoch;

	p->name = rpm_header_string(h, RPM_NAME);
	if (!host_is_word(p->name) || !host_is_word(version) ||
		!host_is_word(release))
		return false;
	p->name = arena_strdup(a, p->name);
	p->plain = arena_printf(a, "%s-%s", version, release);
	p->version = p->plain;
	if (rpm_header_number(h, RPM_EPOCH, 0, &epoch)) {
		p->epoch = arena_printf(a, "%u", epoch);
		p->version = arena_printf(a, "%u:%s", epoch, p->plain);
	}
	if (host_is_word(arch))
		p->architecture = arena_strdup(a, arch);
	if (host_is_word(source))
		p->source = source_of(a, source);
	return true;
}

static struct loaded *parse(struct rpm *r, const void *blob, size_t n)
{
	struct loaded *l = arena_alloc(r->arena, sizeof(*l));
	struct rpm_header *h = &l->h;

	if (!rpm_header_open(h, arena_memdup(r->arena, blob, n), n) ||
		!describe(&l->p, h, r->arena))
		return NULL;
	l->bases = rpm_header_strings(h, RPM_BASENAMES, r->arena, &l->base_count);
	l->dirs = rpm_header_strings(h, RPM_DIRNAMES, r->arena, &l->dir_count);
	l->digests = rpm_header_strings(
		h, RPM_FILEDIGESTS, r->arena, &l->digest_count);
	return l;
}

/* NULL: it cannot be read, which is told. */
static struct loaded *load(struct rpm *r, int64_t number)
{
	struct loaded *l = map_get(&r->loaded, &number, sizeof(number));
	sqlite3_stmt *s = NULL;
	int rc;

	if (l)
		return l;
	rc = sqlite3_prepare_v2(r->db,
		"SELECT blob FROM Packages WHERE hnum = ?1", -1, &s, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, number);
		rc = sqlite3_step(s);
	}
	if (rc == SQLITE_ROW)
		l = parse(r, sqlite3_column_blob(s, 0),
			(size_t)sqlite3_column_bytes(s, 0));
	else if (rc != SQLITE_DONE)
		problem(r, "some of its packages are not known");
	sqlite3_finalize(s);
	if (!l)
		return NULL;
	map_put(&r->loaded, arena_memdup(r->arena, &number, sizeof(number)),
		sizeof(number), l);
	return l;
}

void rpm_each(struct rpm *r, rpm_each_package *fn, void *arg)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(
		r->db, "SELECT hnum, blob FROM Packages", -1, &s, NULL);

	while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		const void *blob = sqlite3_column_blob(s, 1);
		size_t n = (size_t)sqlite3_column_bytes(s, 1);
		struct rpm_package p = {0};
		struct rpm_header h;

		if (rpm_header_open(&h, blob, n) && describe(&p, &h, r->arena))
			fn(arg, &p);
		else
			problem_add(r->problems, r->path,
				"package %lld is left out: it is damaged",
				(long long)sqlite3_column_int64(s, 0));
	}
	if (sqlite3_finalize(s) != SQLITE_OK)
		problem(r, "some of its packages are not known");
}

/* --- files -------------------------------------------------------------- */

/* Where the i-th file lies, in `buf` or not ended by a NUL; NULL: nowhere. */
static const char *place(const struct rpm *r, const struct loaded *l, size_t i,
	size_t *len, char path[MERGED_BUF], char buf[MERGED_BUF])
{
	uint32_t dir;
	int n;

	if (!l->bases || !l->dirs || i >= l->base_count ||
		!rpm_header_number(&l->h, RPM_DIRINDEXES, i, &dir) ||
		dir >= l->dir_count)
		return NULL;
	n = snprintf(path, MERGED_BUF, "%s%s", l->dirs[dir], l->bases[i]);
	if (n < 2 || n >= PATH_MAX || *path != '/')
		return NULL;
	*len = (size_t)n;
	return merged_path(&r->merged, path, len, buf);
}

static char *digest_at(const struct rpm *r, const struct loaded *l, size_t i)
{
	uint32_t algorithm = MD5;
	const char *d = l->digests && i < l->digest_count ? l->digests[i] : "";
	size_t n = strlen(d);

	rpm_header_number(&l->h, RPM_FILEDIGESTALGO, 0, &algorithm);
	if (strspn(d, "0123456789abcdef") != n)
		return NULL;
	if (algorithm == SHA256 && n == 64)
		return arena_printf(r->arena, "sha256:%s", d);
	if (algorithm == MD5 && n == 32)
		return arena_printf(r->arena, "md5:%s", d);
	return NULL;
}

const struct rpm_package *rpm_owner(struct rpm *r, const char *path, char **digest)
{
	const char *name = strrchr(path, '/');
	char full[MERGED_BUF], buf[MERGED_BUF];
	const struct rpm_package *owner = NULL;
	int rc = SQLITE_DONE;

	*digest = NULL;
	if (!name)
		return NULL;
	sqlite3_bind_text(r->by_name, 1, name + 1, -1, SQLITE_STATIC);
	while (!owner && (rc = sqlite3_step(r->by_name)) == SQLITE_ROW) {
		struct loaded *l = load(r, sqlite3_column_int64(r->by_name, 0));
		size_t i = (size_t)sqlite3_column_int64(r->by_name, 1), len;
		const char *at = l ? place(r, l, i, &len, full, buf) : NULL;

		if (!at || len != strlen(path) || memcmp(at, path, len) != 0)
			continue;
		owner = &l->p;
		*digest = digest_at(r, l, i);
	}
	if (!owner && rc != SQLITE_DONE)
		problem(r, "some of its packages are not known");
	sqlite3_reset(r->by_name);
	return owner;
}

void rpm_files(struct rpm *r, const struct rpm_package *p, struct arena *a,
	struct strlist *out)
{
	const struct loaded *l = (const struct loaded *)p;
	char full[MERGED_BUF], buf[MERGED_BUF];

	for (size_t i = 0; i < l->base_count; i++) {
		size_t len;
		const char *at = place(r, l, i, &len, full, buf);

		if (at)
			*ARENA_PUSH(a, out->items, out->count) =
				arena_memdup(a, at, len);
	}
}

/* Directories that have something in them are among the names of those. */
int64_t rpm_file_count(struct rpm *r, const struct rpm_package *p)
{
	const struct loaded *l = (const struct loaded *)p;
	struct map dirs = MAP_INIT;
	struct strlist files = {0};
	int64_t n = 0;

	rpm_files(r, p, r->arena, &files);
	for (size_t i = 0; i < l->dir_count; i++)
		map_puts(&dirs, l->dirs[i], r);
	for (size_t i = 0; i < files.count; i++)
		n += !map_gets(
			&dirs, arena_printf(r->arena, "%s/", files.items[i]));
	map_release(&dirs);
	return n;
}
