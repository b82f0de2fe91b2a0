// SPDX-License-Identifier: Apache-2.0
/* What the CDI specifications of the selected GPUs add. */
#include "replay/gpu.h"

#include "base/arena.h"
#include "base/err.h"
#include "replay/plan.h"

#include <string.h>

/* Kinds are "VENDOR.com/gpu". */
static bool is_of_vendor(const struct cdi_device *d, const char *vendor)
{
	size_t n = strlen(vendor);

	return !strncmp(d->kind, vendor, n) && !strcmp(d->kind + n, ".com/gpu");
}

static bool is_given(const struct gpu_plan *g, const char *path)
{
	for (size_t i = 0; i < g->device_count; i++)
		if (!strcmp(g->devices[i].target, path))
			return true;
	return false;
}

/*
 * Does the device stand for selected GPUs only? It has the main node of each,
 * and of an instance its node; "all" stands for more, unless all are selected.
 */
static bool is_selected(const struct gpu_plan *g, const struct gpu_host *h,
	const struct cdi_device *d)
{
	size_t found = 0;

	for (size_t i = 0; i < d->edits.nodes.count; i++) {
		const char *path = d->edits.nodes.items[i].path;
		const struct m_accelerator *x = gpu_of_node(&h->hardware, path);
		const char *main = x ? gpu_main_node(x) : NULL;

		if (!x)
			continue;
		if (!gpu_selected(g, x) || !is_of_vendor(d, x->vendor))
			return false;
		/* Nodes for display need not have been given. */
		if (strncmp(path, "/dev/dri/", 9) != 0 && !is_given(g, path))
			return false;
		found += main && !strcmp(main, path);
	}
	return found > 0;
}

static int check_hooks(const struct cdi_device *d,
	const struct cdi_edits *edits, struct err *e)
{
	if (!edits->unknown_hooks.count)
		return 0;
	return err_set(e,
		"'%s' wants the hook '%s' for the device '%s=%s', which is not "
		"known: hooks are never run; take it out, or replay with "
		"--gpus none",
		d->file, edits->unknown_hooks.items[0], d->kind, d->name);
}

/* What the run had stays; what tells the loader where to look is the run's
 * alone. */
static void add_variable(struct plan *p, const char *text)
{
	struct gpu_plan *g = &p->gpu;
	const char *eq = strchr(text, '=');
	char *name = arena_memdup(p->arena, text, (size_t)(eq - text));

	if (gpu_variable(p->manifest, name) || !strncmp(name, "LD_", 3))
		return;
	for (size_t i = 0; i < g->variables.count; i++)
		if (!strcmp(g->variables.items[i].key, name))
			return;
	*ARENA_PUSH(p->arena, g->variables.items, g->variables.count) =
		(struct kv){name, arena_strdup(p->arena, eq + 1)};
}

static void add_groups(struct plan *p, const struct cdi_edits *edits)
{
	struct gpu_plan *g = &p->gpu;

	for (size_t i = 0; i < edits->gid_count; i++) {
		gid_t gid = (gid_t)edits->gids[i];
		size_t k = 0;

		while (k < g->group_count && g->groups[k] != gid)
			k++;
		if (k == g->group_count)
			*ARENA_PUSH(p->arena, g->groups, g->group_count) = gid;
	}
}

/* Of mounts, the driver's libraries have been found by their version; the rest
 * is not the run's. */
static int apply(struct plan *p, const struct gpu_host *h,
	const struct cdi_edits *edits, struct err *e)
{
	for (size_t i = 0; i < edits->nodes.count; i++) {
		const char *path = edits->nodes.items[i].path;

		if (!gpu_of_node(&h->hardware, path) &&
			gpu_node_opens(h, gpu_host_node(h, path)) &&
			gpu_add_node(&p->gpu, p->arena, h, path, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < edits->env.count; i++)
		add_variable(p, edits->env.items[i]);
	add_groups(p, edits);
	return 0;
}

int gpu_cdi(struct plan *p, const struct gpu_host *h, struct err *e)
{
	bool used = false;

	for (size_t i = 0; i < h->cdi.devices.count; i++) {
		const struct cdi_device *d = &h->cdi.devices.items[i];

		if (!is_selected(&p->gpu, h, d))
			continue;
		used = true;
		if (check_hooks(d, &d->edits, e) < 0 ||
			check_hooks(d, d->common, e) < 0 ||
			apply(p, h, &d->edits, e) < 0 ||
			apply(p, h, d->common, e) < 0)
			return -1;
	}
	for (size_t i = 0;
		(used || gpu_uses(&p->gpu, "nvidia") ||
			gpu_uses(&p->gpu, "amd") || gpu_uses(&p->gpu, "intel")) &&
		i < h->cdi.problems.count;
		i++)
		note_add(&p->notes, "cdi", NULL, "not used: %s",
			h->cdi.problems.items[i]);
	return 0;
}
