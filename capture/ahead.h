/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashing ahead: while the command runs, a process of its own hashes what the
 * run has read, and stores what belongs to the environment, so that little is
 * left to do when the command has ended.
 *
 * It must never take anything from the run. It has the idle classes of CPU and
 * disk (sched(7), ioprio_set(2)), reads only what is in the page cache already,
 * and shares no lock with the recorder: a thread that is preempted at idle
 * priority while it holds one (of malloc, of the address space) would stop the
 * command. What it has done is found by everybody in the store and in the cache
 * of digests; nobody depends on it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ahead;
struct state;
struct strlist;

struct ahead_spec {
	const char *store; /* its directory */
	const char *home;  /* for the paths of secrets; may be NULL */
	/* What is larger, or lies below one of these, is not stored. */
	uint64_t keep;
	const struct strlist *by_reference;
};

/* In the process that is to start it, before others are forked from there. NULL
 * when there is no memory for it: no harm, everything takes NULL. */
struct ahead *ahead_new(const struct ahead_spec *spec);
/* Start the process, once; it is no child of this one. */
void ahead_start(struct ahead *a);
/* In another process that will use it, and not start it. */
void ahead_share(struct ahead *a);
/* A file that the run has read, as it was then. Never waits: when there is too
 * much to do, it is forgotten. One caller at a time. */
void ahead_offer(struct ahead *a, const char *path, const struct state *st);
/*
 * No more of it, from whichever process. Returns when what it has stored is
 * durable, or when `out_of_time` says so.
 */
void ahead_stop(struct ahead *a, bool (*out_of_time)(void *), void *arg);
/* Bytes that it has put into the store, new there. */
uint64_t ahead_stored(const struct ahead *a);
void ahead_free(struct ahead *a);
