// SPDX-License-Identifier: Apache-2.0
/* Choosing roots by descending from what the paths have in common. */
#include "capture/roots.h"
#include "base/arena.h"
#include "base/fs.h"

#include <string.h>

/* Splits of a data set are few; classes of a data set are many. */
#define FEW 8

struct span {
	char *const *paths;
	size_t count;
};

/* Length of the directory that both paths lie in, without its slash; 0: "/". */
static size_t common_dir(const char *a, const char *b)
{
	size_t dir = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			dir = i;
	return dir;
}

/* Length of the next component below `dir`, with `dir`; 0: a file in it. */
static size_t child_dir(const char *path, size_t dir)
{
	const char *slash = strchr(path + dir + 1, '/');

	return slash ? (size_t)(slash - path) : 0;
}

/* The files from `at` on that lie in the same child of `dir`. */
static size_t child_count(const struct span *s, size_t at, size_t child)
{
	size_t n = 1;

	while (at + n < s->count &&
		!strncmp(s->paths[at + n], s->paths[at], child + 1))
		n++;
	return n;
}

static void find(
	struct arena *a, struct span s, size_t min, struct strlist *roots);

/* Each child by itself. */
static void descend(struct arena *a, const struct span *s, size_t dir,
	size_t min, struct strlist *roots)
{
	for (size_t i = 0; i < s->count;) {
		size_t child = child_dir(s->paths[i], dir);
		size_t n = child ? child_count(s, i, child) : 1;

		find(a, (struct span){s->paths + i, n}, min, roots);
		i += n;
	}
}

static size_t big_children(const struct span *s, size_t dir, size_t min)
{
	size_t big = 0;

	for (size_t i = 0; i < s->count;) {
		size_t child = child_dir(s->paths[i], dir);
		size_t n = child ? child_count(s, i, child) : 1;

		big += n > min;
		i += n;
	}
	return big;
}

static void find(struct arena *a, struct span s, size_t min, struct strlist *roots)
{
	size_t dir, big;

	if (s.count <= min)
		return;
	dir = common_dir(s.paths[0], s.paths[s.count - 1]);
	big = big_children(&s, dir, min);
	if (dir == 0 || (big && big <= FEW)) {
		descend(a, &s, dir, min, roots);
		return;
	}
	*ARENA_PUSH(a, roots->items, roots->count) =
		arena_memdup(a, s.paths[0], dir);
}

void roots_find(struct arena *a, char *const *paths, size_t count, size_t min,
	struct strlist *roots)
{
	*roots = (struct strlist){NULL, 0};
	find(a, (struct span){paths, count}, min, roots);
}

long roots_of(const struct strlist *roots, const char *path)
{
	for (size_t i = 0; i < roots->count; i++)
		if (fs_below(path, roots->items[i]))
			return (long)i;
	return -1;
}
