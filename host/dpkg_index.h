/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of dpkg's lists a path may be in: an index of the lines of all of them
 * by a hash, kept in a directory of caches from one run to the next. It says
 * too much at times, and what it says is looked up in the lists; it never says
 * too little. Private to host/.
 *
 * A file that is damaged, of another database, or writable by others is as if
 * it were not there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The database that it is of: the status file and the directory of the lists,
 * which has another time as soon as one is put in place. */
struct dpkg_state {
	struct dpkg_file {
		uint64_t dev, ino, size;
		int64_t mtime_ns, ctime_ns;
	} status, info;
};

struct dpkg_index;

/* NULL: there is none of exactly that. */
struct dpkg_index *dpkg_index_read(
	const char *dir, const struct dpkg_state *of, size_t packages);
void dpkg_index_free(struct dpkg_index *x);
/* Sets those of `packages` whose list may have the line. */
void dpkg_index_find(const struct dpkg_index *x, const char *line, size_t len,
	bool *packages);

/* An index that is being made; begins as zeroes. */
struct dpkg_lines {
	struct dpkg_line_hash {
		uint32_t hash;
		uint32_t package;
	} * items;
	size_t count, room;
};

void dpkg_lines_add(
	struct dpkg_lines *l, const char *line, size_t len, size_t package);
/* Puts it into the directory, which is made; failing is no harm. */
void dpkg_lines_write(const struct dpkg_lines *l, const char *dir,
	const struct dpkg_state *of, size_t packages);
void dpkg_lines_release(struct dpkg_lines *l);
