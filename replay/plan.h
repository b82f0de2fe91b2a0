/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a replay will do, decided before anything is done: a pure function of
 * the manifest, the file table, the options and what the host offers.
 */
#pragma once

#include "base/digest.h"
#include "manifests/model.h"
#include "replay/gpu.h"
#include "replay/parts.h"
#include "replay/source.h"
#include "replay/tree.h"
#include "sandbox/isolation/isolation.h"
#include <stdbool.h>
#include <stdio.h>

struct arena;
struct cpu_view;
struct err;

/* What the user asked for. */
struct replay_options {
	char strategy;     /* 'A', 'B', or 0: whichever works here */
	char *const *argv; /* another command (NULL-terminated), or NULL */
	bool host_cpus;    /* show this host's processors and memory */
	enum gpus gpus;
	/* What the user replaces, or NULL: nothing. */
	const struct parts *parts;
};

/* A device of the manifest, on this host. */
struct host_device {
	bool exists;
	bool is_block;
	unsigned major, minor;
};

/* What the plan needs to know of this host. */
struct host_view {
	bool root_a, root_b;
	const char *root_detail; /* why neither works, with the remedy */
	bool ranges;             /* other owners can be shown */
	bool device_nodes;       /* can be made */
	cpu_set_t cpus;          /* that this process may use */
	struct strlist mounts;   /* where file systems are mounted */
	cpu_set_t online;
	int64_t memory_bytes;
	int64_t process_max; /* processes and threads, of everybody */
	struct iso_group_support group;
	int64_t boot_time; /* in seconds since 1970 */
	const char *kernel;
	const char *cpu_model;
	struct host_device *devices; /* one for each of the manifest's */
	struct gpu_host gpu;
};

/*
 * Something that the replay does not give back, or that this host does not
 * meet: `kind` is a word for programs, `detail` a sentence for a person.
 */
struct note {
	const char *kind;
	const char *path; /* or NULL */
	const char *detail;
};

struct notes {
	struct arena *arena;
	struct note *items;
	size_t count;
};

void note_add(struct notes *n, const char *kind, const char *path,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* An object that must be there, and a path that needs it. */
struct plan_object {
	struct digest digest;
	int64_t size;
	const char *path;
};

struct plan {
	struct arena *arena;
	const struct manifest *manifest;
	char strategy;
	struct tree tree;
	struct plan_object *objects; /* each once */
	size_t object_count;
	/* All but build_root; memory from the arena. */
	struct isolation iso;
	/* Of the record, or NULL: this host's are shown. */
	const struct cpu_view *cpu_view;
	struct iso_emulation emulation;
	struct gpu_plan gpu;
	/* The recorded command: its outputs can be judged. */
	bool recorded_command;
	struct replaced_list replaced;
	struct sources sources;
	bool has_places; /* plan_places() was called */
	struct notes notes;
	/* While rows come in. */
	struct map needed;
};

/*
 * In this order: init, one add for each row of the file table (for a row of
 * kind tree, then each row of its table with `base` set to its path), finish.
 * Fails with a message for a person; finish sets e->code to ENOENT when the
 * command of the options is not in the run, and EACCES when it is no program.
 */
int plan_init(struct plan *p, struct arena *a, const struct manifest *m,
	const struct replay_options *o, const struct host_view *h, struct err *e);
int plan_add(struct plan *p, const char *base, const struct file_row *r,
	struct err *e);
/* Volumes, and the working directory; finish calls it when nobody has. */
int plan_places(struct plan *p, const struct replay_options *o, struct err *e);
int plan_finish(struct plan *p, const struct replay_options *o,
	const struct host_view *h, struct err *e);
void plan_release(struct plan *p);

/* For --dry-run. */
void plan_print(const struct plan *p, FILE *out);
void plan_print_line(FILE *out, const char *label, const char *text);

/* read_only.c: the largest subtrees in which the captured user could write
 * nothing. All ids as recorded. */
void plan_read_only(struct plan *p);

/* cpu_plan.c: processors and memory. */
void plan_cpus(struct plan *p, const struct replay_options *o,
	const struct host_view *h);

/* together.c: after plan_cpus(). */
void plan_together(struct plan *p, const struct replay_options *o,
	const struct host_view *h);
void together_print(const struct plan *p, FILE *out);

/* parts_plan.c: after all that are there. */
void plan_add_volume(struct plan *p, const struct iso_volume *v);

/* command.c: argv, environment, limits, ids, stdin, devices. */
int plan_command(struct plan *p, const struct replay_options *o,
	const struct host_view *h, struct err *e);
