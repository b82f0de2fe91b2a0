// SPDX-License-Identifier: Apache-2.0
/* All accelerators, and which of them a run used. */
#include "host/accelerators.h"
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct m_accelerator *accelerator_at(
	struct m_hardware *h, struct arena *a, const char *pci)
{
	struct m_accelerator *x;

	for (size_t i = 0; pci && i < h->accelerators.count; i++) {
		x = &h->accelerators.items[i];
		if (x->pci && !strcasecmp(x->pci, pci))
			return x;
	}
	x = ARENA_PUSH(a, h->accelerators.items, h->accelerators.count);
	x->memory_bytes = x->compute_units = x->minor = ABSENT;
	x->pci = arena_strdup(a, pci);
	return x;
}

static int by_address(const void *x, const void *y)
{
	const struct m_accelerator *a = x, *b = y;

	return strcmp(a->pci ? a->pci : "", b->pci ? b->pci : "");
}

void accelerators_read(struct m_hardware *h, struct arena *a, const char *root)
{
	nvidia_read(h, a, root);
	drm_read(h, a, root);
	kfd_read(h, a, root);
	if (h->accelerators.count)
		qsort(h->accelerators.items, h->accelerators.count,
			sizeof(*h->accelerators.items), by_address);
}

bool accelerator_has_node(const char *path)
{
	static const char *const beginnings[] = {
		"/dev/nvidia", "/dev/dri/", "/dev/accel/"};

	if (strstr(path, "/.."))
		return false;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (!strncmp(path, beginnings[i], strlen(beginnings[i])))
			return true;
	return !strcmp(path, "/dev/kfd") || !strcmp(path, "/dev/dxg");
}

bool accelerator_is_node(const struct m_accelerator *x, const char *path)
{
	if (strlist_has(&x->device_nodes, path))
		return true;
	for (size_t i = 0; i < x->mig.count; i++)
		if (x->mig.items[i].device_node &&
			!strcmp(x->mig.items[i].device_node, path))
			return true;
	return false;
}

void accelerators_mark_used(
	struct m_hardware *h, const struct m_device *devices, size_t count)
{
	for (size_t i = 0; i < h->accelerators.count; i++)
		for (size_t k = 0; k < count; k++)
			if (accelerator_is_node(
				    &h->accelerators.items[i], devices[k].path))
				h->accelerators.items[i].used = true;
}
