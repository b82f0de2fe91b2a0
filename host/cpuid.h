/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the CPUID instruction gives on this processor: all leaves and subleaves
 * that Intel (SDM volume 2A, CPUID) and AMD (APM volume 3, appendix E) define
 * and this processor has, and those of a hypervisor. In a virtual machine each
 * costs an exit, 1 to 40 us, so no leaf is asked for that can only be zero.
 * Nothing on other architectures.
 */
#pragma once

#include "manifests/model.h"

struct arena;

/*
 * Adds to cpu->cpuid what is not all zero, as every leaf that the processor
 * does not have is. The APIC id of the processor that happens to run this is
 * written as 0 wherever a leaf has it, so that two reads give the same table.
 */
void cpuid_read(struct m_cpu *cpu, struct arena *a);
