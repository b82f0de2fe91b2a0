// SPDX-License-Identifier: Apache-2.0
/* Finding the repositories that files lie in. */
#include "capture/code.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/sort.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ".git" is a directory with a HEAD, or a file that names one (worktrees,
 * submodules); any other ".git" is passed over, as git(1) does. */
static bool is_root(const char *dir)
{
	autoarena *a = arena_new();
	char *git = fs_join(a, dir, ".git");
	struct stat st;

	if (stat(git, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode))
		return stat(fs_join(a, git, "HEAD"), &st) == 0;
	return S_ISREG(st.st_mode);
}

/* The root that `dir` lies in, or "". Each directory is looked at once. */
static const char *root_of(struct arena *a, struct map *known, const char *dir)
{
	const char *root = map_gets(known, dir), *slash;
	char *name;

	if (root)
		return root;
	name = arena_strdup(a, dir);
	slash = strrchr(name, '/');
	if (is_root(name))
		root = name;
	else if (!slash || !name[1])
		root = "";
	else
		root = root_of(a, known,
			slash == name
				? "/"
				: arena_memdup(a, name, (size_t)(slash - name)));
	map_puts(known, name, (void *)root);
	return root;
}

static const char *path_of(const void *file)
{
	return ((const struct code_file *)file)->path;
}

/* Files with their roots, so that one sort brings them together. */
struct placed {
	const char *root;
	size_t i;
};

static const char *root_text(const void *placed)
{
	return ((const struct placed *)placed)->root;
}

/* Of the repository itself, or made by Python out of what is tracked. */
static bool is_by_product(const char *root, const char *path)
{
	size_t len = strlen(root);

	return fs_below(path + (len > 1 ? len : 0), "/.git") ||
	       strstr(path, "/__pycache__/") != NULL;
}

static void read_group(struct arena *a, const struct code_file *files,
	const struct placed *placed, size_t count, int64_t when,
	const struct code_ops *ops, struct code_list *out)
{
	struct code_file *group = arena_array(a, count, sizeof(*group));
	struct m_code code = {.vcs = (char *)"git",
		.root = (char *)placed->root,
		.files_read = (int64_t)count};

	for (size_t i = 0; i < count; i++)
		group[i] = files[placed[i].i];
	if (code_git_read(a, placed->root, group, count, when, ops, &code) == 0)
		*ARENA_PUSH(a, out->items, out->count) = code;
}

void code_find(struct arena *a, struct code_file *files, size_t count,
	int64_t when, const struct code_ops *ops, struct code_list *out)
{
	struct placed *placed = arena_array(a, count, sizeof(*placed));
	struct map known = MAP_INIT;
	const char *dir = NULL, *root = "";
	size_t n = 0, end;

	if (!count)
		return;
	sort_by_text(files, count, sizeof(*files), path_of);
	for (size_t i = 0; i < count; i++) {
		const char *slash = strrchr(files[i].path, '/');
		size_t len = slash ? (size_t)(slash - files[i].path) : 0;

		/* Most lie beside the one before. */
		if (!dir || strlen(dir) != len ||
			memcmp(dir, files[i].path, len) != 0) {
			dir = arena_memdup(a, files[i].path, len);
			root = root_of(a, &known, len ? dir : "/");
		}

		if (*root && !is_by_product(root, files[i].path))
			placed[n++] = (struct placed){root, i};
	}
	map_release(&known);
	sort_by_text(placed, n, sizeof(*placed), root_text);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1;
			end < n && !strcmp(placed[end].root, placed[i].root);)
			end++;
		read_group(a, files, placed + i, end - i, when, ops, out);
	}
}

char *code_url(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://"), *at = NULL, *end, *p;
	size_t n;
	bool http;

	if (!host) /* "git@host:path" or a directory: no place for a secret */
		return arena_strdup(a, url);
	host += 3;
	n = (size_t)(host - url);
	http = !strncasecmp(url, "http", 4);
	end = host + strcspn(host, "/?#");
	/* A password may hold an unescaped "@", a host may not. */
	for (p = host; p < end; p++)
		if (*p == '@')
			at = p;
	if (http)
		end += strcspn(end, "?#");
	else
		end += strlen(end);
	if (!at)
		return arena_memdup(a, url, (size_t)(end - url));
	p = memchr(host, ':', (size_t)(at - host));
	/* A name alone is a token to http, and needed by ssh. */
	return arena_printf(a, "%.*s%.*s%.*s", (int)n, url,
		http ? 0 : (int)((p ? p : at) - host), host,
		(int)(end - at) - (http ? 1 : 0), at + (http ? 1 : 0));
}
