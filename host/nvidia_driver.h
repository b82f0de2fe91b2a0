/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two halves of NVIDIA's driver on a machine: the kernel module, and the
 * user libraries that must have the very same version ("API mismatch" in the
 * kernel log where they have not). Which files these are no list can know for
 * long; all of them end in ".so.VERSION".
 */
#pragma once

#include "manifests/model.h"

struct arena;

struct nvidia_library {
	char *path;   /* on this machine */
	char *name;   /* "libcuda.so.550.54.15" */
	char *soname; /* "libcuda.so.1" */
};

struct nvidia_driver {
	char *version; /* of the kernel module; NULL: not loaded */
	LIST_OF(nvidia_library) libraries;
	/* Versions of libcuda.so that were found, but are not the module's. */
	struct strlist other_versions;
	struct strlist searched; /* directories that exist */
};

/* "libcuda.so.550.54.15" gives "550.54.15"; NULL when it is no such name. */
const char *nvidia_suffix(const char *name);
/* The version in /proc/driver/nvidia/version, or NULL. */
char *nvidia_version(struct arena *a, const char *root);
/*
 * Libraries of this version in the directories of the loader's cache, in the
 * standard ones and in those where virtual machines, NixOS and WSL have them;
 * each name once, the first one found. Each has been seen to be a shared
 * object for this processor with a SONAME of that stem.
 */
void nvidia_driver_read(
	struct nvidia_driver *d, struct arena *a, const char *root);
/* A file that may be one more of these. */
void nvidia_driver_offer(struct nvidia_driver *d, struct arena *a,
	const char *root, const char *file);
