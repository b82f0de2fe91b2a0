/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of dpkg's files share. Private to host/. */
#pragma once

#include "base/map.h"
#include "host/dpkg.h"
#include "host/dpkg_index.h"
#include "host/merged.h"

#define DPKG_ADMIN "/var/lib/dpkg"

/* Other packages' files of this path lie at `to`. */
struct diversion {
	const char *to;
	size_t len;
	const char *package; /* whose own stay; ":" is nobody's */
};

/* A file of settings, as the status file has it: "path md5". */
struct conffile {
	const char *line;
	size_t package; /* its index */
};

struct dpkg {
	struct arena *arena;
	int admin;               /* the directory of it all */
	int info;                /* that of the lists */
	struct dpkg_state state; /* before anything was read */
	struct dpkg_package *packages;
	size_t count;
	struct conffile *conffiles; /* in the order of packages */
	size_t conffile_count;
	struct merged merged;
	struct map diversions; /* by path */
	struct problems *problems;
};

/* The line at *s without its end, and on to the next; NULL at the end. */
char *dpkg_line(char **s, size_t *len);

/* As it is now; -1 when it cannot be said. */
int dpkg_state(const struct dpkg *d, struct dpkg_state *out);

/* The package's file of that kind, in `out`; -1 with errno. Of packages that
 * several architectures can have at once, its name has it. */
struct strbuf;
int dpkg_info(const struct dpkg *d, const struct dpkg_package *p,
	const char *suffix, struct strbuf *out);
/* The text of the package's list, in `out`; NULL when there is none, which is
 * told to the problems. */
char *dpkg_list(
	const struct dpkg *d, const struct dpkg_package *p, struct strbuf *out);
/* Is the line a path? "/." is the root. */
bool dpkg_is_path(const char *line, size_t len);

/*
 * dpkg_owners.c: which ends of paths are wanted, as a set that may say yes too
 * often: of the hundred thousands of lines all but a few are passed over by it.
 * A last name is the same wherever its directory lies.
 */
#define DPKG_ENDS_BITS (1u << 18)
struct dpkg_ends {
	uint64_t bits[DPKG_ENDS_BITS / 64];
};

/* Of those paths, and of all that are diverted. */
void dpkg_ends_find(struct dpkg_ends *e, const struct dpkg *d,
	const char *const *paths, size_t count);
bool dpkg_ends_has(const struct dpkg_ends *e, const char *path, size_t len);

/* diversions: where they send the files of others. */
void dpkg_read_diversions(struct dpkg *d);

/*
 * Where the package has the file that its list names; not ended by a NUL when
 * it is in `buf`.
 */
const char *dpkg_place(const struct dpkg *d, const struct dpkg_package *p,
	const char *path, size_t *len, char buf[MERGED_BUF]);
