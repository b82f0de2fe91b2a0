/* SPDX-License-Identifier: Apache-2.0 */
/* All that a manifest says of a machine. */
#pragma once

#include "manifests/model.h"

struct arena;

/*
 * `h` has been initialised. With `root` "" the processors that this process
 * may use and the CPUID table are read, too: no file has them. Under 1 ms on a
 * machine of today, most of it the CPUID instruction in a virtual machine.
 */
void hardware_read(struct m_hardware *h, struct arena *a, const char *root);
