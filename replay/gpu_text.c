// SPDX-License-Identifier: Apache-2.0
/* GPUs of both sides, in words. */
#include "replay/gpu.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "replay/plan.h"

#include <jansson.h>
#include <string.h>

const char *gpu_name(struct arena *a, const struct m_accelerator *x)
{
	if (x->model)
		return arena_printf(a, "'%s'", x->model);
	return arena_printf(a, "a GPU of %s%s%s", x->vendor,
		x->pci_id ? ", " : "", x->pci_id ? x->pci_id : "");
}

/* Names in their order, equal ones counted. */
struct tally {
	struct {
		const char *name;
		size_t count;
	} * items;
	size_t count;
};

static void tally_add(struct tally *t, struct arena *a, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->items[i].name, name)) {
			t->items[i].count++;
			return;
		}
	ARENA_PUSH(a, t->items, t->count)->name = name;
	t->items[t->count - 1].count = 1;
}

static const char *tally_text(struct tally *t, struct arena *a)
{
	autostrbuf text = STRBUF_INIT;

	for (size_t i = 0; i < t->count; i++) {
		strbuf_adds(&text, i ? ", " : "");
		if (t->items[i].count > 1)
			strbuf_addf(&text, "%zu x ", t->items[i].count);
		strbuf_adds(&text, t->items[i].name);
	}
	return t->count ? arena_strdup(a, text.s) : "no GPU";
}

/* Compute instances, and GPU instances without any: "gi1/ci0, gi2". */
static const char *join(struct arena *a, const struct strlist *l)
{
	autostrbuf text = STRBUF_INIT;

	for (size_t i = 0; i < l->count; i++) {
		size_t n = strlen(l->items[i]);

		if (i + 1 < l->count &&
			!strncmp(l->items[i], l->items[i + 1], n) &&
			l->items[i + 1][n] == '/')
			continue;
		strbuf_addf(&text, "%s%s", text.len ? ", " : "", l->items[i]);
	}
	return arena_strdup(a, text.s);
}

static const char *with_driver(
	struct arena *a, const char *name, const struct m_accelerator *x)
{
	return x->driver_version ? arena_printf(a, "%s with driver %s", name,
					   x->driver_version)
				 : name;
}

const char *gpu_wanted_text(
	struct arena *a, const struct gpu_plan *g, bool visible)
{
	struct tally t = {0};

	for (size_t i = 0; i < g->count; i++) {
		const struct gpu_want *w = &g->wants[i];
		const char *name = gpu_name(a, w->recorded);

		if (visible && !w->visible)
			continue;
		if (w->parts.count)
			name = arena_printf(
				a, "%s of %s", join(a, &w->parts), name);
		tally_add(&t, a, with_driver(a, name, w->recorded));
	}
	return tally_text(&t, a);
}

const char *gpu_here_text(struct arena *a, const struct gpu_host *h)
{
	struct tally t = {0};

	for (size_t i = 0; i < h->hardware.accelerators.count; i++) {
		const struct m_accelerator *x =
			&h->hardware.accelerators.items[i];
		const char *name = gpu_name(a, x);
		struct strlist parts = {0};

		for (size_t k = 0; k < x->mig.count; k++)
			*ARENA_PUSH(a, parts.items, parts.count) =
				x->mig.items[k].instance;
		if (parts.count)
			name = arena_printf(a, "%s of %s", join(a, &parts), name);
		tally_add(&t, a, with_driver(a, name, x));
	}
	return tally_text(&t, a);
}

/* --- notes ---------------------------------------------------------------- */

static bool differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

static const char *driver_text(struct arena *a, const struct m_accelerator *x)
{
	if (!x->driver)
		return "unknown";
	return x->driver_version
		       ? arena_printf(a, "%s %s", x->driver, x->driver_version)
		       : x->driver;
}

static void note_pair(struct plan *p, const struct gpu_want *w)
{
	const struct m_accelerator *was = w->recorded, *is = w->here;
	struct arena *a = p->arena;

	if (w->match == MATCH_OTHER)
		note_add(&p->notes, "gpu-model", NULL,
			"recorded on %s, replayed on %s: not a faithful replay",
			gpu_name(a, was), gpu_name(a, is));
	else if (w->match == MATCH_MODEL && differ(was->uuid, is->uuid))
		note_add(&p->notes, "gpu", NULL,
			"recorded on %s, replayed on %s, both %s", was->uuid,
			is->uuid, gpu_name(a, is));
	if (w->match != MATCH_OTHER && differ(was->vbios, is->vbios))
		note_add(&p->notes, "gpu-vbios", NULL,
			"%s was recorded with video BIOS %s, here it has %s",
			gpu_name(a, is), was->vbios, is->vbios);
	/* NVIDIA's is said where its libraries are placed. */
	if (strcmp(was->vendor, "nvidia") != 0 &&
		(differ(was->driver, is->driver) ||
			differ(was->driver_version, is->driver_version)))
		note_add(&p->notes, "gpu-driver", NULL,
			"recorded with driver %s, replayed with %s",
			driver_text(a, was), driver_text(a, is));
}

void gpu_note_pairs(struct plan *p)
{
	const struct gpu_plan *g = &p->gpu;
	size_t left_out = 0;

	for (size_t i = 0; i < g->count; i++) {
		left_out += !g->wants[i].here;
		if (g->wants[i].here)
			note_pair(p, &g->wants[i]);
	}
	if (left_out)
		note_add(&p->notes, "gpu", NULL,
			"%zu of %zu GPUs are left out: the run opened them, "
			"but could not compute on them",
			left_out, g->count);
}

/* --- results -------------------------------------------------------------- */

static const char *const options[] = {
	[GPUS_RECORDED] = "recorded", [GPUS_ANY] = "any", [GPUS_NONE] = "none"};

static const char *const matches[] = {
	[MATCH_NONE] = "none", [MATCH_SAME] = "same", [MATCH_MODEL] = "model", [MATCH_OTHER] = "other"};

static const char *label(const struct m_accelerator *x)
{
	return x->uuid ? x->uuid : x->pci ? x->pci : "";
}

const char *gpu_line(struct arena *a, const struct gpu_plan *g, size_t i)
{
	const struct gpu_want *w = &g->wants[i];

	return arena_printf(a, "%s %s: %s", w->recorded->vendor,
		label(w->recorded),
		!w->here ? "none"
			 : arena_printf(a, "%s (%s)", label(w->here),
				   matches[w->match]));
}

/* Strings of the kernel's files need not be UTF-8. */
static json_t *text(const char *s)
{
	json_t *j = s ? json_string(s) : NULL;

	return j ? j : json_null();
}

static json_t *side(const struct m_accelerator *x)
{
	if (!x)
		return json_null();
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "vendor", text(x->vendor),
		"model", text(x->model), "uuid", text(x->uuid), "pci",
		text(x->pci), "driver", text(x->driver), "driver_version",
		text(x->driver_version));
}

json_t *gpu_json(const struct gpu_plan *g)
{
	json_t *pairs = json_array(), *nodes = json_array();
	json_t *libraries = json_array();

	for (size_t i = 0; i < g->count; i++)
		json_array_append_new(pairs,
			json_pack("{s:o,s:o,s:s}", "recorded",
				side(g->wants[i].recorded), "here",
				side(g->wants[i].here), "match",
				matches[g->wants[i].here ? g->wants[i].match
							 : MATCH_NONE]));
	for (size_t i = 0; i < g->device_count; i++)
		json_array_append_new(nodes, text(g->devices[i].target));
	for (size_t i = 0; i < g->bind_count; i++)
		json_array_append_new(libraries, text(g->binds[i].target));
	return json_pack("{s:s,s:b,s:o,s:o,s:o}", "option", options[g->option],
		"faithful", g->faithful, "gpus", pairs, "nodes", nodes,
		"driver_libraries", libraries);
}
