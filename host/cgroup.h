/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the control groups of this process allow, version 1 and 2 (cgroups(7)),
 * below `root` ("" for this machine). A limit holds for all groups below its
 * own, so the least of those on the way up counts.
 */
#pragma once

#include "manifests/model.h"

struct arena;

/* Quota, period and processors. */
void cgroup_read_cpu(struct m_cpu_limit *l, struct arena *a, const char *root);
/* Memory and swap. */
void cgroup_read_memory(struct m_memory *m, const char *root);
