/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian packages, from dpkg's own files in /var/lib/dpkg: the status file
 * (deb822(5), dpkg(1)), the list of files of each package, their MD5 digests
 * (deb-md5sums(5)), and diversions (dpkg-divert(1)).
 *
 * Paths that go in and come out are where files lie. That differs from the
 * lists: on a system with a merged /usr, what is listed as "/bin/cat" lies at
 * "/usr/bin/cat"; what another package has diverted lies elsewhere.
 */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct dpkg;
struct problems;

struct dpkg_package {
	const char *name;
	const char *version;
	const char *architecture; /* "all" among them */
	const char *source;       /* the source package, and its version */
	const char *source_version;
	bool several; /* those of several architectures can be there at once */
};

/*
 * The installed packages of the system below `root` ("" for this one): NULL
 * when it has none of dpkg's files. What cannot be read is left out and told
 * to `problems`, which must live as long. Memory from the arena.
 */
struct dpkg *dpkg_open(
	struct arena *a, const char *root, struct problems *problems);
void dpkg_close(struct dpkg *d);

/* In the order of the status file. */
size_t dpkg_count(const struct dpkg *d);
const struct dpkg_package *dpkg_at(const struct dpkg *d, size_t i);

/*
 * The package of each of the paths (absolute, no links on the way), NULL where
 * none has it. All lists are read once, however many paths there are. Of a
 * directory, or a file that two packages share, the first one.
 */
void dpkg_owners(const struct dpkg *d, const char *const *paths, size_t count,
	const struct dpkg_package **owners);

/* Everything that the package has, directories too; added to `out`. */
void dpkg_files(const struct dpkg *d, const struct dpkg_package *p,
	struct arena *a, struct strlist *out);
/* The number of its files: of what it has, all that nothing else lies below. */
size_t dpkg_file_count(const struct dpkg *d, const struct dpkg_package *p);

/*
 * Each file of the package with the MD5 digest that it was installed with, 32
 * hexadecimal digits. Files of settings among them, links not.
 */
typedef void dpkg_digest(void *arg, const char *path, const char *md5);
void dpkg_digests(const struct dpkg *d, const struct dpkg_package *p,
	dpkg_digest *fn, void *arg);
