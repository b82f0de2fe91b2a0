// SPDX-License-Identifier: Apache-2.0
/* Sets of files that a capture insists on. */
#include "capture/require.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "store/set.h"

#include <stdlib.h>
#include <string.h>

/* Files that are named one by one. */
#define NAMED_MAX 20

static const char *state_text(const struct set_change *c)
{
	switch (c->state) {
	case SET_CHANGED:
		return "has changed";
	case SET_MISSING:
		return "is missing";
	case SET_ADDED:
		return "is new";
	case SET_UNREADABLE:
		return strerror(c->error);
	}
	return "differs";
}

static int check_one(
	struct store *s, const struct kv *k, struct arena *a, struct err *e)
{
	struct set_change *changes;
	struct file_set set;
	size_t n;

	if (!*k->value)
		return err_set(e, "--require '%s': '=DIR' is missing", k->key);
	if (set_find(s, k->key, a, &set, e) < 0 ||
		set_compare(&set, k->value, a, &changes, &n, e) < 0)
		return err_wrap(e, "--require");
	for (size_t i = 0; i < n && i < NAMED_MAX; i++)
		log_error("'%s': %s", fs_join(a, k->value, changes[i].path),
			state_text(&changes[i]));
	if (n > NAMED_MAX)
		log_error("and %zu more", n - NAMED_MAX);
	if (n)
		return err_set(e, "'%s' is not '%s': %zu of its files differ",
			k->value, k->key, n);
	return 0;
}

int require_check(struct store *s, const struct kvlist *required,
	struct arena *a, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < required->count; i++)
		if (check_one(s, &required->items[i], a, e) < 0)
			r = -1;
	return r;
}

void require_name_origins(const struct kvlist *required, struct m_data *items,
	size_t count, struct arena *a)
{
	for (size_t i = 0; i < required->count; i++) {
		autofree char *real = realpath(required->items[i].value, NULL);

		for (size_t k = 0; real && k < count; k++)
			if (fs_below(items[k].path, real))
				items[k].origin =
					arena_strdup(a, required->items[i].key);
	}
}
