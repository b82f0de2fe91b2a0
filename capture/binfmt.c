// SPDX-License-Identifier: Apache-2.0
/*
 * Programs that are run by another one because somebody has registered it for
 * them: binfmt_misc, Documentation/admin-guide/binfmt-misc.rst. The kernel asks
 * it before it looks for ELF or "#!".
 */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/context.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTORY "/proc/sys/fs/binfmt_misc"

/* What follows `key` and a space on a line of an entry; NULL: nothing. */
static char *value_of(struct arena *a, const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ' ')
			return arena_memdup(a, line + len + 1,
				strcspn(line + len + 1, "\n"));
	}
	return NULL;
}

static int byte_at(const char *hex, size_t i)
{
	char two[3] = {hex[2 * i], hex[2 * i + 1], 0};

	return (int)strtol(two, NULL, 16);
}

static bool has_magic(
	struct arena *a, const char *text, const char *head, size_t n)
{
	char *magic = value_of(a, text, "magic");
	char *mask = value_of(a, text, "mask");
	char *offset = value_of(a, text, "offset");
	size_t at = offset ? strtoul(offset, NULL, 10) : 0;
	size_t len = magic ? strlen(magic) / 2 : 0;

	if (!len || at + len > n || (mask && strlen(mask) / 2 < len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((byte_at(magic, i) ^ (unsigned char)head[at + i]) &
			(mask ? byte_at(mask, i) : 0xff))
			return false;
	return true;
}

static bool has_extension(struct arena *a, const char *text, const char *path)
{
	char *extension = value_of(a, text, "extension");
	const char *dot = strrchr(path, '.');

	return extension && dot && !strcmp(dot, extension);
}

static char *ask(struct arena *a, const char *dir, const char *path,
	const char *head, size_t n)
{
	DIR *d = opendir(dir);
	char *found = NULL;
	struct dirent *ent;

	while (d && !found && (ent = readdir(d))) {
		autostrbuf text = STRBUF_INIT;

		if (ent->d_name[0] == '.' || !strcmp(ent->d_name, "register") ||
			!strcmp(ent->d_name, "status") ||
			fs_slurp_at(dirfd(d), ent->d_name, &text) < 0 ||
			!text.s || strncmp(text.s, "enabled\n", 8) != 0)
			continue;
		if (has_extension(a, text.s, path) ||
			has_magic(a, text.s, head, n))
			found = value_of(a, text.s, "interpreter");
	}
	if (d)
		closedir(d);
	return found;
}

const char *binfmt_interpreter(struct capture *cap, pid_t tid,
	const struct place *p, const char *head, size_t n, struct arena *scratch)
{
	/* The task's own, if it is in another namespace, else everybody's. */
	char *dir = arena_printf(scratch, "/proc/%d/root" DIRECTORY, tid);
	char *found = ask(scratch, dir, p->path, head, n);

	if (!found)
		found = ask(scratch, DIRECTORY, p->path, head, n);
	if (found)
		record_gap(&cap->rec, "binfmt", p->path,
			"is run by '%s', as binfmt_misc of this machine says: "
			"a replay does not know that",
			found);
	return found;
}
