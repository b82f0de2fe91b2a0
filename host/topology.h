/* SPDX-License-Identifier: Apache-2.0 */
/* How the processors of a machine belong together, below `root`. */
#pragma once

#include "manifests/model.h"

struct arena;

/*
 * `cpuinfo` is the text of /proc/cpuinfo, or NULL. Where it does not tell
 * packages and cores (all but x86), they are taken from the first processor in
 * /sys/devices/system/cpu, as if all were like it.
 */
void topology_read(struct m_topology *t, struct arena *a, const char *root,
	const char *cpuinfo);
