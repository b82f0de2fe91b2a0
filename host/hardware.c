// SPDX-License-Identifier: Apache-2.0
/* All readers of the hardware, one after the other. */
#include "host/hardware.h"
#include "host/accelerators.h"
#include "host/cpu.h"
#include "host/cpuid.h"
#include "host/memory.h"

void hardware_read(struct m_hardware *h, struct arena *a, const char *root)
{
	cpu_read(&h->cpu, a, root);
	memory_read(&h->memory, root);
	accelerators_read(h, a, root);
	if (*root)
		return;
	cpu_read_affinity(&h->cpu, a);
	cpuid_read(&h->cpu, a);
}
