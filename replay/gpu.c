// SPDX-License-Identifier: Apache-2.0
/* The part of the plan about GPUs, in order. */
#include "replay/gpu.h"

#include "base/arena.h"
#include "replay/plan.h"

#include <string.h>

/* An empty list means none to these; without nodes others find none. */
static const struct {
	const char *vendor, *name;
} switches[] = {
	{"nvidia", "CUDA_VISIBLE_DEVICES"},
	{"amd", "ROCR_VISIBLE_DEVICES"},
	{"amd", "HIP_VISIBLE_DEVICES"},
};

static bool recorded_vendor(const struct gpu_plan *g, const char *vendor)
{
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->wants[i].recorded->vendor, vendor))
			return true;
	return false;
}

const char *gpu_variable(const struct manifest *m, const char *name)
{
	const struct kvlist *v = &m->environment.variables;

	for (size_t i = 0; i < v->count; i++)
		if (v->items[i].value && !strcmp(v->items[i].key, name))
			return v->items[i].value;
	return NULL;
}

/* Of what only a specification sets little is expected: it is said when the
 * outputs differ. */
static void note_variables(struct plan *p, bool of_cdi, size_t from)
{
	for (size_t i = from; i < p->gpu.variables.count; i++) {
		const struct kv *v = &p->gpu.variables.items[i];
		const char *was = gpu_variable(p->manifest, v->key);
		const char *text =
			was ? arena_printf(p->arena, "recorded as '%s'", was)
			    : "recorded without";

		note_add(&p->notes,
			of_cdi ? "cdi-environment" : "gpu-environment", NULL,
			"%s is '%s', %s", v->key, v->value, text);
	}
}

/* GPUs of the run that no reader knows have no name but that of their node. */
static const char *used_text(struct plan *p)
{
	const struct manifest *m = p->manifest;

	if (p->gpu.count)
		return gpu_wanted_text(p->arena, &p->gpu, false);
	for (size_t i = 0; i < m->devices.count; i++)
		if (gpu_is_unknown(m, &m->devices.items[i]))
			return arena_printf(
				p->arena, "'%s'", m->devices.items[i].path);
	return NULL;
}

static void without(struct plan *p)
{
	const char *used = used_text(p);
	struct gpu_plan *g = &p->gpu;

	if (!used)
		return;
	g->faithful = false;
	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++)
		if (recorded_vendor(g, switches[i].vendor))
			*ARENA_PUSH(p->arena, g->variables.items,
				g->variables.count) = (struct kv){
				(char *)switches[i].name, (char *)""};
	note_add(&p->notes, "gpu-none", NULL,
		"recorded on %s, replayed without a GPU: not a faithful replay",
		used);
	note_variables(p, false, 0);
}

static int with_gpus(struct plan *p, const struct gpu_host *h, struct err *e)
{
	struct gpu_plan *g = &p->gpu;
	size_t own;

	gpu_visible(g, p->arena, p->manifest);
	if (gpu_select(g, p->arena, h, e) < 0 || gpu_nodes(p, h, e) < 0)
		return -1;
	gpu_rewrite(g, p->arena, p->manifest, h);
	note_variables(p, false, 0);
	own = g->variables.count;
	if (gpu_cdi(p, h, e) < 0 || gpu_driver(p, h, e) < 0)
		return -1;
	note_variables(p, true, own);
	for (size_t i = 0; i < g->count; i++)
		if (g->wants[i].here && g->wants[i].match == MATCH_OTHER)
			g->faithful = false;
	gpu_note_pairs(p);
	return 0;
}

int plan_gpus(struct plan *p, const struct gpu_host *h, enum gpus option,
	struct err *e)
{
	struct gpu_plan *g = &p->gpu;

	*g = (struct gpu_plan){.option = option, .faithful = true};
	gpu_collect(g, p->arena, p->manifest);
	if (option == GPUS_NONE)
		without(p);
	else if (with_gpus(p, h, e) < 0)
		return -1;
	gpu_proc(p, h);
	p->iso.dev_links = g->links;
	p->iso.dev_link_count = g->link_count;
	p->iso.host_groups = g->groups;
	p->iso.host_group_count = g->group_count;
	return 0;
}

void gpu_bind(struct plan *p)
{
	size_t before = p->iso.bind_count, n = p->gpu.bind_count;
	struct iso_bind *all =
		arena_array(p->arena, before + n + 1, sizeof(*all));

	if (before)
		memcpy(all, p->iso.binds, before * sizeof(*all));
	if (n)
		memcpy(all + before, p->gpu.binds, n * sizeof(*all));
	p->iso.binds = all;
	p->iso.bind_count = before + n;
}
