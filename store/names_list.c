// SPDX-License-Identifier: Apache-2.0
/* All names, and what they mean. */
#include "store/runs_internal.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/sort.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct walk {
	struct store *store;
	struct arena *a;
	struct name_entry *items;
	size_t count;
};

/* A name, or a directory of them; what is neither is left out. */
static void look_at(struct walk *w, const char *name);

static void list_dir(struct walk *w, const char *prefix, int fd)
{
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (ent->d_name[0] != '.')
			look_at(w, arena_printf(w->a, "%s%s%s", prefix,
					   *prefix ? "/" : "", ent->d_name));
	if (d)
		closedir(d);
}

static void look_at(struct walk *w, const char *name)
{
	struct name_entry one = {.name = (char *)(uintptr_t)name};

	if (run_check_name(name, NULL) < 0)
		return;
	switch (name_find(w->store, name, w->a, one.id, &one.path, NULL)) {
	case 1:
		*ARENA_PUSH(w->a, w->items, w->count) = one;
		break;
	case 0:
		list_dir(w, name,
			openat(w->store->names_fd, name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		break;
	}
}

static const char *name_of(const void *item)
{
	return ((const struct name_entry *)item)->name;
}

void names_list(struct store *s, struct arena *a, struct name_entry **out,
	size_t *count)
{
	struct walk w = {.store = s, .a = a};

	if (s->names_fd >= 0)
		list_dir(&w, "",
			openat(s->names_fd, ".",
				O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	sort_by_text(w.items, w.count, sizeof(*w.items), name_of);
	*out = w.items;
	*count = w.count;
}
