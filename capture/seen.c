// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of accesses that need no second look. Only absolute paths, whose
 * meaning does not depend on the task as long as all tasks share one root; the
 * caller forgets everything when that ends or when a name changes.
 */
#include "base/arena.h"
#include "capture/context.h"

#include <string.h>

void seen_init(struct seen *s)
{
	s->keys = (struct map)MAP_INIT;
	s->arena = arena_new();
}

void seen_release(struct seen *s)
{
	map_release(&s->keys);
	arena_free(s->arena);
}

const char *seen_key(const struct touch *t, struct arena *scratch)
{
	size_t len;
	char *key;

	if (t->path[0] != '/' || t->creates ||
		(t->intent != INTENT_LOOK && t->intent != INTENT_READ &&
			t->intent != INTENT_EXEC))
		return NULL;
	len = strlen(t->path);
	key = arena_alloc(scratch, len + 3);
	key[0] = (char)('0' + t->intent);
	key[1] = t->nofollow ? 'l' : 'f';
	memcpy(key + 2, t->path, len + 1);
	return key;
}

bool seen_has(const struct seen *s, const char *key)
{
	return map_gets(&s->keys, key) != NULL;
}

void seen_add(struct seen *s, const char *key)
{
	map_puts(&s->keys, arena_strdup(s->arena, key), s);
}

void seen_forget(struct seen *s)
{
	if (!s->keys.count)
		return;
	map_clear(&s->keys);
	arena_clear(s->arena);
}
