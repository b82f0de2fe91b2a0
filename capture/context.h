/* SPDX-License-Identifier: Apache-2.0 */
/* One capture: what its files share. */
#pragma once

#include "base/map.h"
#include "capture/calls.h"
#include "capture/capture.h"
#include "capture/record.h"
#include "capture/resolve.h"
#include "store/runs.h"

struct store;
struct store_batch;
struct watch;
struct watch_caller;
struct watch_end;

/*
 * seen.c: accesses that were recorded and would add nothing when they come
 * again. Most calls of a training are such: imports look at the same
 * directories over and over.
 */
struct seen {
	struct map keys;
	struct arena *arena;
};
void seen_init(struct seen *s);
void seen_release(struct seen *s);
/* The key of a touch that may be remembered, from the scratch; else NULL. */
const char *seen_key(const struct touch *t, struct arena *scratch);
bool seen_has(const struct seen *s, const char *key);
void seen_add(struct seen *s, const char *key);
/* A name appeared, went or moved: what paths mean may be different now. */
void seen_forget(struct seen *s);

struct capture {
	const struct capture_options *opt;
	struct store *store;
	struct run_dir run;
	struct record rec;
	struct resolver *resolver;
	struct seen seen;
	struct watch *watch;             /* NULL while a run is frozen */
	struct store_batch *batch;       /* while the run is finished */
	uint64_t new_bytes, known_bytes; /* of what was stored */
	int64_t deadline; /* microseconds since the epoch; 0: none */
	bool (*out_of_time)(void *cap); /* NULL: never */
	struct map command_env;         /* NAME=VALUE of the command itself */
	const char *home;
	mode_t umask; /* the command's */
	const struct watch_caller *caller;
	struct manifest *manifest;
	struct arena *arena;
};

/* handle.c: the watch's handler. */
void capture_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out);

/* touch.c: with the record locked. */
void touch_apply(struct capture *cap, pid_t tid, const struct touch *t,
	struct arena *scratch);
void touch_rename(struct capture *cap, pid_t tid, const struct touch *from,
	const struct touch *to, struct arena *scratch);
/* A place that is known, with the bits of a plain access. */
struct touched *touch_place(
	struct capture *cap, const struct place *p, unsigned bits);

/* preserve.c: the first content of `t`, now at `access`, into the store. The
 * record's lock is given up while a file is copied. */
void preserve(struct capture *cap, struct touched *t, const char *access);

/* process.c */
uint32_t process_of(struct capture *cap, pid_t tid);
void process_exec(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch);
void process_exit(struct capture *cap, pid_t tid, int code);
/* How a process ended, from wait(2). */
void process_ended(struct capture *cap, pid_t pid, int status);
/* The #! chain and the ELF interpreter of a file about to run. */
void process_program(struct capture *cap, pid_t tid, const struct place *p,
	struct arena *scratch);

/* inherit.c: what the command has before it runs; with the lock held. */
void inherit_all(struct capture *cap, pid_t command);

/* network.c */
void network_address(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch);

/* finish.c */
enum finished { FINISH_FAILED = -1, FINISH_PUBLISHED, FINISH_PENDING };
enum finished finish_run(struct capture *cap, struct err *e);
