// SPDX-License-Identifier: Apache-2.0
/*
 * /sys/class/kfd: what AMD's compute driver knows beyond the graphics driver
 * (drivers/gpu/drm/amd/amdkfd/kfd_topology.c of the kernel). Its nodes belong
 * to GPUs by their DRM render node; nodes that are processors have none.
 */
#include "base/arena.h"
#include "base/strbuf.h"
#include "host/accelerators.h"
#include "host/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES "/sys/class/kfd/kfd/topology/nodes"

static unsigned long long number(
	struct arena *a, const char *text, const char *key)
{
	char *v = host_value(a, text, key);

	return v ? strtoull(v, NULL, 10) : 0;
}

/* 90010 is gfx90a: two decimal digits each for minor and stepping, which the
 * name has as one hexadecimal digit. */
static char *gfx_name(struct arena *a, unsigned long long version)
{
	return version ? arena_printf(a, "gfx%llu%llx%llx", version / 10000,
				 version / 100 % 100, version % 100)
		       : NULL;
}

static struct m_accelerator *with_node(struct m_hardware *h, const char *node)
{
	for (size_t i = 0; i < h->accelerators.count; i++) {
		struct m_accelerator *x = &h->accelerators.items[i];

		if (strlist_has(&x->device_nodes, node))
			return x;
	}
	return NULL;
}

/* Banks of the GPU's own memory are of type 1 or 2 (HSA frame buffer). */
static int64_t memory_of(struct arena *a, const char *root, const char *node)
{
	char *dir = arena_printf(a, NODES "/%s/mem_banks", node);
	struct strlist banks = {0};
	int64_t sum = 0;

	host_names(a, root, dir, &banks);
	for (size_t i = 0; i < banks.count; i++) {
		autostrbuf text = STRBUF_INIT;
		unsigned long long type, size;

		if (host_slurp(root,
			    arena_printf(
				    a, "%s/%s/properties", dir, banks.items[i]),
			    &text) < 0)
			continue;
		type = number(a, text.s, "heap_type");
		size = number(a, text.s, "size_in_bytes");
		if ((type == 1 || type == 2) && size < 1ull << 50)
			sum += (int64_t)size;
	}
	return sum ? sum : ABSENT;
}

static void read_node(struct m_hardware *h, struct arena *a, const char *root,
	const char *node)
{
	autostrbuf text = STRBUF_INIT;
	struct m_accelerator *x;
	unsigned long long minor, per_unit, id;

	if (host_slurp(root, arena_printf(a, NODES "/%s/properties", node),
		    &text) < 0)
		return;
	minor = number(a, text.s, "drm_render_minor");
	if (!minor)
		return;
	x = with_node(h, arena_printf(a, "/dev/dri/renderD%llu", minor));
	if (!x)
		return; /* a container sees the class of all, not their nodes */
	x->architecture = gfx_name(a, number(a, text.s, "gfx_target_version"));
	per_unit = number(a, text.s, "simd_per_cu");
	if (per_unit)
		x->compute_units =
			(int64_t)(number(a, text.s, "simd_count") / per_unit);
	id = number(a, text.s, "unique_id");
	if (!x->uuid && id)
		x->uuid = arena_printf(a, "GPU-%016llx", id);
	if (!x->model)
		x->model = host_line(
			a, root, arena_printf(a, NODES "/%s/name", node));
	if (x->memory_bytes == ABSENT)
		x->memory_bytes = memory_of(a, root, node);
}

void kfd_read(struct m_hardware *h, struct arena *a, const char *root)
{
	struct strlist nodes = {0};

	host_names(a, root, NODES, &nodes);
	for (size_t i = 0; i < nodes.count; i++)
		read_node(h, a, root, nodes.items[i]);
}
