// SPDX-License-Identifier: Apache-2.0
/* Arenas in growing blocks, and heap calls that abort when memory is gone. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_MIN 4096
#define BLOCK_MAX (1 << 20)

struct block {
	struct block *next;
	size_t cap;
	size_t used;
	alignas(max_align_t) char data[];
};

struct arena {
	struct block *head; /* the block that is being filled */
	size_t used;
};

void out_of_memory(void)
{
	static const char text[] = "reprise: out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		out_of_memory();
	return q;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
	struct block *b, *next;

	if (!a)
		return;
	for (b = a->head; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void arena_autofree(struct arena **a)
{
	arena_free(*a);
}

void arena_clear(struct arena *a)
{
	struct block *keep = a->head, *b, *next;

	if (!keep)
		return;
	for (b = keep->next; b; b = next) {
		next = b->next;
		free(b);
	}
	keep->next = NULL;
	keep->used = 0;
	a->used = 0;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

static struct block *block_add(struct arena *a, size_t need)
{
	size_t cap = a->head ? a->head->cap * 2 : BLOCK_MIN;
	struct block *b;

	if (cap > BLOCK_MAX)
		cap = BLOCK_MAX;
	if (cap < need)
		cap = need;
	b = xmalloc(sizeof(*b) + cap);
	b->cap = cap;
	b->used = 0;
	b->next = a->head;
	a->head = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t align = alignof(max_align_t);
	struct block *b = a->head;
	void *p;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) & ~(align - 1);
	if (!b || b->cap - b->used < size)
		b = block_add(a, size);
	p = b->data + b->used;
	b->used += size;
	a->used += size;
	return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		abort();
	return arena_alloc(a, total);
}

char *arena_memdup(struct arena *a, const void *p, size_t n)
{
	char *s = arena_alloc(a, n + 1);

	if (n)
		memcpy(s, p, n);
	s[n] = 0;
	return s;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_memdup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void *arena_push(struct arena *a, void **items, size_t *count, size_t size)
{
	size_t n = *count;

	/* Capacity is the next power of two from 4 on, so it need not be kept. */
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		void *grown = arena_array(a, n ? n * 2 : 4, size);

		if (n)
			memcpy(grown, *items, n * size);
		*items = grown;
	}
	*count = n + 1;
	return (char *)*items + n * size;
}
