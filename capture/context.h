/* SPDX-License-Identifier: Apache-2.0 */
/* One capture: what its files share. */
#pragma once

#include "base/map.h"
#include "capture/calls.h"
#include "capture/capture.h"
#include "capture/log.h"
#include "capture/packages.h"
#include "capture/record.h"
#include "capture/resolve.h"
#include "store/runs.h"

struct store;
struct store_batch;
struct watch;
struct watch_caller;
struct watch_end;

/* The kernel follows this many #! lines (exec_binprm); the last one may name a
 * program with an ELF interpreter. */
#define SCRIPTS_MAX 5

/* A file that can be executed, and what of the way is ELF: itself or what runs
 * it, and the ELF interpreter. */
struct program {
	struct place place;
	struct program_part {
		struct touched *t;
		unsigned how; /* LOAD_* */
	} parts[SCRIPTS_MAX + 2];
	size_t count;
};

/*
 * seen.c: accesses that were recorded and would add nothing when they come
 * again. Most calls of a training are such: imports look at the same
 * directories over and over.
 */
struct seen {
	struct map keys;
	struct map programs;  /* -> struct program */
	struct map libraries; /* -> struct touched */
	struct arena *arena;
};
void seen_init(struct seen *s);
void seen_release(struct seen *s);
/* Would this access add nothing when it comes again? */
bool seen_may(const struct touch *t);
/* Its key, from the scratch; NULL when its directory has no name. */
const char *seen_key(const struct touch *t, pid_t tid, struct arena *scratch);
bool seen_has(const struct seen *s, const char *key);
void seen_add(struct seen *s, const char *key);
/* A program that has run before, and lies there unchanged: into *p. */
bool seen_program(const struct seen *s, const char *key, struct program *p);
void seen_add_program(struct seen *s, const char *key, const struct program *p);
/* A file that was mapped before, and that the run does not write to. */
struct touched *seen_library(const struct seen *s, const char *key);
void seen_add_library(struct seen *s, const char *key, struct touched *t);
/* A name appeared, went or moved: what paths mean may be different now. */
void seen_forget(struct seen *s);

/* process.c: whose call was looked at last. */
struct owner {
	pid_t tid;
	int64_t until; /* monotonic nanoseconds */
	struct process *process;
};

struct capture {
	const struct capture_options *opt;
	struct store *store;
	struct run_dir run;
	struct record rec;
	struct resolver *resolver;
	struct seen seen;
	struct logs logs;
	struct ahead *ahead;       /* NULL: everything is done at the end */
	struct watch *watch;       /* NULL while a run is frozen */
	struct store_batch *batch; /* while the run is finished */
	uint64_t new_bytes, known_bytes; /* of what was stored */
	struct packages_added packages;
	int64_t deadline; /* microseconds since the epoch; 0: none */
	bool (*out_of_time)(void *cap); /* NULL: never */
	struct map command_env;         /* NAME=VALUE of the command itself */
	struct owner last_owner;
	struct map met; /* pid_t -> what process_met() found */
	pid_t last_met;
	const char *home;
	mode_t umask; /* the command's */
	const struct watch_caller *caller;
	bool no_appending; /* O_APPEND does not keep old bytes from changing */
	/* The files lie in a sandbox, whose inodes are others in the next one,
	 * and which is not to be trusted: guest.h. */
	bool in_sandbox;
	struct manifest *manifest;
	struct arena *arena;
};

/* capture.c: begin the journal of the run that was made. */
int capture_begin(struct capture *cap, struct err *e);
void capture_release(struct capture *cap);

/* handle.c: the watch's handler. */
void capture_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out);

/* tracers.c: the same, after what concerns programs that watch or confine. */
void tracers_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out);

/* terminal.c: the calls, and one more when a terminal is relayed; a handler
 * for it and, after it, for the rest. */
const struct call_spec *terminal_calls(
	struct capture *cap, const struct call_spec *calls, size_t *count);
void terminal_call(
	void *arg, struct watch *w, const struct call *c, struct answer *out);

/* touch.c: with the record locked. True when the path means the same for every
 * task that has this root. */
bool touch_apply(struct capture *cap, pid_t tid, const struct touch *t,
	struct arena *scratch);
void touch_rename(struct capture *cap, pid_t tid, const struct touch *from,
	const struct touch *to, struct arena *scratch);
/* A place that is known, with the bits of a plain access. NULL: nothing that
 * is recorded. */
struct touched *touch_place(
	struct capture *cap, const struct place *p, unsigned bits);

/* What was read of this directory may soon be found there no more. */
void touch_hide(struct capture *cap, const char *directory);
/* An appending descriptor may change what was there first. */
void touch_unappend(struct capture *cap, const struct place *p);
/* All may, from now on. */
void touch_unappend_all(struct capture *cap);

/* preserve.c: the first content of `t`, now at `p`, into the store. The
 * record's lock is given up while a file is copied. */
void preserve(struct capture *cap, struct touched *t, const struct place *p);

/* process.c */
uint32_t process_of(struct capture *cap, pid_t tid);
void process_exec(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch);
void process_exit(struct capture *cap, pid_t tid, int code);
/* A task makes a call that is no execve(2): is it a process not yet known? */
void process_met(struct capture *cap, pid_t tid);
/* How a process ended, from wait(2). */
void process_ended(struct capture *cap, pid_t pid, int status);
void process_command_ended(struct capture *cap, int status);

/* program.c: the #! chain and the ELF interpreter of a file about to run, whose
 * row is `t` (NULL: none), into its parts. True when it runs by the same for
 * every task. */
bool program_touch(struct capture *cap, pid_t tid, struct program *p,
	struct touched *t, struct arena *scratch);
/* What `t`, found as `st`, is loaded as. */
unsigned program_how(
	const struct touched *t, const struct state *st, unsigned how);

/* binfmt.c: the program that the machine has for one that begins with `head`;
 * NULL: none. */
const char *binfmt_interpreter(struct capture *cap, pid_t tid,
	const struct place *p, const char *head, size_t n, struct arena *scratch);

/* inherit.c: what the command has before it runs; with the lock held. */
void inherit_all(struct capture *cap, pid_t command);

/* network.c */
void network_address(struct capture *cap, const struct call *c,
	const struct decoded *d, struct arena *scratch);

/* finish.c */
enum finished { FINISH_FAILED = -1, FINISH_PUBLISHED, FINISH_PENDING };
enum finished finish_run(struct capture *cap, struct err *e);
