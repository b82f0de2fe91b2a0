// SPDX-License-Identifier: Apache-2.0
/*
 * The device nodes that belong to the selected GPUs, and their part of NVIDIA's
 * directory in /proc. Nodes keep their names: the driver's libraries find a GPU
 * by the minor in them.
 */
#include "replay/gpu.h"

#include "base/arena.h"
#include "base/err.h"
#include "host/accelerators.h"
#include "replay/plan.h"

#include <string.h>

static void add_group(
	struct gpu_plan *g, struct arena *a, const struct gpu_node *n)
{
	if (gpu_node_is_open(n) || !n->gid)
		return;
	for (size_t i = 0; i < g->group_count; i++)
		if (g->groups[i] == n->gid)
			return;
	*ARENA_PUSH(a, g->groups, g->group_count) = n->gid;
}

int gpu_add_node(struct gpu_plan *g, struct arena *a, const struct gpu_host *h,
	const char *path, struct err *e)
{
	const struct gpu_node *n = gpu_host_node(h, path);

	if (!n || !n->exists)
		return 0;
	for (size_t i = 0; i < g->device_count; i++)
		if (!strcmp(g->devices[i].target, path))
			return 1;
	if (!gpu_node_opens(h, n))
		return err_set(e,
			"'%s' is needed for the GPU and may not be opened "
			"(mode %04o, group %u); --gpus none goes without",
			path, (unsigned)n->mode, (unsigned)n->gid);
	*ARENA_PUSH(a, g->devices, g->device_count) = (struct iso_device){
		n->source, path, n->is_block, n->major, n->minor};
	add_group(g, a, n);
	return 1;
}

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Did the run open such a node ("card", "renderD") of the recorded GPU? */
static bool opened_dri(const struct manifest *m, const struct m_accelerator *x,
	const char *kind)
{
	for (size_t i = 0; i < x->device_nodes.count; i++) {
		const char *node = x->device_nodes.items[i];

		if (starts(node, "/dev/dri/") && starts(node + 9, kind) &&
			gpu_opened(m, node))
			return true;
	}
	return false;
}

/* Level Zero finds GPUs by these links, which are udev's. */
static void add_link(struct gpu_plan *g, struct arena *a,
	const struct m_accelerator *x, const char *node)
{
	const char *kind = starts(node + 9, "card") ? "card" : "render";

	if (x->pci)
		*ARENA_PUSH(a, g->links, g->link_count) = (struct iso_link){
			arena_printf(
				a, "/dev/dri/by-path/pci-%s-%s", x->pci, kind),
			arena_printf(a, "../%s", node + strlen("/dev/dri/"))};
}

static int add_want(struct plan *p, const struct gpu_want *w,
	const struct gpu_host *h, struct err *e)
{
	const struct m_accelerator *x = w->here;
	const char *first = gpu_main_node(x);
	struct gpu_plan *g = &p->gpu;

	for (size_t i = 0; i < x->device_nodes.count; i++) {
		const char *node = x->device_nodes.items[i];
		bool dri = starts(node, "/dev/dri/");
		int r;

		if (node != first && dri &&
			!opened_dri(p->manifest, w->recorded,
				starts(node + 9, "card") ? "card" : "renderD"))
			continue;
		r = gpu_add_node(g, p->arena, h, node, e);
		if (r < 0)
			return -1;
		if (r && dri)
			add_link(g, p->arena, x, node);
	}
	for (size_t i = 0; i < w->parts.count; i++) {
		const struct m_mig *mig = gpu_instance(x, w->parts.items[i]);

		if (mig && gpu_add_node(g, p->arena, h, mig->device_node, e) < 0)
			return -1;
	}
	return 0;
}

/* Nodes that a vendor's GPUs have together. */
static const struct {
	const char *vendor, *path, *remedy;
} together[] = {
	{"nvidia", "/dev/nvidiactl", "run 'nvidia-modprobe' as root"},
	/* Made by a setuid program, which has no power in a replay. */
	{"nvidia", "/dev/nvidia-uvm", "run 'nvidia-modprobe -u -c=0' as root"},
	{"nvidia", "/dev/nvidia-uvm-tools", NULL},
	{"amd", "/dev/kfd", "load the kernel module amdgpu"},
};

static int add_together(struct plan *p, const struct gpu_host *h, struct err *e)
{
	for (size_t i = 0; i < sizeof(together) / sizeof(*together); i++) {
		const char *path = together[i].path;
		int r;

		if (!gpu_uses(&p->gpu, together[i].vendor))
			continue;
		r = gpu_add_node(&p->gpu, p->arena, h, path, e);
		if (r < 0)
			return -1;
		if (r == 0 && together[i].remedy && gpu_opened(p->manifest, path))
			return err_set(e,
				"the run opened '%s', which this host lacks: "
				"%s, or replay with --gpus none",
				path, together[i].remedy);
	}
	return 0;
}

static const char *vendor_of_together(const char *path)
{
	for (size_t i = 0; i < sizeof(together) / sizeof(*together); i++)
		if (!strcmp(together[i].path, path))
			return together[i].vendor;
	return NULL;
}

bool gpu_is_node(const struct m_device *d)
{
	return d->accelerator && accelerator_has_node(d->path);
}

bool gpu_is_unknown(const struct manifest *m, const struct m_device *d)
{
	static const char *const gpus[] = {"/dev/accel/", "/dev/dxg"};

	if (!gpu_is_node(d) || gpu_of_node(&m->hardware, d->path))
		return false;
	for (size_t i = 0; i < sizeof(gpus) / sizeof(*gpus); i++)
		if (starts(d->path, gpus[i]))
			return true;
	return starts(d->path, "/dev/nvidia") && d->path[11] >= '0' &&
	       d->path[11] <= '9';
}

/* What else the run opened: switches, display, accelerators that no reader
 * knows. Never a GPU that was not selected. */
static int add_other(struct plan *p, const struct gpu_host *h,
	const struct m_device *d, struct err *e)
{
	const struct m_accelerator *x = gpu_of_node(&h->hardware, d->path);
	const struct gpu_node *n = gpu_host_node(h, d->path);

	if ((!x || gpu_selected(&p->gpu, x)) && gpu_node_opens(h, n))
		return gpu_add_node(&p->gpu, p->arena, h, d->path, e);
	if (gpu_is_unknown(p->manifest, d))
		return err_set(e,
			"the run used '%s', which this host does not have to "
			"give: --gpus none goes without, which is not a "
			"faithful replay",
			d->path);
	note_add(&p->notes, "device", d->path,
		"this host has no such device to give");
	return 0;
}

static int add_others(struct plan *p, const struct gpu_host *h, struct err *e)
{
	const struct manifest *m = p->manifest;

	for (size_t i = 0; i < m->devices.count; i++) {
		const struct m_device *d = &m->devices.items[i];
		const char *vendor = vendor_of_together(d->path);

		if (!gpu_is_node(d) || gpu_of_node(&m->hardware, d->path))
			continue;
		if (!vendor && add_other(p, h, d, e) < 0)
			return -1;
		if (vendor && !gpu_uses(&p->gpu, vendor))
			note_add(&p->notes, "device", d->path,
				"opened by the run, which used no GPU of it: "
				"absent");
	}
	return 0;
}

int gpu_nodes(struct plan *p, const struct gpu_host *h, struct err *e)
{
	for (size_t i = 0; i < p->gpu.count; i++)
		if (p->gpu.wants[i].here &&
			add_want(p, &p->gpu.wants[i], h, e) < 0)
			return -1;
	return add_together(p, h, e) < 0 || add_others(p, h, e) < 0 ? -1 : 0;
}

/* --- /proc/driver --------------------------------------------------------- */

#define PROC "/proc/driver/"

static void add_entry(struct plan *p, const char *path)
{
	*ARENA_PUSH(p->arena, p->gpu.proc, p->gpu.proc_count) =
		(struct iso_entry){
			.path = path,
			.source = arena_printf(p->arena, PROC "%s", path),
		};
}

/* Nodes are not for the command to make: README of the driver, "How and when
 * are the NVIDIA device files created?". */
static void add_params(struct plan *p, const char *params)
{
	char *text = arena_strdup(p->arena, params);
	char *key = strstr(text, "ModifyDeviceFiles: 1");

	if (key)
		key[strlen("ModifyDeviceFiles: ")] = '0';
	*ARENA_PUSH(p->arena, p->gpu.proc, p->gpu.proc_count) =
		(struct iso_entry){
			.path = "nvidia/params",
			.content = text,
			.len = strlen(text),
		};
}

static void add_gpu_entries(struct plan *p, const struct gpu_want *w)
{
	const struct m_accelerator *x = w->here;

	add_entry(p, arena_printf(p->arena, "nvidia/gpus/%s", x->pci));
	for (size_t i = 0; i < w->parts.count; i++)
		if (gpu_instance(x, w->parts.items[i]))
			add_entry(p,
				arena_printf(p->arena,
					"nvidia/capabilities/gpu%lld/mig/%s/"
					"access",
					(long long)x->minor, w->parts.items[i]));
}

void gpu_proc(struct plan *p, const struct gpu_host *h)
{
	bool nvidia = gpu_uses(&p->gpu, "nvidia");

	if (!h->proc_nvidia.count)
		return;
	for (size_t i = 0; i < h->proc_driver.count; i++) {
		const char *name = h->proc_driver.items[i];

		if (strcmp(name, "nvidia") != 0 &&
			(nvidia || !starts(name, "nvidia")))
			add_entry(p, name);
	}
	if (nvidia) {
		if (strlist_has(&h->proc_nvidia, "version"))
			add_entry(p, "nvidia/version");
		if (strlist_has(&h->proc_nvidia, "registry"))
			add_entry(p, "nvidia/registry");
		if (h->params)
			add_params(p, h->params);
		for (size_t i = 0; i < p->gpu.count; i++) {
			const struct gpu_want *w = &p->gpu.wants[i];

			if (w->here && !strcmp(w->recorded->vendor, "nvidia"))
				add_gpu_entries(p, w);
		}
	}
	p->gpu.cover = (struct iso_cover){
		"/proc/driver", p->gpu.proc, p->gpu.proc_count};
	p->iso.covers = &p->gpu.cover;
	p->iso.cover_count = 1;
}
