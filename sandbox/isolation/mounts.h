/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounting by descriptor only: every target is opened under the new root
 * without leaving it, and used by descriptor, so that no symbolic link in a
 * recorded tree can lead a mount elsewhere (CVE-2021-30465, CVE-2025-31133).
 * Kernel 5.12 (mount_setattr).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct err;
struct setup;

struct mount_option {
	const char *key;
	const char *value; /* NULL: a flag */
};

/*
 * A new, detached mount of `type` with MOUNT_ATTR_* attributes; `options` end
 * with a NULL key, or is NULL. -1 with e and errno.
 */
int mount_new(const char *type, const struct mount_option *options,
	unsigned attrs, struct err *e);

/* A detached copy of the mount at `path` and of all below it. */
int mount_clone(int dirfd, const char *path, struct err *e);

/* Add MOUNT_ATTR_* attributes to the mount and all below it, or to it alone. */
int mount_restrict(int mount, uint64_t attrs, bool below, struct err *e);

/* Put a detached mount over an O_PATH descriptor. `name` is for the error. */
int mount_attach(int mount, int target, const char *name, struct err *e);

/*
 * O_PATH descriptor of `path` below `root`; symbolic links are followed inside
 * it. -1 with errno when it is absent.
 */
int mount_target(int root, const char *path);
/* The same with no link on the way. */
int mount_place(int root, const char *path);
/* The same for /dev, /proc and /sys: a directory, and no link on the way. */
int mount_point(int root, const char *path, struct err *e);
