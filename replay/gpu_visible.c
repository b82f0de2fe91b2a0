// SPDX-License-Identifier: Apache-2.0
/*
 * CUDA_VISIBLE_DEVICES and ROCR_VISIBLE_DEVICES name the GPUs that a program
 * may compute on: by UUID or its beginning, by a number, or as an instance,
 * "MIG-GPU-UUID/GI/CI" or "MIG-UUID" (CUDA C++ Programming Guide, "CUDA
 * Environment Variables"; ROCm, "GPU isolation techniques"). The list ends at
 * the first word that names none. Where others stand for these GPUs, the
 * variable must name those.
 */
#include "replay/gpu.h"

#include "base/arena.h"
#include "base/strbuf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The first one that is set counts: what an inner one numbers are the GPUs
 * that an outer one leaves. */
static const struct {
	const char *vendor, *name;
} variables[] = {
	{"nvidia", "CUDA_VISIBLE_DEVICES"},
	{"amd", "ROCR_VISIBLE_DEVICES"},
	{"amd", "HIP_VISIBLE_DEVICES"},
	{"amd", "CUDA_VISIBLE_DEVICES"},
};
#define VARIABLES (sizeof(variables) / sizeof(*variables))

/* The words of a value, and for each the want that it names. */
struct words {
	const char *vendor;
	struct strlist items;
	struct gpu_want **wants;
};

static void split(struct words *w, struct arena *a, const char *value)
{
	while (*value) {
		size_t n;

		value += strspn(value, " ,");
		n = strcspn(value, " ,");
		if (n)
			*ARENA_PUSH(a, w->items.items, w->items.count) =
				arena_memdup(a, value, n);
		value += n;
	}
}

static bool is_number(const char *word)
{
	return *word && !word[strspn(word, "0123456789")];
}

static bool is_of(const struct gpu_want *w, const char *vendor)
{
	return !strcmp(w->recorded->vendor, vendor);
}

/* The one whose UUID begins so. */
static struct gpu_want *by_uuid(
	struct gpu_plan *g, const char *vendor, const char *uuid, size_t n)
{
	struct gpu_want *found = NULL;

	for (size_t i = 0; i < g->count; i++) {
		struct gpu_want *w = &g->wants[i];

		if (!is_of(w, vendor) || !w->recorded->uuid ||
			strncasecmp(w->recorded->uuid, uuid, n) != 0)
			continue;
		if (found)
			return NULL;
		found = w;
	}
	return found;
}

/* The only one of which instances were used. */
static struct gpu_want *divided(struct gpu_plan *g)
{
	struct gpu_want *found = NULL;

	for (size_t i = 0; i < g->count; i++)
		if (g->wants[i].parts.count) {
			if (found)
				return NULL;
			found = &g->wants[i];
		}
	return found;
}

static struct gpu_want *of_accelerator(
	struct gpu_plan *g, const struct m_accelerator *x)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->wants[i].recorded == x)
			return &g->wants[i];
	return NULL;
}

/* The nth of the machine's, or of those that were used. */
static struct gpu_want *numbered(struct gpu_plan *g, const struct manifest *m,
	const char *vendor, bool of_machine, long n)
{
	for (size_t i = 0; of_machine && i < m->hardware.accelerators.count; i++) {
		const struct m_accelerator *x =
			&m->hardware.accelerators.items[i];

		if (x->vendor && !strcmp(x->vendor, vendor) && n-- == 0)
			return of_accelerator(g, x);
	}
	for (size_t i = 0; !of_machine && i < g->count; i++)
		if (is_of(&g->wants[i], vendor) && n-- == 0)
			return &g->wants[i];
	return NULL;
}

/*
 * Numbers count the GPUs in the order of their addresses, when that was asked
 * for or when they are all of one model (else the fastest comes first).
 */
static bool numbers_are_known(
	const struct gpu_plan *g, const struct manifest *m, const char *vendor)
{
	const char *order = gpu_variable(m, "CUDA_DEVICE_ORDER");
	const char *model = NULL;

	for (size_t i = 0; i < g->count; i++)
		if (g->wants[i].parts.count)
			return false;
	if (strcmp(vendor, "nvidia") != 0 ||
		(order && !strcmp(order, "PCI_BUS_ID")))
		return true;
	for (size_t i = 0; i < m->hardware.accelerators.count; i++) {
		const struct m_accelerator *x =
			&m->hardware.accelerators.items[i];

		if (!x->vendor || strcmp(x->vendor, vendor) != 0)
			continue;
		if (!x->model || (model && strcmp(x->model, model) != 0))
			return false;
		model = x->model;
	}
	return true;
}

static struct gpu_want *named(struct gpu_plan *g, const struct manifest *m,
	const struct words *w, const char *word, bool of_machine)
{
	if (is_number(word))
		return numbers_are_known(g, m, w->vendor)
			       ? numbered(g, m, w->vendor, of_machine,
					 strtol(word, NULL, 10))
			       : NULL;
	if (!strncmp(word, "GPU-", 4))
		return by_uuid(g, w->vendor, word, strlen(word));
	if (!strncmp(word, "MIG-GPU-", 8))
		return by_uuid(g, w->vendor, word + 4, strcspn(word + 4, "/"));
	return !strncmp(word, "MIG-", 4) ? divided(g) : NULL;
}

static bool ends_list(const char *word)
{
	return !isdigit((unsigned char)*word) &&
	       strncmp(word, "GPU-", 4) != 0 && strncmp(word, "MIG-", 4) != 0;
}

/* All words name GPUs that the run used: numbers count either all GPUs of the
 * machine or, in a container, those that it was given. */
static bool resolve(struct words *w, struct arena *a, struct gpu_plan *g,
	const struct manifest *m)
{
	for (size_t i = 0; i < w->items.count; i++)
		if (ends_list(w->items.items[i]))
			w->items.count = i;
	w->wants = arena_array(a, w->items.count + 1, sizeof(*w->wants));
	for (int of_machine = 1; of_machine >= 0; of_machine--) {
		bool all = true;

		for (size_t i = 0; i < w->items.count; i++) {
			w->wants[i] =
				named(g, m, w, w->items.items[i], of_machine);
			all &= w->wants[i] != NULL;
		}
		if (all)
			return true;
	}
	return false;
}

/* The words of the vendor's variable; NULL when it is not set, or names what
 * is not known here. */
static const char *read_variable(struct words *w, struct arena *a,
	struct gpu_plan *g, const struct manifest *m, const char *vendor)
{
	for (size_t i = 0; i < VARIABLES; i++) {
		const char *value = gpu_variable(m, variables[i].name);

		if (!value || strcmp(variables[i].vendor, vendor) != 0)
			continue;
		*w = (struct words){.vendor = vendor};
		split(w, a, value);
		return resolve(w, a, g, m) ? variables[i].name : NULL;
	}
	return NULL;
}

/* Vendors that have such a variable. */
static const char *const vendors[] = {"nvidia", "amd"};

void gpu_visible(struct gpu_plan *g, struct arena *a, const struct manifest *m)
{
	for (size_t v = 0; v < sizeof(vendors) / sizeof(*vendors); v++) {
		struct words w;

		if (!read_variable(&w, a, g, m, vendors[v]))
			continue;
		for (size_t i = 0; i < g->count; i++)
			if (is_of(&g->wants[i], vendors[v]))
				g->wants[i].visible = false;
		for (size_t i = 0; i < w.items.count; i++)
			w.wants[i]->visible = true;
	}
}

/* Its place among those that the command will see, which are listed by their
 * addresses. */
static unsigned place_of(const struct gpu_plan *g, const struct gpu_host *h,
	const struct m_accelerator *x)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->hardware.accelerators.count; i++) {
		const struct m_accelerator *y =
			&h->hardware.accelerators.items[i];

		if (y == x)
			return n;
		n += y->vendor && !strcmp(y->vendor, x->vendor) &&
		     gpu_selected(g, y);
	}
	return n;
}

static char *own_name(struct arena *a, const struct gpu_plan *g,
	const struct gpu_host *h, const struct m_accelerator *x)
{
	return x->uuid ? x->uuid : arena_printf(a, "%u", place_of(g, h, x));
}

/* "gi1/ci0" as "/1/0". */
static char *instance_of(struct arena *a, const struct gpu_want *w)
{
	unsigned gi, ci;

	for (size_t i = 0; i < w->parts.count; i++)
		if (sscanf(w->parts.items[i], "gi%u/ci%u", &gi, &ci) == 2)
			return arena_printf(a, "/%u/%u", gi, ci);
	return NULL;
}

static char *word_here(struct arena *a, const struct gpu_plan *g,
	const struct gpu_host *h, char *word, const struct gpu_want *w)
{
	const char *instance;

	if (is_number(word))
		return arena_printf(a, "%u", place_of(g, h, w->here));
	if (w->match == MATCH_SAME)
		return word;
	if (strncmp(word, "MIG-", 4) != 0)
		return own_name(a, g, h, w->here);
	instance = strchr(word, '/');
	if (!instance)
		instance = instance_of(a, w);
	/* An undivided one can stand for an instance. */
	return w->here->mig.count && w->here->uuid && instance
		       ? arena_printf(a, "MIG-%s%s", w->here->uuid, instance)
		       : own_name(a, g, h, w->here);
}

void gpu_rewrite(struct gpu_plan *g, struct arena *a, const struct manifest *m,
	const struct gpu_host *h)
{
	for (size_t v = 0; v < sizeof(vendors) / sizeof(*vendors); v++) {
		autostrbuf text = STRBUF_INIT;
		struct words w;
		const char *name = read_variable(&w, a, g, m, vendors[v]);
		bool differs = false;

		for (size_t i = 0; name && i < w.items.count; i++) {
			char *word = w.items.items[i];
			char *here = word_here(a, g, h, word, w.wants[i]);

			differs |= strcmp(word, here) != 0;
			strbuf_addf(&text, "%s%s", i ? "," : "", here);
		}
		if (differs)
			*ARENA_PUSH(a, g->variables.items, g->variables.count) =
				(struct kv){
					(char *)name, arena_strdup(a, text.s)};
	}
}
