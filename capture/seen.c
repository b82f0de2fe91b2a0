// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of accesses that need no second look, by absolute path, whose
 * meaning does not depend on the task as long as all tasks share one root; the
 * caller forgets everything when that ends or when a name changes.
 */
#include "base/arena.h"
#include "base/fs.h"
#include "capture/context.h"
#include "capture/task.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void seen_init(struct seen *s)
{
	s->keys = (struct map)MAP_INIT;
	s->programs = (struct map)MAP_INIT;
	s->libraries = (struct map)MAP_INIT;
	s->arena = arena_new();
}

void seen_release(struct seen *s)
{
	map_release(&s->keys);
	map_release(&s->programs);
	map_release(&s->libraries);
	arena_free(s->arena);
}

bool seen_may(const struct touch *t)
{
	return t->path[0] && !t->creates && !t->in_root &&
	       (t->intent == INTENT_LOOK || t->intent == INTENT_READ ||
		       t->intent == INTENT_EXEC);
}

const char *seen_key(const struct touch *t, pid_t tid, struct arena *scratch)
{
	const char *path = t->path, *base;
	size_t len;
	char *key;

	if (path[0] != '/') {
		base = task_directory(scratch, tid, t->dirfd);
		if (!base || fs_has_suffix(base, " (deleted)"))
			return NULL;
		path = fs_join(scratch, base, path);
	}
	len = strlen(path);
	key = arena_alloc(scratch, len + 3);
	key[0] = (char)('0' + t->intent);
	key[1] = t->nofollow ? 'l' : 'f';
	memcpy(key + 2, path, len + 1);
	return key;
}

/* What was to be read, and was not there: somebody else may make it. */
static bool is_missing(const char *key)
{
	return key[0] != '0' + INTENT_LOOK &&
	       faccessat(AT_FDCWD, key + 2, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

bool seen_has(const struct seen *s, const char *key)
{
	const void *known = map_gets(&s->keys, key);

	return known == s || (known && is_missing(key));
}

void seen_add(struct seen *s, const char *key)
{
	map_puts(&s->keys, arena_strdup(s->arena, key),
		is_missing(key) ? (void *)&s->programs : (void *)s);
}

bool seen_program(const struct seen *s, const char *key, struct program *p)
{
	const struct program *then = map_gets(&s->programs, key);
	struct state now;

	if (!then || state_of(AT_FDCWD, then->place.access, &now) < 0 ||
		!state_same_content(&now, &then->place.st) ||
		now.ctime != then->place.st.ctime)
		return false;
	for (size_t i = 0; i < then->count; i++)
		if (then->parts[i].t->access & ACCESS_W)
			return false;
	*p = *then;
	return true;
}

void seen_add_program(struct seen *s, const char *key, const struct program *p)
{
	struct program *copy = arena_alloc(s->arena, sizeof(*copy));

	*copy = *p;
	copy->place = (struct place){
		.path = arena_strdup(s->arena, p->place.path),
		.access = arena_strdup(s->arena, p->place.access),
		.st = p->place.st,
	};
	map_puts(&s->programs, arena_strdup(s->arena, key), copy);
}

struct touched *seen_library(const struct seen *s, const char *key)
{
	struct touched *t = map_gets(&s->libraries, key);

	return t && !(t->access & ACCESS_W) ? t : NULL;
}

void seen_add_library(struct seen *s, const char *key, struct touched *t)
{
	if (!(t->access & ACCESS_W))
		map_puts(&s->libraries, arena_strdup(s->arena, key), t);
}

void seen_forget(struct seen *s)
{
	if (!s->keys.count && !s->programs.count && !s->libraries.count)
		return;
	map_clear(&s->keys);
	map_clear(&s->programs);
	map_clear(&s->libraries);
	arena_clear(s->arena);
}
