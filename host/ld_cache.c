// SPDX-License-Identifier: Apache-2.0
/* The cache of the dynamic loader. */
#include "host/ld_cache.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "host/files.h"

#include <string.h>

#define MAGIC "glibc-ld.so.cache1.1"

struct header {
	char magic[sizeof(MAGIC) - 1];
	uint32_t count;
	uint32_t string_bytes;
	uint32_t unused[5];
};

struct entry {
	int32_t flags;
	uint32_t name, path; /* offsets from the header */
	uint32_t os_version;
	uint64_t hwcap;
};

_Static_assert(sizeof(struct header) == 48, "as glibc lays it out");
_Static_assert(sizeof(struct entry) == 24, "as glibc lays it out");

static void add_once(struct strlist *dirs, struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;

	if (path[0] != '/' || slash == path)
		return;
	dir = arena_memdup(a, path, (size_t)(slash - path));
	if (!strlist_has(dirs, dir))
		*ARENA_PUSH(a, dirs->items, dirs->count) = dir;
}

void ld_cache_directories(struct strlist *dirs, struct arena *a,
	const char *root, const char *prefix)
{
	autostrbuf text = STRBUF_INIT;
	const char *start;
	struct header h;
	size_t room;

	if (host_slurp(root, "/etc/ld.so.cache", &text) < 0)
		return;
	/* The format of libc5 may stand before it. */
	start = memmem(text.s, text.len, MAGIC, sizeof(MAGIC) - 1);
	room = start ? text.len - (size_t)(start - text.s) : 0;
	if (room < sizeof(h))
		return;
	memcpy(&h, start, sizeof(h));
	for (size_t i = 0; i < h.count; i++) {
		size_t at = sizeof(h) + i * sizeof(struct entry);
		struct entry n;

		if (at + sizeof(n) > room)
			return;
		memcpy(&n, start + at, sizeof(n));
		/* strbuf ends with a NUL, so strings end within it. */
		if (n.name < room && n.path < room &&
			!strncmp(start + n.name, prefix, strlen(prefix)))
			add_once(dirs, a, start + n.path);
	}
}
