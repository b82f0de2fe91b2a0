// SPDX-License-Identifier: Apache-2.0
/* What this host has of GPUs, and of all that belongs to them. */
#include "replay/gpu.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "host/accelerators.h"
#include "host/files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DRIVER "/proc/driver/nvidia"

const struct gpu_node *gpu_host_node(const struct gpu_host *h, const char *path)
{
	for (size_t i = 0; i < h->node_count; i++)
		if (!strcmp(h->nodes[i].path, path))
			return &h->nodes[i];
	return NULL;
}

static bool look(struct gpu_node *n, struct arena *a, const char *root)
{
	const char *path = arena_printf(a, "%s%s", root, n->source);
	struct stat st;

	/* A link would let another node be taken than the one looked at. */
	if (lstat(path, &st) < 0 ||
		(!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
		return false;
	n->exists = true;
	n->is_block = S_ISBLK(st.st_mode);
	n->opens = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
	n->reads = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
	n->major = major(st.st_rdev);
	n->minor = minor(st.st_rdev);
	n->mode = st.st_mode & 07777;
	n->gid = st.st_gid;
	return true;
}

/* A driver in a container of its own has its nodes elsewhere; a specification
 * says where. */
static void look_for(struct gpu_host *h, struct arena *a, const char *root,
	const char *path, const char *source)
{
	struct gpu_node n = {.path = path, .source = source};

	for (size_t i = 0; i < h->node_count; i++) {
		struct gpu_node *known = &h->nodes[i];

		if (strcmp(known->path, path) != 0)
			continue;
		if (!known->exists && look(&n, a, root))
			*known = n;
		return;
	}
	look(&n, a, root);
	*ARENA_PUSH(a, h->nodes, h->node_count) = n;
}

static void look_for_edits(struct gpu_host *h, struct arena *a,
	const char *root, const struct cdi_edits *d)
{
	for (size_t i = 0; i < d->nodes.count; i++)
		look_for(h, a, root, d->nodes.items[i].path,
			d->nodes.items[i].source);
	for (size_t i = 0; i < d->mounts.count; i++)
		nvidia_driver_offer(
			&h->driver, a, root, d->mounts.items[i].source);
}

static void look_for_nodes(struct gpu_host *h, struct arena *a,
	const char *root, const struct manifest *m)
{
	static const char *const always[] = {"/dev/nvidiactl",
		"/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/kfd"};
	const struct m_hardware *hw = &h->hardware;

	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		look_for(h, a, root, always[i], always[i]);
	for (size_t i = 0; i < hw->accelerators.count; i++) {
		const struct m_accelerator *x = &hw->accelerators.items[i];

		for (size_t k = 0; k < x->device_nodes.count; k++)
			look_for(h, a, root, x->device_nodes.items[k],
				x->device_nodes.items[k]);
		for (size_t k = 0; k < x->mig.count; k++)
			if (x->mig.items[k].device_node)
				look_for(h, a, root, x->mig.items[k].device_node,
					x->mig.items[k].device_node);
	}
	for (size_t i = 0; i < m->devices.count; i++)
		if (gpu_is_node(&m->devices.items[i]))
			look_for(h, a, root, m->devices.items[i].path,
				m->devices.items[i].path);
	for (size_t i = 0; i < h->cdi.devices.count; i++) {
		look_for_edits(h, a, root, &h->cdi.devices.items[i].edits);
		look_for_edits(h, a, root, h->cdi.devices.items[i].common);
	}
}

static bool opened_any(const struct manifest *m)
{
	for (size_t i = 0; i < m->devices.count; i++)
		if (gpu_is_node(&m->devices.items[i]))
			return true;
	return false;
}

void gpu_host_look(struct gpu_host *h, struct arena *a, const char *root,
	const struct manifest *m)
{
	autostrbuf params = STRBUF_INIT;

	accelerators_read(&h->hardware, a, root);
	nvidia_driver_read(&h->driver, a, root);
	cdi_read(&h->cdi, a, root);
	if (host_slurp(root, DRIVER "/params", &params) == 0)
		h->params = arena_strdup(a, params.s);
	look_for_nodes(h, a, root, m);
}

void gpu_host_read(struct gpu_host *h, struct arena *a, const char *root,
	const struct manifest *m, bool ranges)
{
	*h = (struct gpu_host){.ranges = ranges};
	/* Other GPUs than the run's are hidden whether it used one or not. */
	host_names(a, root, "/proc/driver", &h->proc_driver);
	host_names(a, root, DRIVER, &h->proc_nvidia);
	if (opened_any(m))
		gpu_host_look(h, a, root, m);
}
