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
 *
 * `cache` (may be NULL) is a directory, made when it is missing, for an index
 * that says next time which lists need not be read. A change of the database
 * shows in its times, since dpkg puts each list in place by a rename; a line
 * that somebody adds to a list in place may not be found.
 */
void dpkg_owners(const struct dpkg *d, const char *cache,
	const char *const *paths, size_t count,
	const struct dpkg_package **owners);

/* Everything that the package has, directories too; added to `out`. */
void dpkg_files(const struct dpkg *d, const struct dpkg_package *p,
	struct arena *a, struct strlist *out);
/* The number of its files: of what it has, all that nothing else lies below. */
size_t dpkg_file_count(const struct dpkg *d, const struct dpkg_package *p);

/*
 * The MD5 digest that each of the paths was installed with, by the records of
 * its owner, which dpkg_owners has found: 32 hexadecimal digits; NULL where
 * there is none. Files of settings have one, links have none.
 */
void dpkg_digests(const struct dpkg *d, const char *const *paths, size_t count,
	const struct dpkg_package *const *owners, const char **digests);
