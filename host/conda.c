// SPDX-License-Identifier: Apache-2.0
/* Packages of a conda environment. */
#include "host/conda.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/files.h"
#include "host/problems.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define META "/conda-meta"

bool conda_is_prefix(const char *root, const char *directory)
{
	autofree char *full = NULL;
	struct stat st;

	if (asprintf(&full, "%s%s" META, root, directory) < 0)
		abort();
	return stat(full, &st) == 0 && S_ISDIR(st.st_mode);
}

/* NULL: it cannot be read. */
static json_t *read_json(const char *root, const char *file)
{
	autostrbuf text = STRBUF_INIT;
	autofree char *full = NULL;

	if (asprintf(&full, "%s%s", root, file) < 0)
		abort();
	if (host_record(AT_FDCWD, full, &text) < 0)
		return NULL;
	return text.s ? json_loadb(text.s, text.len, 0, NULL) : NULL;
}

/* A word that can stand in a manifest, or NULL. */
static const char *word(struct arena *a, const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return host_is_word(s) ? arena_strdup(a, s) : NULL;
}

/*
 * "https://conda.anaconda.org/t/TOKEN/conda-forge/linux-64" is "conda-forge",
 * and "https://repo.anaconda.com/pkgs/main/linux-64" is "main".
 */
static const char *channel_of(struct arena *a, const json_t *j)
{
	const char *s = word(a, j, "channel"), *host, *slash;
	const char *subdir = json_string_value(json_object_get(j, "subdir"));
	char *name;

	host = s ? strstr(s, "://") : NULL;
	if (host) {
		slash = strchr(host + 3, '/');
		s = slash ? slash + 1 : NULL;
	}
	if (s && strncmp(s, "t/", 2) == 0) {
		slash = strchr(s + 2, '/');
		s = slash ? slash + 1 : NULL;
	}
	if (!s)
		return NULL;
	if (strncmp(s, "pkgs/", 5) == 0)
		s += 5;
	name = arena_strdup(a, s);
	while (*name && fs_has_suffix(name, "/"))
		name[strlen(name) - 1] = 0;
	if (subdir && *subdir && fs_has_suffix(name, subdir)) {
		size_t n = strlen(name) - strlen(subdir);

		if (n && name[n - 1] == '/')
			name[n - 1] = 0;
	}
	return *name ? name : NULL;
}

static bool describe(struct conda_package *p, struct arena *a, const json_t *j)
{
	const char *fn = json_string_value(json_object_get(j, "fn"));

	p->name = word(a, j, "name");
	p->version = word(a, j, "version");
	p->build = word(a, j, "build");
	p->subdir = word(a, j, "subdir");
	p->channel = channel_of(a, j);
	if (fn && fs_has_suffix(fn, ".conda"))
		p->type = "conda";
	else if (fn && fs_has_suffix(fn, ".tar.bz2"))
		p->type = "tar.bz2";
	return p->name && p->version;
}

/* --- files -------------------------------------------------------------- */

struct giving {
	const struct conda_prefix *c;
	size_t i;
	conda_file *fn;
	void *arg;
	int64_t count;
};

static void give(struct giving *g, const char *path, const char *hex)
{
	char full[2 * PATH_MAX], digest[DIGEST_TEXT];
	struct digest d;
	int n;

	if (!path || !*path)
		return;
	n = snprintf(full, sizeof(full), "%s/%s", g->c->directory, path);
	if (n < 0 || n >= (int)sizeof(full))
		return;
	fs_plain(full);
	if (!fs_below(full, g->c->directory))
		return;
	g->count++;
	if (!g->fn)
		return;
	if (hex && digest_parse(hex, &d) == 0)
		digest_text(&d, digest);
	else
		hex = NULL;
	g->fn(g->arg, g->i, full, hex ? digest : NULL);
}

/* What conda has put its prefix into has another digest than in its package. */
static const char *digest_of(const json_t *p)
{
	const char *s =
		json_string_value(json_object_get(p, "sha256_in_prefix"));

	if (s || json_object_get(p, "prefix_placeholder"))
		return s;
	return json_string_value(json_object_get(p, "sha256"));
}

/* Older records have the names only. */
static void give_files(struct giving *g, const json_t *j)
{
	json_t *paths =
		json_object_get(json_object_get(j, "paths_data"), "paths");
	json_t *files = json_object_get(j, "files"), *f;
	size_t k;

	if (json_array_size(paths) >= json_array_size(files))
		json_array_foreach(paths, k, f)
			give(g, json_string_value(json_object_get(f, "_path")),
				digest_of(f));
	else
		json_array_foreach(files, k, f)
			give(g, json_string_value(f), NULL);
}

static void read_one(struct conda_prefix *c, struct arena *a, const char *file,
	conda_file *fn, void *arg, struct problems *problems)
{
	struct conda_package p = {.file = file};
	struct giving g = {c, c->count, fn, arg, 0};
	json_t *j = read_json(c->root, file);

	if (j && describe(&p, a, j)) {
		*ARENA_PUSH(a, c->packages, c->count) = p;
		give_files(&g, j);
		c->packages[g.i].count = g.count;
	} else {
		problem_add(problems, file, "its package is left out: %s",
			j ? "no name or no version" : "it cannot be read");
	}
	json_decref(j);
}

void conda_read(struct conda_prefix *c, struct arena *a, const char *root,
	const char *directory, conda_file *fn, void *arg,
	struct problems *problems)
{
	const char *meta = arena_printf(a, "%s" META, directory);
	struct strlist names = {0};

	*c = (struct conda_prefix){
		.directory = arena_strdup(a, directory), .root = root};
	host_names(a, root, meta, &names);
	for (size_t i = 0; i < names.count; i++)
		if (fs_has_suffix(names.items[i], ".json"))
			read_one(c, a, fs_join(a, meta, names.items[i]), fn,
				arg, problems);
}

void conda_files(const struct conda_prefix *c, size_t i, conda_file *fn, void *arg)
{
	struct giving g = {c, i, fn, arg, 0};
	json_t *j = read_json(c->root, c->packages[i].file);

	give_files(&g, j);
	json_decref(j);
}
