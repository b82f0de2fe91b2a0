// SPDX-License-Identifier: Apache-2.0
/* Reading argv and environ out of the memory of a task. */
#include "capture/arguments.h"
#include "base/arena.h"
#include "sandbox/watch/watch.h"

#include <string.h>

#define PAGE 4096u
/* Strings of argv and environ are at most 32 pages each, MAX_ARG_STRLEN; with
 * the pointers to them they have 6 MiB, whatever the limit of the stack is. */
#define ARG_MAX_LEN (32 * PAGE)
#define ARGS_MAX_BYTES ((size_t)6 << 20)

/*
 * Pages of the task that were read already: pointers and strings lie together,
 * in no particular order, so that a program with 50 variables costs three or
 * four reads, not a hundred.
 */
#define WINDOW (2 * PAGE)
#define WINDOWS 4

struct window {
	uint64_t base;
	size_t len;
	char buf[WINDOW];
};

struct memory {
	pid_t tid;
	unsigned next; /* window to be given up */
	struct window windows[WINDOWS];
};

static struct window *holding(struct memory *m, uint64_t addr, size_t n)
{
	for (unsigned i = 0; i < WINDOWS; i++) {
		struct window *w = &m->windows[i];

		if (addr >= w->base && addr - w->base + n <= w->len)
			return w;
	}
	return NULL;
}

/* The bytes at `addr`, `n` of them or more: *len. NULL when there are not. */
static const char *look(struct memory *m, uint64_t addr, size_t n, size_t *len)
{
	struct window *w = holding(m, addr, n);
	ssize_t got;

	if (!w) {
		w = &m->windows[m->next++ % WINDOWS];
		w->base = addr & ~(uint64_t)(PAGE - 1);
		got = watch_read(m->tid, w->base, w->buf, WINDOW);
		w->len = got > 0 ? (size_t)got : 0;
		if (addr - w->base + n > w->len)
			return NULL;
	}
	*len = w->len - (size_t)(addr - w->base);
	return w->buf + (addr - w->base);
}

static char *read_string(struct memory *m, uint64_t addr, struct arena *a)
{
	size_t len;
	const char *s = look(m, addr, 1, &len);
	const char *nul = s ? memchr(s, 0, len) : NULL;
	char *whole;
	ssize_t n;

	if (nul)
		return arena_memdup(a, s, (size_t)(nul - s));
	/* It goes on behind the window. */
	whole = arena_alloc(a, ARG_MAX_LEN);
	n = watch_read_string(m->tid, addr, whole, ARG_MAX_LEN);
	return n < 0 ? NULL : whole;
}

static int read_array(struct memory *m, size_t word, uint64_t addr,
	struct arena *a, size_t *room, struct strlist *out)
{
	size_t len;

	memset(out, 0, sizeof(*out));
	for (; addr; addr += word) {
		const char *p = look(m, addr, word, &len);
		uint64_t at = 0;
		char *s;

		if (!p)
			return -1;
		memcpy(&at, p, word);
		if (!at)
			return 0;
		s = read_string(m, at, a);
		len = s ? strlen(s) + 1 + word : 0;
		if (!s || len > *room)
			return -1;
		*room -= len;
		*ARENA_PUSH(a, out->items, out->count) = s;
	}
	return 0;
}

int arguments_read(const struct call *c, uint64_t argv, uint64_t envp,
	struct arena *a, struct strlist *arguments, struct strlist *environment)
{
	struct memory *m = arena_alloc(a, sizeof(*m));
	size_t word = watch_word(c->arch), room = ARGS_MAX_BYTES;

	m->tid = c->tid;
	return read_array(m, word, argv, a, &room, arguments) < 0
		       ? -1
		       : read_array(m, word, envp, a, &room, environment);
}
