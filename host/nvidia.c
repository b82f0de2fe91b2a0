// SPDX-License-Identifier: Apache-2.0
/*
 * NVIDIA's driver: /proc/driver/nvidia/version, gpus/ADDRESS/information and
 * capabilities/gpuN/mig, as documented in its README ("/proc interface") and in
 * the MIG user guide ("Device Nodes and Capabilities").
 */
#include "base/arena.h"
#include "base/strbuf.h"
#include "host/accelerators.h"
#include "host/files.h"
#include "host/nvidia_driver.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER "/proc/driver/nvidia"

/*
 * "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar ..."; the
 * open module puts its words in another order. The version is the first word
 * that begins with a digit and holds a point.
 */
char *nvidia_version(struct arena *a, const char *root)
{
	char *line = host_line(a, root, DRIVER "/version");

	for (char *p = line; p && *p; p += strspn(p, " \t")) {
		size_t n = strcspn(p, " \t");

		if (isdigit((unsigned char)*p) && memchr(p, '.', n))
			return arena_memdup(a, p, n);
		p += n;
	}
	return NULL;
}

/* What an administrator may see only is "N/A" or full of question marks. */
static char *known(char *value)
{
	if (!value || !strcmp(value, "N/A") || strchr(value, '?'))
		return NULL;
	return value;
}

static void add_instance(struct m_accelerator *x, struct arena *a,
	const char *root, char *instance, const char *dir)
{
	autostrbuf text = STRBUF_INIT;
	struct m_mig *mig = ARENA_PUSH(a, x->mig.items, x->mig.count);
	char *minor = NULL;

	mig->instance = instance;
	if (host_slurp(root, arena_printf(a, "%s/access", dir), &text) == 0)
		minor = host_value(a, text.s, "DeviceFileMinor");
	if (minor && !minor[strspn(minor, "0123456789")])
		mig->device_node =
			arena_printf(a, "/dev/nvidia-caps/nvidia-cap%s", minor);
}

/* gpuN/mig/giG holds GPU instance G and its compute instances, ciC. */
static void read_mig(struct m_accelerator *x, struct arena *a, const char *root)
{
	char *dir = arena_printf(
		a, DRIVER "/capabilities/gpu%lld/mig", (long long)x->minor);
	struct strlist parts = {0};

	host_names(a, root, dir, &parts);
	for (size_t i = 0; i < parts.count; i++) {
		char *gi = arena_printf(a, "%s/%s", dir, parts.items[i]);
		struct strlist in = {0};

		if (strncmp(parts.items[i], "gi", 2) != 0)
			continue;
		add_instance(x, a, root, parts.items[i], gi);
		host_names(a, root, gi, &in);
		for (size_t k = 0; k < in.count; k++)
			if (!strncmp(in.items[k], "ci", 2))
				add_instance(x, a, root,
					arena_printf(a, "%s/%s", parts.items[i],
						in.items[k]),
					arena_printf(a, "%s/%s", gi, in.items[k]));
	}
}

/* "0x10de" without its prefix. */
static char *pci_id(struct arena *a, const char *root, const char *address,
	const char *file)
{
	char *id = host_line(a, root,
		arena_printf(a, "/sys/bus/pci/devices/%s/%s", address, file));

	return id && strlen(id) == 6 && !strncmp(id, "0x", 2) ? id + 2 : NULL;
}

static void read_gpu(struct m_hardware *h, struct arena *a, const char *root,
	const char *address, char *version)
{
	struct m_accelerator *x = accelerator_at(h, a, address);
	autostrbuf text = STRBUF_INIT;
	char *minor, *vendor = pci_id(a, root, address, "vendor"),
		     *device = pci_id(a, root, address, "device");

	x->vendor = (char *)"nvidia";
	if (vendor && device)
		x->pci_id = arena_printf(a, "%s:%s", vendor, device);
	x->driver = (char *)"nvidia";
	x->driver_version = version;
	if (host_slurp(root,
		    arena_printf(a, DRIVER "/gpus/%s/information", address),
		    &text) < 0)
		return;
	x->model = known(host_value(a, text.s, "Model"));
	x->uuid = known(host_value(a, text.s, "GPU UUID"));
	x->vbios = known(host_value(a, text.s, "Video BIOS"));
	x->firmware = known(host_value(a, text.s, "GPU Firmware"));
	minor = host_value(a, text.s, "Device Minor");
	if (!minor || sscanf(minor, "%ld", &x->minor) != 1 || x->minor < 0 ||
		x->minor > 1 << 20) {
		x->minor = ABSENT;
		return;
	}
	*ARENA_PUSH(a, x->device_nodes.items, x->device_nodes.count) =
		arena_printf(a, "/dev/nvidia%lld", (long long)x->minor);
	read_mig(x, a, root);
}

void nvidia_read(struct m_hardware *h, struct arena *a, const char *root)
{
	struct strlist gpus = {0};
	char *version;

	host_names(a, root, DRIVER "/gpus", &gpus);
	if (!gpus.count)
		return;
	version = nvidia_version(a, root);
	for (size_t i = 0; i < gpus.count; i++)
		read_gpu(h, a, root, gpus.items[i], version);
}
