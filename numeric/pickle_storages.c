// SPDX-License-Identifier: Apache-2.0
/* The storages that a PyTorch pickle refers to. */
#include "base/arena.h"
#include "base/map.h"
#include "numeric/numbers.h"
#include "numeric/pickle.h"

#include <stdlib.h>
#include <string.h>

/* A string, or the name of a class, as a pickle pushes it. */
struct atom {
	const unsigned char *p;
	size_t len;
};

#define PARTS 5
/* A tensor takes nine; what is beyond is not remembered. */
#define MEMO_MAX (4u << 20)

struct scan {
	struct arena *arena;
	struct map *storages;
	/* What the pickle remembers, by its number: atoms only. */
	struct atom *memo;
	size_t memo_cap, memo_next;
	struct atom last; /* pushed by the operation before, if an atom */
	/* Atoms since the last MARK, as long as there were only such. */
	struct atom parts[PARTS];
	size_t part_count;
	struct atom name; /* stands before a tensor that is built */
};

static bool atom_is(const struct atom *a, const char *text)
{
	return a->p && a->len == strlen(text) && !memcmp(a->p, text, a->len);
}

static bool has_prefix(const struct atom *a, const char *text)
{
	return a->p && a->len >= strlen(text) &&
	       !memcmp(a->p, text, strlen(text));
}

static void remember(struct scan *s, size_t i)
{
	if (i >= MEMO_MAX)
		return;
	if (i >= s->memo_cap) {
		size_t cap = i < 32 ? 64 : 2 * i;

		s->memo = xrealloc(s->memo, cap * sizeof(*s->memo));
		memset(s->memo + s->memo_cap, 0,
			(cap - s->memo_cap) * sizeof(*s->memo));
		s->memo_cap = cap;
	}
	s->memo[i] = s->last;
	if (s->memo_next <= i)
		s->memo_next = i + 1;
}

static void push(struct scan *s, struct atom a)
{
	/* 'weight', torch._utils._rebuild_tensor_v2, MARK, MARK, 'storage' */
	if (has_prefix(&a, "torch._utils\n_rebuild_")) {
		if (s->last.p && !has_prefix(&s->last, "torch._utils\n"))
			s->name = s->last;
	}
	if (s->part_count < PARTS)
		s->parts[s->part_count] = a;
	s->part_count++;
	s->last = a;
}

/* A class by two strings, as protocol 4 names it. */
static void join(struct scan *s)
{
	if (s->part_count < 2 || s->part_count > PARTS)
		return;
	s->last = s->parts[--s->part_count];
	s->parts[s->part_count - 1] = s->last;
}

static void take_storage(struct scan *s)
{
	const struct atom *type = &s->parts[1], *key = &s->parts[2];
	struct pickle_storage *found;
	const char *text;
	const char *dot;

	if (s->part_count != PARTS || !atom_is(&s->parts[0], "storage") ||
		!type->p || !key->p)
		return;
	text = arena_memdup(s->arena, key->p, key->len);
	if (map_gets(s->storages, text))
		return;
	found = arena_alloc(s->arena, sizeof(*found));
	found->type = arena_memdup(s->arena, type->p, type->len);
	dot = strrchr(found->type, '\n');
	found->type = dot ? dot + 1 : found->type;
	if (s->name.p)
		found->name = arena_memdup(s->arena, s->name.p, s->name.len);
	map_puts(s->storages, text, found);
}

static size_t memo_index(const struct pickle_op *op)
{
	return (size_t)number_load(op->arg, (unsigned)op->len, false);
}

static void scan_op(struct scan *s, const struct pickle_op *op)
{
	const struct atom none = {NULL, 0}, arg = {op->arg, op->len};
	size_t i;

	switch (op->code) {
	case 'q':
	case 'r':
		remember(s, memo_index(op));
		return;
	case 0x94:
		remember(s, s->memo_next);
		return;
	case 'h':
	case 'j':
		i = memo_index(op);
		push(s, i < s->memo_cap ? s->memo[i] : none);
		return;
	case 'X':
	case 0x8c:
	case 'c':
		push(s, arg);
		return;
	case 'J':
	case 'K':
	case 'M':
	case 0x8a:
		push(s, none);
		return;
	case '(':
		s->part_count = 0;
		s->last = none;
		return;
	case 0x93:
		join(s);
		return;
	/* The tuple of these. */
	case 't':
		s->last = none;
		return;
	case 'Q':
		take_storage(s);
		break;
	default:
		break;
	}
	s->last = s->name = none;
	s->part_count = PARTS + 1;
}

void pickle_storages(
	const void *p, size_t n, struct arena *a, struct map *storages)
{
	struct scan s = {.arena = a, .storages = storages};
	struct pickle k = {.p = p, .len = n};
	struct pickle_op op;

	while (pickle_next(&k, &op) > 0)
		scan_op(&s, &op);
	free(s.memo);
}
