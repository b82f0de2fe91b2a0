// SPDX-License-Identifier: Apache-2.0
/* The libraries that an ELF file needs. */
#include "host/libraries.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "host/elf.h"
#include "host/files.h"

#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#define INCLUDES_MAX 8

static void add_once(struct strlist *l, struct arena *a, const char *s)
{
	if (!strlist_has(l, s))
		*ARENA_PUSH(a, l->items, l->count) = arena_strdup(a, s);
}

static void read_conf(struct strlist *out, struct arena *a, const char *root,
	const char *path, int depth);

static void include(struct strlist *out, struct arena *a, const char *root,
	const char *pattern, int depth)
{
	glob_t g;

	pattern = *pattern == '/' ? pattern : fs_join(a, "/etc", pattern);
	if (glob(arena_printf(a, "%s%s", root, pattern), 0, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++)
		read_conf(out, a, root, g.gl_pathv[i] + strlen(root), depth + 1);
	globfree(&g);
}

static void read_conf(struct strlist *out, struct arena *a, const char *root,
	const char *path, int depth)
{
	autostrbuf text = STRBUF_INIT;
	char *save = NULL;

	if (depth > INCLUDES_MAX || host_slurp(root, path, &text) < 0)
		return;
	for (char *line = strtok_r(text.s, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char *word;

		line[strcspn(line, "#")] = 0;
		line += strspn(line, " \t");
		word = line;
		line += strcspn(line, " \t=");
		if (!strncmp(word, "include", 7) && line - word == 7) {
			line += strspn(line, " \t");
			include(out, a, root,
				arena_memdup(a, line, strcspn(line, " \t")),
				depth);
		} else if (*word == '/') {
			*line = 0;
			add_once(out, a, word);
		}
	}
}

void library_directories(struct strlist *out, struct arena *a, const char *root)
{
	static const char *const built_in[] = {
		"/lib64", "/usr/lib64", "/lib", "/usr/lib"};

	read_conf(out, a, root, "/etc/ld.so.conf", 0);
	for (size_t i = 0; i < sizeof(built_in) / sizeof(*built_in); i++)
		add_once(out, a, built_in[i]);
}

/* --- the search ------------------------------------------------------- */

/* Of the same kind? The loader goes on when it is not. */
static bool is_like(const char *path, const struct elf_file *n)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char ident[20]; /* EI_NIDENT, e_type, e_machine */

	if (fd < 0 || fs_read_all(fd, ident, sizeof(ident)) != sizeof(ident) ||
		memcmp(ident, ELFMAG, SELFMAG) != 0)
		return false;
	return ident[EI_CLASS] == (n->bits == 64 ? ELFCLASS64 : ELFCLASS32) &&
	       (ident[EI_DATA] == ELFDATA2MSB
			       ? ident[18] << 8 | ident[19]
			       : ident[19] << 8 | ident[18]) == n->machine;
}

/* "$ORIGIN" is where the file lies; other such names are not looked for. */
static const char *expand(struct arena *a, const char *dir, const char *origin)
{
	const char *at = strchr(dir, '$');
	size_t len;

	if (!at)
		return *dir == '/' ? dir : NULL;
	len = !strncmp(at, "$ORIGIN", 7)     ? 7
	      : !strncmp(at, "${ORIGIN}", 9) ? 9
					     : 0;
	if (!len || strchr(at + 1, '$'))
		return NULL;
	return arena_printf(
		a, "%.*s%s%s", (int)(at - dir), dir, origin, at + len);
}

static const char *search(struct arena *a, const char *root,
	const struct strlist *dirs, const char *origin,
	const struct elf_file *n, const char *name)
{
	for (size_t i = 0; i < dirs->count; i++) {
		const char *dir = expand(a, dirs->items[i], origin), *path;

		if (!dir)
			continue;
		path = fs_join(a, dir, name);
		if (is_like(arena_printf(a, "%s%s", root, path), n))
			return path;
	}
	return NULL;
}

int libraries_of(const char *path, struct arena *a, const char *root,
	const struct strlist *directories, struct strlist *out,
	struct strlist *missing)
{
	autoclose int fd = open(arena_printf(a, "%s%s", root, path),
		O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *slash = strrchr(path, '/'), *origin, *found;
	struct elf_file n;

	if (fd < 0 || elf_read(fd, a, &n) < 0)
		return -1;
	if (n.interpreter)
		add_once(out, a, n.interpreter);
	origin = arena_memdup(a, path, slash ? (size_t)(slash - path) : 0);
	for (size_t i = 0; i < n.needed.count; i++) {
		const char *name = n.needed.items[i];

		found = strchr(name, '/')
				? name
				: search(a, root, &n.search, origin, &n, name);
		if (!found)
			found = search(a, root, directories, origin, &n, name);
		add_once(found ? out : missing, a, found ? found : name);
	}
	return 0;
}
