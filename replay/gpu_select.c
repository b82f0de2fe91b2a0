// SPDX-License-Identifier: Apache-2.0
/*
 * A GPU of this host for each one that the run used: the very same by its
 * UUID, else one of its model, with --gpus any another one of its vendor.
 */
#include "replay/gpu.h"

#include "base/arena.h"
#include "base/err.h"
#include "host/accelerators.h"

#include <string.h>
#include <strings.h>

static bool equal(const char *a, const char *b)
{
	return a && b && !strcasecmp(a, b);
}

bool gpu_opened(const struct manifest *m, const char *path)
{
	for (size_t i = 0; i < m->devices.count; i++)
		if (!strcmp(m->devices.items[i].path, path))
			return true;
	return false;
}

void gpu_collect(struct gpu_plan *g, struct arena *a, const struct manifest *m)
{
	const struct m_hardware *hw = &m->hardware;

	for (size_t i = 0; i < hw->accelerators.count; i++) {
		const struct m_accelerator *x = &hw->accelerators.items[i];
		struct gpu_want *w;

		if (!x->used || !x->vendor)
			continue;
		w = ARENA_PUSH(a, g->wants, g->count);
		w->recorded = x;
		w->visible = true;
		for (size_t k = 0; k < x->mig.count; k++)
			if (x->mig.items[k].device_node &&
				gpu_opened(m, x->mig.items[k].device_node))
				*ARENA_PUSH(a, w->parts.items, w->parts.count) =
					x->mig.items[k].instance;
	}
}

bool gpu_uses(const struct gpu_plan *g, const char *vendor)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->wants[i].here &&
			!strcmp(g->wants[i].recorded->vendor, vendor))
			return true;
	return false;
}

bool gpu_selected(const struct gpu_plan *g, const struct m_accelerator *x)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->wants[i].here == x)
			return true;
	return false;
}

const struct m_accelerator *gpu_of_node(
	const struct m_hardware *h, const char *path)
{
	for (size_t i = 0; i < h->accelerators.count; i++) {
		const struct m_accelerator *x = &h->accelerators.items[i];

		if (accelerator_is_node(x, path))
			return x;
	}
	return NULL;
}

const char *gpu_main_node(const struct m_accelerator *x)
{
	bool nvidia = equal(x->vendor, "nvidia");

	for (size_t i = 0; i < x->device_nodes.count; i++) {
		const char *node = x->device_nodes.items[i];

		if (nvidia ? !strncmp(node, "/dev/nvidia", 11)
			   : !strncmp(node, "/dev/dri/renderD", 16))
			return node;
	}
	return NULL;
}

const struct m_mig *gpu_instance(const struct m_accelerator *x, const char *name)
{
	for (size_t i = 0; i < x->mig.count; i++)
		if (x->mig.items[i].device_node &&
			!strcmp(x->mig.items[i].instance, name))
			return &x->mig.items[i];
	return NULL;
}

/* Nodes that stand for a right are only read: MIG user guide, "Device Nodes and
 * Capabilities". */
static bool is_only_read(const struct gpu_node *n)
{
	return !strncmp(n->path, "/dev/nvidia-caps", 16);
}

bool gpu_node_is_open(const struct gpu_node *n)
{
	return is_only_read(n) ? n->mode & 0004 : (n->mode & 0006) == 0006;
}

/* With a range of ids the command is nobody's owner, and in no group of the
 * host but those that it is given: never in that of root. */
bool gpu_node_opens(const struct gpu_host *h, const struct gpu_node *n)
{
	mode_t group;

	if (!n || !n->exists)
		return false;
	if (!h->ranges)
		return is_only_read(n) ? n->reads : n->opens;
	group = is_only_read(n) ? 0040 : 0060;
	return gpu_node_is_open(n) || (n->gid && (n->mode & group) == group);
}

/* A name may be missing, or be another on another board. */
static bool same_model(
	const struct m_accelerator *a, const struct m_accelerator *b)
{
	return equal(a->model, b->model) || equal(a->pci_id, b->pci_id);
}

/* Why a GPU does not do, the nearer to doing, the higher. */
enum fit {
	FIT_VENDOR,
	FIT_MODEL,
	FIT_PARTS, /* divided otherwise */
	FIT_NODE,  /* it has no node here */
	FIT_OPEN,  /* the node may not be opened */
	FIT_GOOD,
};

/*
 * The number of an instance tells its size on one model, so the recorded
 * instances must be there by their names.
 */
static enum fit parts_fit(const struct gpu_want *w, const struct m_accelerator *x,
	const struct gpu_host *h, enum gpu_match level)
{
	size_t found = 0;

	for (size_t i = 0; i < w->parts.count; i++) {
		const struct m_mig *mig = gpu_instance(x, w->parts.items[i]);
		const struct gpu_node *n =
			mig ? gpu_host_node(h, mig->device_node) : NULL;

		found += n && n->exists;
		if (n && n->exists && !gpu_node_opens(h, n))
			return FIT_OPEN;
	}
	if (w->parts.count && found == w->parts.count)
		return FIT_GOOD;
	/* An undivided one can stand for a part, but only where any can. */
	if (!x->mig.count && (!w->parts.count || level == MATCH_OTHER))
		return FIT_GOOD;
	return FIT_PARTS;
}

static enum fit fits(const struct gpu_want *w, const struct m_accelerator *x,
	const struct gpu_host *h, enum gpu_match level)
{
	const char *path = gpu_main_node(x);
	const struct gpu_node *n = path ? gpu_host_node(h, path) : NULL;

	if (!equal(w->recorded->vendor, x->vendor))
		return FIT_VENDOR;
	if (level == MATCH_SAME
			? !equal(w->recorded->uuid, x->uuid)
			: level == MATCH_MODEL && !same_model(w->recorded, x))
		return FIT_MODEL;
	if (!n || !n->exists)
		return FIT_NODE;
	return gpu_node_opens(h, n) ? parts_fit(w, x, h, level) : FIT_OPEN;
}

/* Each level over all of them, so that nobody takes the other's own. */
static size_t match(struct gpu_plan *g, const struct gpu_host *h, bool visible)
{
	enum gpu_match last = g->option == GPUS_ANY ? MATCH_OTHER : MATCH_MODEL;
	size_t missing = 0;

	for (size_t i = 0; i < g->count; i++)
		g->wants[i].here = NULL;
	for (enum gpu_match level = MATCH_SAME; level <= last; level++)
		for (size_t i = 0; i < g->count; i++) {
			struct gpu_want *w = &g->wants[i];

			for (size_t k = 0; k < h->hardware.accelerators.count;
				k++) {
				const struct m_accelerator *x =
					&h->hardware.accelerators.items[k];

				if (w->here || (visible && !w->visible) ||
					gpu_selected(g, x) ||
					fits(w, x, h, level) != FIT_GOOD)
					continue;
				w->here = x;
				w->match = level;
			}
		}
	for (size_t i = 0; i < g->count; i++)
		missing += !g->wants[i].here && (!visible || g->wants[i].visible);
	return missing;
}

/* --- why not -------------------------------------------------------------- */

/* How near the nearest of those that are left comes to a want without one. */
static enum fit nearest(const struct gpu_plan *g, const struct gpu_host *h,
	const struct m_accelerator **which)
{
	enum gpu_match level = g->option == GPUS_ANY ? MATCH_OTHER : MATCH_MODEL;
	enum fit best = FIT_VENDOR;

	*which = NULL;
	for (size_t i = 0; i < g->count; i++)
		for (size_t k = 0; k < h->hardware.accelerators.count; k++) {
			const struct m_accelerator *x =
				&h->hardware.accelerators.items[k];
			enum fit fit = g->wants[i].here || !g->wants[i].visible
					       ? FIT_VENDOR
					       : fits(&g->wants[i], x, h, level);

			if (gpu_selected(g, x) || fit <= best)
				continue;
			best = fit;
			*which = x;
		}
	return best;
}

/* Its first node that is there and may not be opened. */
static const struct gpu_node *shut_node(
	const struct gpu_host *h, const struct m_accelerator *x)
{
	const char *main = gpu_main_node(x);
	const struct gpu_node *n = gpu_host_node(h, main ? main : "");

	if (n && n->exists && !gpu_node_opens(h, n))
		return n;
	for (size_t i = 0; i < x->mig.count; i++) {
		const char *path = x->mig.items[i].device_node;

		n = gpu_host_node(h, path ? path : "");
		if (n && n->exists && !gpu_node_opens(h, n))
			return n;
	}
	return NULL;
}

static const char *why_shut(
	struct arena *a, const struct gpu_host *h, const struct gpu_node *n)
{
	if (!n)
		return "";
	if (h->ranges)
		return arena_printf(a,
			", but '%s' is open to root only: give it a group",
			n->path);
	if (n->mode & 0060)
		return arena_printf(a,
			", but '%s' is open to group %u only: this user must "
			"be in it",
			n->path, (unsigned)n->gid);
	return arena_printf(a, ", but '%s' may not be opened", n->path);
}

static const char *reason(struct arena *a, const struct gpu_host *h,
	enum fit fit, const struct m_accelerator *x)
{
	const char *main = x ? gpu_main_node(x) : NULL;

	switch (fit) {
	case FIT_PARTS:
		return " (divided into other instances)";
	case FIT_NODE:
		return arena_printf(a, ", but there is no '%s'",
			main ? main : "node of it");
	case FIT_OPEN:
		return why_shut(a, h, shut_node(h, x));
	default:
		return "";
	}
}

/* Would any other do? */
static bool any_would_do(struct gpu_plan *g, const struct gpu_host *h)
{
	struct gpu_plan other = *g;

	other.option = GPUS_ANY;
	return match(&other, h, true) == 0;
}

static int refuse(struct gpu_plan *g, struct arena *a, const struct gpu_host *h,
	struct err *e)
{
	const struct m_accelerator *x;
	enum fit fit = nearest(g, h, &x);
	const char *why = reason(a, h, fit, x);
	const char *wanted = gpu_wanted_text(a, g, true);
	const char *here = gpu_here_text(a, h);

	if (any_would_do(g, h))
		return err_set(e,
			"the run used %s, here is %s%s: --gpus any takes the "
			"recorded number of any model, --gpus none goes "
			"without; neither is a faithful replay",
			wanted, here, why);
	return err_set(e,
		"the run used %s, here is %s%s: --gpus none goes without, "
		"which is not a faithful replay",
		wanted, here, why);
}

int gpu_select(struct gpu_plan *g, struct arena *a, const struct gpu_host *h,
	struct err *e)
{
	/* Programs open GPUs, too, that they are not let to compute on. */
	if (match(g, h, false) == 0 || match(g, h, true) == 0)
		return 0;
	return refuse(g, a, h, e);
}
