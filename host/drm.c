// SPDX-License-Identifier: Apache-2.0
/*
 * /sys/class/drm: every GPU with a driver of the kernel's own, and the DRM
 * nodes of NVIDIA's. amdgpu's files are those of the kernel's documentation
 * (gpu/amdgpu/driver-misc).
 */
#include "base/arena.h"
#include "base/strbuf.h"
#include "host/accelerators.h"
#include "host/files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRM "/sys/class/drm"

/* PCI vendors of accelerators; a server's display chip is none. */
static const struct {
	const char *id, *name;
} vendors[] = {
	{"0x1002", "amd"},
	{"0x10de", "nvidia"},
	{"0x8086", "intel"},
};

/* "KEY=value" of a uevent file. */
static char *uevent_value(struct arena *a, const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = text; p && *p; p = strchr(p, '\n'), p += !!p)
		if (strncmp(p, key, n) == 0 && p[n] == '=')
			return arena_memdup(
				a, p + n + 1, strcspn(p + n + 1, "\n"));
	return NULL;
}

/* "0x1002" without its prefix, four digits long. */
static const char *pci_digits(const char *id)
{
	return id && strlen(id) == 6 && !strncmp(id, "0x", 2) ? id + 2 : NULL;
}

/* ROCm's tools write it like this. */
static char *amd_uuid(struct arena *a, const char *unique_id)
{
	return unique_id ? arena_printf(a, "GPU-%s", unique_id) : NULL;
}

static void add_nodes(struct m_accelerator *x, struct arena *a,
	const char *root, const char *device)
{
	struct strlist names = {0};

	host_names(a, root, arena_printf(a, "%s/drm", device), &names);
	for (size_t i = 0; i < names.count; i++)
		if (!strncmp(names.items[i], "card", 4) ||
			!strncmp(names.items[i], "renderD", 7))
			*ARENA_PUSH(a, x->device_nodes.items,
				x->device_nodes.count) =
				arena_printf(a, "/dev/dri/%s", names.items[i]);
}

static char *device_line(
	struct arena *a, const char *root, const char *device, const char *name)
{
	return host_line(a, root, arena_printf(a, "%s/%s", device, name));
}

static void read_card(struct m_hardware *h, struct arena *a, const char *root,
	const char *device, const char *vendor, const char *vendor_id)
{
	autostrbuf uevent = STRBUF_INIT;
	struct m_accelerator *x;
	const char *id;
	char *pci;

	if (host_slurp(root, arena_printf(a, "%s/uevent", device), &uevent) < 0)
		return;
	pci = uevent_value(a, uevent.s, "PCI_SLOT_NAME");
	x = accelerator_at(h, a, pci);
	x->vendor = (char *)vendor;
	id = pci_digits(device_line(a, root, device, "device"));
	if (id)
		x->pci_id = arena_printf(a, "%s:%s", vendor_id + 2, id);
	add_nodes(x, a, root, device);
	if (x->driver) /* NVIDIA's own: it has said all about itself */
		return;
	x->driver = uevent_value(a, uevent.s, "DRIVER");
	if (x->driver && strchr(x->driver, '/'))
		x->driver = NULL;
	if (x->driver)
		x->driver_version = host_line(a, root,
			arena_printf(a, "/sys/module/%s/version", x->driver));
	x->model = device_line(a, root, device, "product_name");
	if (!x->model)
		x->model = device_line(a, root, device, "label");
	x->vbios = device_line(a, root, device, "vbios_version");
	x->uuid = amd_uuid(a, device_line(a, root, device, "unique_id"));
	x->memory_bytes = host_number(
		root, arena_printf(a, "%s/mem_info_vram_total", device));
}

void drm_read(struct m_hardware *h, struct arena *a, const char *root)
{
	struct strlist names = {0};

	host_names(a, root, DRM, &names);
	for (size_t i = 0; i < names.count; i++) {
		const char *n = names.items[i];
		char *device, *id;

		/* "card0", but not "card0-HDMI-A-1", which is a connector. */
		if (strncmp(n, "card", 4) != 0 || !n[4] ||
			n[4 + strspn(n + 4, "0123456789")])
			continue;
		device = arena_printf(a, DRM "/%s/device", n);
		id = device_line(a, root, device, "vendor");
		for (size_t k = 0; id && k < sizeof(vendors) / sizeof(*vendors);
			k++)
			if (!strcmp(vendors[k].id, id))
				read_card(h, a, root, device, vendors[k].name,
					id);
	}
}
