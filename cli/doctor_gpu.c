// SPDX-License-Identifier: Apache-2.0
/* What `doctor` says of GPUs. */
#include "cli/doctor_gpu.h"

#include "base/arena.h"
#include "manifests/manifest.h"
#include "replay/gpu.h"

#include <string.h>

/* The two halves of NVIDIA's driver. */
static void look_at_driver(
	struct support *s, struct arena *a, const struct nvidia_driver *d)
{
	bool other = d->other_versions.count > 0;

	s->name = "gpu-driver";
	s->state = d->libraries.count ? SUPPORT_YES : SUPPORT_NO;
	s->detail =
		arena_printf(a, "%zu user libraries of NVIDIA's driver %s%s%s",
			d->libraries.count, d->version,
			other ? "; libcuda.so also of " : "",
			other ? d->other_versions.items[0] : "");
	if (s->state == SUPPORT_NO)
		s->remedy = (char *)(other ? "load the kernel module of the "
					     "version of the user libraries"
					   : "install the driver's user "
					     "libraries (libcuda1)");
}

static bool is_shut(const struct gpu_host *h, const char *path)
{
	return !gpu_node_opens(h, gpu_host_node(h, path));
}

/* Nodes that a replay of a run with GPUs would need. */
static void look_at_nodes(
	struct support *s, struct arena *a, const struct gpu_host *h)
{
	const char *shut = NULL;

	for (size_t i = 0; i < h->hardware.accelerators.count; i++) {
		const char *path =
			gpu_main_node(&h->hardware.accelerators.items[i]);

		if (path && !shut && is_shut(h, path))
			shut = path;
	}
	if (h->driver.version && !shut && is_shut(h, "/dev/nvidiactl"))
		shut = "/dev/nvidiactl";
	if (h->driver.version && !shut && is_shut(h, "/dev/nvidia-uvm"))
		shut = "/dev/nvidia-uvm";
	*s = (struct support){"gpu-nodes", SUPPORT_YES, NULL, NULL};
	if (!shut)
		return;
	s->state = SUPPORT_NO;
	if (gpu_host_node(h, shut)->exists) {
		s->detail = arena_printf(a, "'%s' may not be opened", shut);
		s->remedy = arena_printf(a,
			"add this user to the group %u of the node",
			(unsigned)gpu_host_node(h, shut)->gid);
	} else {
		s->detail = arena_printf(a, "there is no '%s'", shut);
		s->remedy = (char *)(h->driver.version
					     ? "run 'nvidia-modprobe -u -c=0' "
					       "as root"
					     : "load the GPU's kernel module");
	}
}

void doctor_gpus(struct support items[DOCTOR_GPU_ITEMS], struct arena *a)
{
	struct gpu_host h = {.ranges = host_support_ranges()};
	struct manifest none;

	memset(items, 0, DOCTOR_GPU_ITEMS * sizeof(*items));
	manifest_init(&none, a);
	gpu_host_look(&h, a, "", &none);
	items[0] = (struct support){"gpus",
		h.hardware.accelerators.count ? SUPPORT_YES : SUPPORT_NO,
		(char *)gpu_here_text(a, &h), NULL};
	if (!h.hardware.accelerators.count)
		return;
	look_at_nodes(&items[1], a, &h);
	if (h.driver.version)
		look_at_driver(&items[2], a, &h.driver);
}
