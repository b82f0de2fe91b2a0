/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a machine, from /proc/meminfo below `root` ("" for this one). */
#pragma once

#include "manifests/model.h"

/* Absent stays ABSENT when it cannot be read. */
void memory_read(struct m_memory *m, const char *root);
