/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of a run in the making: framed records in a file that is mapped
 * shared, so that what was appended survives the death of the process (not of
 * the machine) without a system call per record. What the records mean is the
 * writer's business; a torn tail is dropped by the reader.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;
struct journal;
struct journal_reader;

/* Created 0600 in `dirfd` and locked (flock) until it is closed. */
struct journal *journal_create(int dirfd, const char *name, struct err *e);
/*
 * One record of a type and up to 16 parts, joined. Thread-safe. When the disk
 * is full it fails once and the journal stays usable up to there.
 */
struct journal_part {
	const void *p;
	size_t len;
};
int journal_append(struct journal *j, uint32_t type,
	const struct journal_part *parts, size_t n, struct err *e);
void journal_close(struct journal *j);

/* 1 when some process holds the lock, 0 when not, -1 trouble. */
int journal_is_live(int dirfd, const char *name, struct err *e);

struct journal_reader *journal_open(int dirfd, const char *name,
	struct err *e);
/* 1 a record (valid until close), 0 the end or a torn tail. */
int journal_next(struct journal_reader *r, uint32_t *type, const void **p,
	size_t *len);
void journal_reader_close(struct journal_reader *r);
