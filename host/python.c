// SPDX-License-Identifier: Apache-2.0
/* Python's installed distributions: which ones there are. */
#include "host/python.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/files.h"
#include "host/problems.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *python_site_of(struct arena *a, const char *path)
{
	static const char *const names[] = {
		"/site-packages/", "/dist-packages/"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *at = strstr(path, names[i]);

		if (at)
			return arena_memdup(a, path,
				(size_t)(at - path) + strlen(names[i]) - 1);
	}
	return NULL;
}

bool python_is_info(const char *name)
{
	return fs_has_suffix(name, ".dist-info") ||
	       fs_has_suffix(name, ".egg-info");
}

bool python_is_metadata(const char *path)
{
	return strstr(path, ".dist-info/") || strstr(path, ".egg-info/") ||
	       fs_has_suffix(path, ".egg-info");
}

char *python_source_of(struct arena *a, const char *path)
{
	static const char cache[] = "/__pycache__/";
	const char *name = strrchr(path, '/'), *dot;
	size_t dir;

	if (!name || !fs_has_suffix(path, ".pyc"))
		return NULL;
	dot = strchr(++name, '.');
	dir = (size_t)(name - path);
	if (dir < sizeof(cache) - 1 || memcmp(name - (sizeof(cache) - 1), cache,
					       sizeof(cache) - 1) != 0)
		return arena_memdup(a, path, strlen(path) - 1);
	return arena_printf(a, "%.*s/%.*s.py", (int)(dir - (sizeof(cache) - 1)),
		path, (int)(dot - name), name);
}

/*
 * "/usr" of "/usr/lib/python3.11/site-packages": programs and manual pages of
 * a distribution lie there. What pip was given by --target is its own.
 */
static const char *prefix_of(struct arena *a, const char *site)
{
	const char *name = strrchr(site, '/'), *python, *lib;

	if (!name || (strcmp(name, "/site-packages") != 0 &&
			     strcmp(name, "/dist-packages") != 0))
		return site;
	python = memrchr(site, '/', (size_t)(name - site));
	lib = python ? memrchr(site, '/', (size_t)(python - site)) : NULL;
	if (!lib ||
		(strncmp(python, "/python", 7) != 0 &&
			strncmp(python, "/pypy", 5) != 0) ||
		strncmp(lib, "/lib", 4) != 0)
		return site;
	return arena_memdup(a, site, (size_t)(lib - site));
}

/* PEP 610: {"dir_info": {"editable": true}, ...} */
static bool is_editable(struct arena *a, const char *root, const char *info)
{
	autostrbuf text = STRBUF_INIT;
	json_t *j;
	bool editable;

	if (host_slurp(root, fs_join(a, info, "direct_url.json"), &text) < 0)
		return false;
	j = json_loadb(text.s, text.len, 0, NULL);
	editable = json_is_true(
		json_object_get(json_object_get(j, "dir_info"), "editable"));
	json_decref(j);
	return editable;
}

static const char *metadata_of(struct arena *a, const char *root, const char *info)
{
	struct stat st;

	if (fs_has_suffix(info, ".dist-info"))
		return fs_join(a, info, "METADATA");
	if (stat(arena_printf(a, "%s%s", root, info), &st) == 0 &&
		S_ISDIR(st.st_mode))
		return fs_join(a, info, "PKG-INFO");
	return info;
}

static bool has_record(struct arena *a, const char *root, const char *info)
{
	return access(arena_printf(a, "%s%s/RECORD", root, info), F_OK) == 0;
}

static void read_one(struct python_site *s, struct arena *a, const char *info,
	struct problems *problems)
{
	autostrbuf text = STRBUF_INIT;
	struct python_package p = {.info = info};
	char *end;

	p.metadata = metadata_of(a, s->root, info);
	if (host_slurp(s->root, p.metadata, &text) < 0) {
		/* What an uninstallation has left behind is no package. */
		if (errno != ENOENT || has_record(a, s->root, info))
			problem_add(problems, p.metadata,
				"its package is left out: it cannot be read");
		return;
	}
	/* Headers end at an empty line; a description may follow. */
	end = strstr(text.s, "\n\n");
	if (end)
		*end = 0;
	p.name = host_value(a, text.s, "Name");
	p.version = host_value(a, text.s, "Version");
	if (!host_is_word(p.name) || !host_is_word(p.version)) {
		problem_add(problems, p.metadata,
			"its package is left out: no name or no version");
		return;
	}
	p.editable = is_editable(a, s->root, info);
	*ARENA_PUSH(a, s->packages, s->count) = p;
}

void python_site_read(struct python_site *s, struct arena *a, const char *root,
	const char *directory, struct problems *problems)
{
	struct strlist names = {0};

	*s = (struct python_site){.directory = arena_strdup(a, directory),
		.root = root,
		.prefix = prefix_of(a, directory)};
	host_names(a, root, directory, &names);
	/* What pip begins with '~' is half removed. */
	for (size_t i = 0; i < names.count; i++)
		if (python_is_info(names.items[i]) && *names.items[i] != '~')
			read_one(s, a, fs_join(a, directory, names.items[i]),
				problems);
}
