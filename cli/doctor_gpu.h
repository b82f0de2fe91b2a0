/* SPDX-License-Identifier: Apache-2.0 */
/* What `doctor` says of GPUs: which there are, and what a replay lacks for
 * them. */
#pragma once

#include "sandbox/isolation/isolation.h"

struct arena;

#define DOCTOR_GPU_ITEMS 3

/* As many of them as there is to say; the rest have no name. */
void doctor_gpus(struct support items[DOCTOR_GPU_ITEMS], struct arena *a);
