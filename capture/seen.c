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
	s->arena = arena_new();
}

void seen_release(struct seen *s)
{
	map_release(&s->keys);
	map_release(&s->programs);
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

bool seen_program(const struct seen *s, const char *key, struct place *p)
{
	const struct place *then = map_gets(&s->programs, key);
	struct state now;

	if (!then || state_of(AT_FDCWD, then->access, &now) < 0 ||
		!state_same_content(&now, &then->st) ||
		now.ctime != then->st.ctime)
		return false;
	*p = *then;
	return true;
}

void seen_add_program(struct seen *s, const char *key, const struct place *p)
{
	struct place *copy = arena_alloc(s->arena, sizeof(*copy));

	*copy = (struct place){
		.path = arena_strdup(s->arena, p->path),
		.access = arena_strdup(s->arena, p->access),
		.st = p->st,
	};
	map_puts(&s->programs, arena_strdup(s->arena, key), copy);
}

void seen_forget(struct seen *s)
{
	if (!s->keys.count && !s->programs.count)
		return;
	map_clear(&s->keys);
	map_clear(&s->programs);
	arena_clear(s->arena);
}
