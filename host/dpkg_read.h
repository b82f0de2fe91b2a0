/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of dpkg's files share. Private to host/. */
#pragma once

#include "base/map.h"
#include "host/dpkg.h"
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
	int info; /* the directory of the lists */
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

/* diversions: where they send the files of others. */
void dpkg_read_diversions(struct dpkg *d, int admin);

/*
 * Where the package has the file that its list names; not ended by a NUL when
 * it is in `buf`.
 */
const char *dpkg_place(const struct dpkg *d, const struct dpkg_package *p,
	const char *path, size_t *len, char buf[MERGED_BUF]);
