/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas: memory by lifetime. One per run, one scratch per event or command;
 * what is allocated in one is never freed singly. Out of memory aborts: there
 * is nothing sensible left to do, and the keeper survives its recorder.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);

/* Forget everything allocated so far, keep one block for the next round. */
void arena_clear(struct arena *a);

/* Bytes handed out since arena_new or arena_clear. */
size_t arena_used(const struct arena *a);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
/* Array of n zeroed elements; aborts on overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s);
/* Copies n bytes and adds a NUL. */
char *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/*
 * Room for one more element in a growing arena array: items is reallocated
 * (copied) when count is a power of two. Returns a pointer to the new zeroed
 * element and counts it.
 *	struct gap *g = ARENA_PUSH(a, m->gaps.items, m->gaps.count);
 */
#define ARENA_PUSH(a, items, count)     \
	((__typeof__(items))arena_push( \
		(a), (void **)&(items), &(count), sizeof(*(items))))
void *arena_push(struct arena *a, void **items, size_t *count, size_t size);

/* Says so on stderr and aborts. */
_Noreturn void out_of_memory(void);

/* Heap twins of the above for what has no arena; abort when out of memory. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

void arena_autofree(struct arena **a);
#define autoarena __attribute__((cleanup(arena_autofree))) struct arena
