/* SPDX-License-Identifier: Apache-2.0 */
/* The processors of a machine, from files below `root` ("" for this one). */
#pragma once

#include "manifests/model.h"

struct arena;

/* Vendor, model, flags, ISA level, online, possible, present, topology,
 * /proc/cpuinfo and what control groups allow. What cannot be read stays absent. */
void cpu_read(struct m_cpu *cpu, struct arena *a, const char *root);
/* The processors that this process may use, and their number. */
void cpu_read_affinity(struct m_cpu *cpu, struct arena *a);
