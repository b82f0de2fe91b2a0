// SPDX-License-Identifier: Apache-2.0
/* Executed, preloaded, needed by those, or loaded by the program itself. */
#include "capture/loads.h"
#include "base/arena.h"
#include "base/map.h"
#include "capture/record.h"

#include <string.h>

struct loads {
	struct arena *a;
	struct load_item *items;
	size_t count;
	struct map names;
	/* Those whose needs are still to be looked at. */
	struct load_item **queue;
	size_t queued;
};

const char *load_word(enum load l)
{
	static const char *const words[] = {
		"exec", "interp", "preload", "needed", "dlopen"};

	return words[l];
}

static void add_name(struct loads *l, const char *name, struct load_item *i)
{
	if (name && !map_gets(&l->names, name))
		map_puts(&l->names, name, i);
}

static void index_names(struct loads *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct load_file *f = l->items[i].file;

		add_name(l, f->path, &l->items[i]);
		add_name(l, f->elf->soname, &l->items[i]);
		add_name(l, strrchr(f->path, '/') + 1, &l->items[i]);
		for (size_t k = 0; k < f->aliases.count; k++)
			add_name(l, f->aliases.items[k], &l->items[i]);
	}
}

/* It, and what it needs, is there because of `load`. */
static void reach(struct loads *l, struct load_item *i, enum load load)
{
	if (!i || i->load <= load)
		return;
	i->load = load;
	if (load != LOADED_INTERP)
		*ARENA_PUSH(l->a, l->queue, l->queued) = i;
}

static void reach_name(struct loads *l, const char *name, enum load load)
{
	struct load_item *i = map_gets(&l->names, name);
	const char *slash = strrchr(name, '/');

	/* "/usr/$LIB/libx.so", or by a way that no link shows. */
	if (!i && slash)
		i = map_gets(&l->names, slash + 1);
	reach(l, i, load);
}

/* "ld.so PROGRAM": then the loader maps what the kernel would have. */
static void reach_executed(struct loads *l)
{
	bool loader = false;

	for (size_t i = 0; i < l->count; i++) {
		const struct elf_file *elf = l->items[i].file->elf;

		if (l->items[i].how & LOAD_EXEC) {
			reach(l, &l->items[i], LOADED_EXEC);
			loader |= !elf->interpreter && elf->soname &&
				  !strncmp(elf->soname, "ld-", 3);
		}
		if (l->items[i].how & LOAD_INTERP)
			reach(l, &l->items[i], LOADED_INTERP);
	}
	for (size_t i = 0; loader && i < l->count; i++)
		if (l->items[i].how & LOAD_MAP &&
			l->items[i].file->elf->interpreter) {
			reach(l, &l->items[i], LOADED_EXEC);
			loader = false;
		}
}

void loads_of(
	struct load_item *items, size_t count, const struct strlist *preloads)
{
	autoarena *a = arena_new();
	struct loads l = {.a = a, .items = items, .count = count};

	for (size_t i = 0; i < count; i++)
		items[i].load = LOADED_DLOPEN;
	index_names(&l);
	reach_executed(&l);
	for (size_t i = 0; i < preloads->count; i++)
		reach_name(&l, preloads->items[i], LOADED_PRELOAD);
	for (size_t i = 0; i < l.queued; i++) {
		const struct strlist *needed = &l.queue[i]->file->elf->needed;

		for (size_t k = 0; k < needed->count; k++)
			reach_name(&l, needed->items[k], LOADED_NEEDED);
	}
	map_release(&l.names);
}
