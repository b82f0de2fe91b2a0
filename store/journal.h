/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of a run in the making: framed records in a file that is mapped
 * shared, so that what was appended survives the death of the process (not of
 * the machine) without a system call per record. What the records mean is the
 * writer's business; a torn tail is dropped by the reader.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct journal;
struct journal_reader;

/*
 * Created 0600 in `dirfd` (it must not exist) and locked by flock(2) from the
 * moment it has its name. The lock belongs to the open file description: it
 * is held until the last descriptor of it is closed, in whatever process.
 */
struct journal *journal_create(int dirfd, const char *name, struct err *e);
/*
 * That descriptor, close-on-exec, owned by the journal. A process that
 * inherits it by fork, or gets a dup or SCM_RIGHTS copy, keeps the run alive
 * in journal_is_live() even when the writer dies. It must not append.
 */
int journal_fd(const struct journal *j);
/*
 * One record: a type and up to 16 parts, joined, less than 1 GiB. Thread-safe.
 * When the disk is full it fails and the journal stays readable up to there;
 * every later call fails with the same error and changes nothing.
 */
struct journal_part {
	const void *p;
	size_t len;
};
int journal_append(struct journal *j, uint32_t type,
	const struct journal_part *parts, size_t n, struct err *e);
/* Nobody writes any more: the lock goes, whoever has the descriptor. */
void journal_unlock(struct journal *j);
/* Unmaps and closes; the lock goes unless somebody else has the descriptor. */
void journal_close(struct journal *j);

/* 1 when some process holds the lock, 0 when not, -1 trouble (ENOENT: none). */
int journal_is_live(int dirfd, const char *name, struct err *e);

/* Did its writer die before it had recorded anything? */
bool journal_is_blank(int dirfd, const char *name);

/* Also of a journal that is being written: what is complete so far. */
struct journal_reader *journal_open(int dirfd, const char *name, struct err *e);
/* 1 a record (valid until close), 0 the end or a torn tail. */
int journal_next(
	struct journal_reader *r, uint32_t *type, const void **p, size_t *len);
void journal_reader_close(struct journal_reader *r);
