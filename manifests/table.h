/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.yaml: one flow mapping per line per path, byte-sorted by path, written
 * and read as a stream, so that a table of millions of rows needs the memory
 * of one. Also the format of a tree's table.
 *
 * A row describes the path as the run first found it, which is what a replay
 * must rebuild. A path that was absent at first (access has 'n') and was
 * created by the run (access has 'w') carries what the run left there, or no
 * digest and kind "absent" when nothing was left.
 *
 * In the table of a tree, paths begin with "/" at the root of the tree, so the
 * same data has the same table wherever it lies. No rows at all are "[]".
 */
#pragma once

#include "base/digest.h"
#include "manifests/model.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;

/* Letters of `access`, in the order in which they are written. */
enum access_bit {
	ACCESS_R = 1 << 0, /* r read */
	ACCESS_X = 1 << 1, /* x mapped executable, or executed */
	ACCESS_W = 1 << 2, /* w created or written */
	ACCESS_M = 1 << 3, /* m read, then modified by the run */
	ACCESS_D = 1 << 4, /* d directory listed */
	ACCESS_L = 1 << 5, /* l symbolic link followed */
	ACCESS_S = 1 << 6, /* s looked at only */
	ACCESS_N = 1 << 7, /* n looked for and absent */
};

enum file_kind {
	KIND_FILE,
	KIND_DIRECTORY,
	KIND_SYMLINK,
	KIND_FIFO,
	KIND_SOCKET,
	KIND_CHAR,
	KIND_BLOCK,
	KIND_ABSENT,
	KIND_TREE, /* a root of data: digest names its table */
};

struct file_row {
	char *path; /* absolute, no ".." */
	unsigned access;
	enum file_kind kind;
	uint32_t mode; /* permission bits, 07777; not written when absent */
	int64_t uid, gid;
	int64_t size;
	int64_t mtime_s; /* as in struct timespec: -2 and 500000000 is -1.5 */
	uint32_t mtime_ns;
	bool has_digest;
	struct digest digest;
	char *target;           /* symbolic link */
	char *xattrs;           /* extended attributes: see attributes.h */
	int64_t major, minor;   /* devices */
	int64_t entries;        /* trees: rows of the table */
	struct strlist listing; /* 'd': entries in the order of getdents64 */
	/*
	 * Names rows that were hard links of one file: the path of the first
	 * one in byte order, on all others.
	 */
	char *link;
	/* The content is not in the store: by reference, secret, or a gap. */
	bool not_stored;
	char *package; /* "p2", or NULL */
};

/* All integers ABSENT, everything else zero. */
void file_row_init(struct file_row *r);

const char *file_kind_name(enum file_kind k);
/* "rx", into a buffer of 9 bytes. */
void access_text(unsigned access, char out[9]);

struct table_writer;
struct table_reader;

/*
 * Writes to `fd` (buffered; not closed) and hashes what it writes. Rows must
 * come in strictly increasing byte order of path: an error otherwise.
 */
struct table_writer *table_writer_new(int fd);
int table_write(struct table_writer *w, const struct file_row *r, struct err *e);
/* Flush; gives the digest and number of rows (either may be NULL); frees w. */
int table_writer_finish(struct table_writer *w, struct digest *digest,
	int64_t *rows, struct err *e);
void table_writer_free(struct table_writer *w);

/* Reads from `fd` (not closed); `name` is used in messages with line:column. */
struct table_reader *table_reader_new(int fd, const char *name);
/*
 * The next row: 1, at the end 0, damaged -1. The row's memory is valid until
 * the next call. Refuses: paths that are relative, hold empty, "." or ".."
 * components, or are out of order or twice; unknown keys or kinds; numbers out
 * of range.
 */
int table_next(struct table_reader *t, struct file_row *r, struct err *e);
void table_reader_free(struct table_reader *t);
