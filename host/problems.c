// SPDX-License-Identifier: Apache-2.0
/* A list of problems. */
#include "host/problems.h"

#include "base/arena.h"

#include <stdarg.h>

void problem_add(struct problems *p, const char *path, const char *fmt, ...)
{
	struct problem *new;
	va_list ap;

	if (!p)
		return;
	new = ARENA_PUSH(p->arena, p->items, p->count);
	new->path = arena_strdup(p->arena, path);
	va_start(ap, fmt);
	new->detail = arena_vprintf(p->arena, fmt, ap);
	va_end(ap);
}
