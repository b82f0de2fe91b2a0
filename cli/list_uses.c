// SPDX-License-Identifier: Apache-2.0
/*
 * Which runs used a library, a package or a file: what the index has of
 * libraries, packages and data, and for a content or a path, which any file
 * may have, the tables of files of the runs, too.
 */
#include "cli/list.h"

#include "audit/requirement.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/map.h"
#include "cli/cli.h"
#include "store/index.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path, that path's real one, and the content that lies there. */
#define REQUIRED_MAX 3

struct search {
	struct list *l;
	struct requirement required[REQUIRED_MAX]; /* any of them */
	size_t count;
	struct map by_id;
};

static enum requirement_match match(const struct search *s,
	const struct m_library *l, const struct m_package *p)
{
	enum requirement_match best = MATCH_NO;

	for (size_t i = 0; i < s->count && best != MATCH_YES; i++) {
		enum requirement_match is =
			requirement_match(&s->required[i], l, p, NULL);

		if (is != MATCH_NO)
			best = is;
	}
	return best;
}

static void add_use(struct search *s, const char *id, const struct list_use *u)
{
	struct listed *r = map_gets(&s->by_id, id);

	if (r)
		*ARENA_PUSH(s->l->arena, r->uses.items, r->uses.count) = *u;
}

static bool wants_library(
	void *ctx, const struct m_library *l, const struct m_package *p)
{
	return match(ctx, l, p) != MATCH_NO;
}

static bool wants_package(void *ctx, const struct m_package *p)
{
	return wants_library(ctx, NULL, p);
}

static int find_libraries(struct search *s, struct err *e)
{
	struct index_library *found;
	size_t n;

	if (index_libraries(s->l->index, s->l->arena, wants_library, s, &found,
		    &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct list_use u = {.library = &found[i].library,
			.package = found[i].package,
			.unknown = match(s, &found[i].library,
					   found[i].package) == MATCH_UNKNOWN};

		for (size_t j = 0; j < found[i].runs.count; j++)
			add_use(s, found[i].runs.items[j], &u);
	}
	return 0;
}

/* A package is named with a library of it already. */
static bool is_named(const struct listed *r, const struct m_package *p)
{
	for (size_t i = 0; i < r->uses.count; i++)
		if (r->uses.items[i].package && p->purl &&
			r->uses.items[i].package->purl &&
			strcmp(r->uses.items[i].package->purl, p->purl) == 0)
			return true;
	return false;
}

static int find_packages(struct search *s, struct err *e)
{
	struct index_package *found;
	size_t n;

	if (index_packages(s->l->index, s->l->arena, wants_package, s, &found,
		    &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct list_use u = {.package = &found[i].package,
			.unknown = match(s, NULL, &found[i].package) ==
				   MATCH_UNKNOWN};

		for (size_t j = 0; j < found[i].runs.count; j++) {
			const char *id = found[i].runs.items[j];
			const struct listed *r = map_gets(&s->by_id, id);

			if (r && !is_named(r, u.package))
				add_use(s, id, &u);
		}
	}
	return 0;
}

static bool is_library_of(const struct listed *r, const char *path)
{
	for (size_t i = 0; i < r->uses.count; i++) {
		const struct list_use *u = &r->uses.items[i];
		const char *known = u->library ? u->library->path : u->path;

		if (known && strcmp(known, path) == 0)
			return true;
	}
	return false;
}

struct files_of {
	struct search *s;
	struct listed *run;
};

static void add_file(void *ctx, const char *path, const char *digest)
{
	struct files_of *f = ctx;
	struct arena *a = f->s->l->arena;
	struct m_library as = {.path = (char *)(uintptr_t)path,
		.digest = (char *)(uintptr_t)digest};

	if (!wants_library(f->s, &as, NULL) || is_library_of(f->run, path))
		return;
	*ARENA_PUSH(a, f->run->uses.items, f->run->uses.count) =
		(struct list_use){.path = arena_strdup(a, path),
			.digest = digest ? arena_strdup(a, digest) : NULL};
}

/* Files of trees, by their content. */
static int find_in_trees(struct search *s, struct err *e)
{
	for (size_t i = 0; i < s->count; i++) {
		struct index_content *c;
		struct digest d;
		size_t n;

		if (s->required[i].kind != REQUIRE_DIGEST ||
			digest_parse(s->required[i].name, &d) < 0)
			continue;
		if (index_find_content(s->l->index, s->l->arena, &d, INDEX_READ,
			    &c, &n, e) < 0)
			return -1;
		for (size_t j = 0; j < n; j++) {
			struct files_of f = {s, map_gets(&s->by_id, c[j].run)};
			char text[DIGEST_TEXT];

			digest_text(&d, text);
			if (f.run && c[j].root)
				add_file(&f, c[j].path, text);
		}
	}
	return 0;
}

static int find_files(struct search *s, struct err *e)
{
	const char *paths[REQUIRED_MAX];
	struct list_files what = {.paths = paths, .found = add_file};

	for (size_t i = 0; i < s->count; i++)
		if (s->required[i].kind == REQUIRE_PATH)
			paths[what.path_count++] = s->required[i].name;
	for (size_t i = 0; i < s->l->count; i++) {
		struct files_of f = {s, &s->l->items[i]};
		struct err why = ERR_INIT;

		what.ctx = &f;
		if (f.run->hidden || f.run->state ||
			list_files(s->l->store, f.run->q.run->id, &what, &why) ==
				0)
			continue;
		log_error("%s", why.msg);
		s->l->incomplete = true;
	}
	return find_in_trees(s, e);
}

static int find(struct search *s, struct err *e)
{
	enum requirement_kind kind = s->required[0].kind;

	if (find_libraries(s, e) < 0)
		return -1;
	if (kind == REQUIRE_PATH || kind == REQUIRE_DIGEST)
		return find_files(s, e);
	return kind == REQUIRE_NAME || kind == REQUIRE_PURL ? find_packages(s, e)
							    : 0;
}

static int require(struct search *s, const char *text, struct err *e)
{
	return requirement_parse(&s->required[s->count++], s->l->arena, text, e);
}

/* The content that lies there now, which may have lain elsewhere then. */
static int require_content(struct search *s, const char *path, struct err *e)
{
	autoclose int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char text[DIGEST_TEXT];
	struct digest d;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		digest_fd(fd, &d, NULL, NULL) < 0)
		return 0;
	digest_text(&d, text);
	return require(s, text, e);
}

static int require_path(struct search *s, const char *text, struct err *e)
{
	struct arena *a = s->l->arena;
	char *real = realpath(text, NULL), *cwd = NULL;
	const char *full = text, *slash = fs_has_suffix(text, "/") ? "/" : "";
	int r;

	if (*text != '/' && !real) {
		cwd = getcwd(NULL, 0);
		full = fs_join(a, cwd ? cwd : "/", text);
	} else if (*text != '/') {
		full = arena_printf(a, "%s%s", real, slash);
	}
	r = require(s, full, e);
	if (r == 0 && real && *text == '/')
		r = require(s, arena_printf(a, "%s%s", real, slash), e);
	if (r == 0 && real)
		r = require_content(s, real, e);
	free(real);
	free(cwd);
	return r;
}

/* "liblzma vers:deb/>=1" has a slash, too. */
static bool is_path(const char *text)
{
	return *text == '/' || *text == '.' ||
	       (strchr(text, '/') && access(text, F_OK) == 0);
}

int list_uses(struct list *l, const char *required, struct err *e)
{
	struct search s = {.l = l, .by_id = MAP_INIT};
	int r = is_path(required) ? require_path(&s, required, e)
				  : require(&s, required, e);

	l->with_uses = true;
	for (size_t i = 0; i < l->count; i++)
		map_puts(&s.by_id, l->items[i].q.run->id, &l->items[i]);
	if (r == 0)
		r = find(&s, e);
	map_release(&s.by_id);
	for (size_t i = 0; r == 0 && i < l->count; i++) {
		struct listed *item = &l->items[i];

		item->hidden |= item->uses.count == 0;
		if (!item->hidden)
			r = index_contents(l->index, l->arena, item->q.run->id,
				INDEX_WROTE, &item->outputs,
				&item->output_count, e);
	}
	return r;
}
