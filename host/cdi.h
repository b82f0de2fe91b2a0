/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Container Device Interface: what vendors say a container needs for a device
 * (github.com/cncf-tags/container-device-interface, SPEC.md, version 1.0). Of
 * an edit only device nodes, mounts, variables and groups are taken; hooks,
 * which are programs to be run as root, never are.
 */
#pragma once

#include "manifests/model.h"

struct arena;

struct cdi_node {
	char *path;   /* in the container, below /dev */
	char *source; /* on this machine */
};

struct cdi_mount {
	char *source;
	char *target;
};

struct cdi_edits {
	LIST_OF(cdi_node) nodes;
	LIST_OF(cdi_mount) mounts;
	struct strlist env; /* NAME=VALUE */
	int64_t *gids;
	size_t gid_count;
	/* Hooks whose purpose nobody here knows: without them the device may
	 * not work. */
	struct strlist unknown_hooks;
};

struct cdi_device {
	char *kind; /* "nvidia.com/gpu" */
	char *name;
	char *file;
	struct cdi_edits edits;         /* for this device */
	const struct cdi_edits *common; /* for each device of the file */
};

struct cdi {
	LIST_OF(cdi_device) devices;
	struct strlist problems; /* a sentence for each file that is not used */
};

/*
 * /etc/cdi, /run/cdi and /var/run/cdi below `root`; a device in a later one
 * stands for the same in an earlier one. A file that is no specification or
 * names a path that could lead elsewhere is not used at all.
 */
void cdi_read(struct cdi *c, struct arena *a, const char *root);
