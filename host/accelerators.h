/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPUs and the like, as the kernel drivers show them below `root` ("" for this
 * machine): NVIDIA's in /proc/driver/nvidia, those of AMD and Intel in
 * /sys/class/drm, what AMD's compute driver adds in /sys/class/kfd. Nothing is
 * opened in /dev and no driver library is called: looking must not wake a GPU.
 * Where there is none this costs three failing opens.
 */
#pragma once

#include "manifests/model.h"

struct arena;

/* Adds to h->accelerators, sorted by PCI address. */
void accelerators_read(struct m_hardware *h, struct arena *a, const char *root);

/* Is this where a GPU or the like has its device nodes? */
bool accelerator_has_node(const char *path);

/* Is the path one of its nodes, or of a part of it (MIG)? */
bool accelerator_is_node(const struct m_accelerator *x, const char *path);

/*
 * Set `used` of those one of whose nodes (their own, or one of a part of
 * theirs) is among the devices that the run opened.
 */
void accelerators_mark_used(
	struct m_hardware *h, const struct m_device *devices, size_t count);

/* One reader for each place; each finds what the one before it has added.
 * Private to host/. */
struct m_accelerator *accelerator_at(
	struct m_hardware *h, struct arena *a, const char *pci);
void nvidia_read(struct m_hardware *h, struct arena *a, const char *root);
void drm_read(struct m_hardware *h, struct arena *a, const char *root);
void kfd_read(struct m_hardware *h, struct arena *a, const char *root);
