/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a machine below `root` ("" for this one): main memory, swap
 * space, and what control groups allow of both. */
#pragma once

#include "manifests/model.h"

/* What cannot be read is ABSENT. */
void memory_read(struct m_memory *m, const char *root);
/* What could be had of it just now, in bytes; ABSENT. */
int64_t memory_available(const char *root);
