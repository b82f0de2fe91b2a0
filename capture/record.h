/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record in the making: the state in which each path was first found, what
 * was preserved of it, and the run's processes, devices, peers and gaps.
 *
 * Every change goes through one of the record_* functions, which writes it to
 * the journal too; reading the journal back through the same functions gives
 * the same record. So a killed run loses nothing that was recorded.
 */
#pragma once

#include "base/digest.h"
#include "base/map.h"
#include "capture/state.h"
#include "manifests/model.h"
#include "manifests/table.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct journal;

/* With the letters of `access`: not touched by the run, but there with its
 * package, or as a directory on the way to such a file. */
#define TOUCH_WHOLE (1u << 8)

/* One path that the run touched. */
struct touched {
	uint32_t index;
	const char *path; /* where it was when the run first found it */
	const char *now;  /* where the run has moved it */
	unsigned access;
	struct state first;
	const char *target;     /* symbolic link */
	struct strlist listing; /* directory that was listed */
	/* The first content is safe: its object and size. */
	bool preserved;
	struct digest digest;
	/* Somebody is preserving it outside of the lock. */
	bool preserving;
	bool appended; /* the first bytes are still there; more follow */
	bool gone;     /* `now` was removed, replaced or emptied by the run */
	bool emptied;  /* the first content went unread */
	bool removed;  /* the last name went: the inode may be another's now */
	bool went;     /* gone, and not seen there any more */
	bool doubtful; /* gone once, and there again: the call has failed */
	bool not_stored; /* too large, or no room: by digest only, or a gap */
	uint32_t writer; /* process that wrote it last, index; 0 none */
	const char *was; /* `now` before the last move */
	struct state as; /* it, at that time */
	/* Right before it was gone; NULL when a journal is read back, or
	 * another name was emptied. */
	const struct state *last;
	/* What was at the same path before, and has been moved away since. */
	struct touched *before;
	/* The next of the same device and inode: another name of it, or what
	 * had its number before. */
	struct touched *twin;
};

struct process {
	uint32_t index; /* 1 is the command */
	uint32_t parent;
	/* Pids are used again: a process is known by when it was born, too
	 * (clock ticks since boot, proc(5)); 0 in a record that is read back. */
	pid_t tgid;
	uint64_t born;
	struct m_process m;
};

/* How a process came by a file that it can execute. */
#define LOAD_EXEC (1u << 0)   /* by execve(2), or it runs a script */
#define LOAD_INTERP (1u << 1) /* PT_INTERP of such a file */
#define LOAD_MAP (1u << 2)    /* by mmap(2) with PROT_EXEC */
/* It was not as the run first found it: what the run has made of it. */
#define LOAD_CHANGED (1u << 3)

struct loaded {
	uint32_t process; /* index, from 1 */
	uint32_t row;     /* index of the struct touched */
	uint32_t how;
};

struct record {
	struct arena *arena;
	struct journal *journal; /* NULL while a journal is read back */
	pthread_mutex_t lock;
	pthread_cond_t preserved;

	struct touched **touched;
	size_t touched_count;
	struct map by_path;  /* -> struct touched */
	struct map by_now;   /* -> struct touched that was moved there, once */
	struct map by_inode; /* struct inode_key -> its latest struct touched */

	struct process **processes;
	size_t process_count;
	struct map by_tgid; /* pid_t -> struct process: its latest exec */
	uint64_t forks;

	struct loaded *loaded; /* each once, in the order of loading */
	size_t loaded_count;
	struct map loads; /* the same, as keys */

	LIST_OF(m_device) devices;
	LIST_OF(m_network) network;
	LIST_OF(m_gap) gaps;
	struct map once; /* keys of devices, network and gaps */

	/* Directories that the run has renamed: paths below `to` were below
	 * `from` before; and the other way round when they were exchanged. */
	struct move {
		const char *from, *to;
		bool exchange;
	} * moves;
	size_t move_count;

	/* Set when the journal could not take a record. */
	bool journal_failed;
	/* How the command ended, once it has. */
	bool ended;
	struct ending {
		int status;   /* as wait(2) gives it */
		int64_t time; /* microseconds since the epoch */
		double user_s, sys_s;
		int64_t max_rss_bytes;
	} ending;
	/* What decides which contents are stored; also read back. */
	uint64_t keep;
	bool whole; /* --packages whole */
	struct strlist by_reference;
	struct strlist redact; /* patterns of secret names */
};

void record_open(struct record *r, struct journal *j);
void record_close(struct record *r);

/* Look-ups. */
struct touched *record_find(struct record *r, const char *path);
/* What the run has moved to a path. */
struct touched *record_find_moved(struct record *r, const char *path);
/* A file that was there before the run, by one of the names it has now; and
 * the next of them. */
struct touched *record_find_inode(struct record *r, const struct state *st);
struct touched *record_twin(const struct touched *t);
/* Likewise, also what is removed. */
struct touched *record_find_removed(struct record *r, const struct state *st);
struct touched *record_twin_removed(const struct touched *t, int64_t btime);

/* A path that was not touched before, or that the run makes anew after it
 * has moved away what was there. Strings are copied. */
struct touched *record_touch(struct record *r, const char *path,
	unsigned access, const struct state *st, const char *target);
/* The same for what was at a path before everything that is known there. */
struct touched *record_touch_earlier(struct record *r, const char *path,
	unsigned access, const struct state *st, const char *target);
/* What the run found at the path of `t` at first. */
struct touched *record_first(struct touched *t);
/* More letters for a path. */
void record_access(struct record *r, struct touched *t, unsigned bits);
void record_written(struct record *r, struct touched *t, uint32_t writer);
void record_appended(struct record *r, struct touched *t);
void record_listing(
	struct record *r, struct touched *t, const struct strlist *names);
void record_preserved(
	struct record *r, struct touched *t, const struct digest *d);
void record_not_stored(struct record *r, struct touched *t);
/* The run renames `t`, which is `as` (NULL: unknown); a directory takes along
 * what is below it. */
void record_moved(struct record *r, struct touched *t, const char *to,
	const struct state *as);
/* Each is at the other's place, with what is below it. */
void record_exchanged(struct record *r, struct touched *a,
	const struct state *a_as, struct touched *b, const struct state *b_as);
/* It is still where it was before its last move: that call has failed. */
void record_unmoved(struct record *r, struct touched *t);
/* `t`, which is `now` (NULL: unknown), is about to lose its name or, emptied,
 * its content. */
void record_gone(struct record *r, struct touched *t, const struct state *now,
	bool emptied);
/* It has lost nothing: that call failed, or has not run yet. */
void record_back(struct record *r, struct touched *t);
/* The path where something that is now at `path` was at first. */
const char *record_origin(struct record *r, const char *path);
/* Where directories that moved have taken what was at `path`. */
const char *record_destination(struct record *r, const char *path);

struct process *record_process(struct record *r, uint32_t parent, pid_t tgid,
	uint64_t born, const struct m_process *m);
struct process *record_find_process(struct record *r, pid_t tgid, uint64_t born);
void record_exit(struct record *r, struct process *p, int code);
void record_fork(struct record *r);
/* One that was counted has executed a program, which is counted by itself. */
void record_unfork(struct record *r);

/* Nothing happens when it is known, or the process is not. */
void record_loaded(struct record *r, uint32_t process, const struct touched *t,
	unsigned how);

void record_device(struct record *r, const struct m_device *d);
void record_network(struct record *r, const struct m_network *n);
/* Printf for the detail; each (kind, path) is kept once. */
void record_gap(struct record *r, const char *kind, const char *path,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void record_end(struct record *r, const struct ending *end);
void record_options(struct record *r, uint64_t keep, bool whole,
	const struct strlist *by_reference);
void record_redact(struct record *r, const struct strlist *patterns);

/* Read a journal back. The first record is the manifest as text, which goes
 * to `start`. 0, or -1 when the journal holds no beginning of a run. */
int record_replay(struct record *r, int dirfd, const char *name, char **start,
	struct err *e);
/* The journal's first record. */
int record_begin(
	struct record *r, const char *manifest, size_t len, struct err *e);
