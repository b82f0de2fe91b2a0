/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user puts in the place of parts of a replay. Options are read, and
 * what they name on this host is looked at, before the plan is made; the plan
 * then only takes them over.
 */
#pragma once

#include "base/digest.h"
#include "manifests/model.h"
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

struct arena;
struct err;
struct json_t;
struct plan;

/* As they stand on the command line. */
struct replay_parts {
	struct kvlist inputs;   /* --input PATH=FILE */
	struct strlist env;     /* -e K=V, or K: the caller's */
	struct strlist volumes; /* -v SRC:DST[:ro] */
	struct strlist devices; /* --device PATH */
	const char *workdir;    /* -w, or NULL */
	bool host_network;
};

/* A file or directory of this host. */
struct host_path {
	const char *path; /* absolute, no links on the way */
	struct stat st;
};

struct part_input {
	const char *path; /* of the run, as it was given */
	struct host_path by;
};

struct part_volume {
	struct host_path source;
	const char *target; /* absolute, as it was given */
	bool read_only;
};

struct part_device {
	const char *path;
	struct stat st;
};

struct parts {
	struct part_input *inputs;
	size_t input_count;
	struct kvlist variables;
	struct part_volume *volumes;
	size_t volume_count;
	struct part_device *devices;
	size_t device_count;
	const char *workdir;
	bool host_network;
};

/* Fails on what is misspelled, and on what this host does not have. */
int parts_read(struct parts *out, struct arena *a,
	const struct replay_parts *options, struct err *e);

/* One part that is not as it was recorded because the user says so. */
enum part {
	PART_INPUT,
	PART_VARIABLE,
	PART_WORKDIR,
	PART_VOLUME,
	PART_DEVICE,
	PART_NETWORK,
};

struct replaced {
	enum part part;
	const char *path; /* inside; the name of a variable; NULL: network */
	const char *by;   /* path on this host, or NULL */
	bool is_new;      /* the run had nothing there */
	bool same;        /* it has the recorded content */
	bool read_only;   /* a volume */
	/* Inputs; a directory's digest is that of a table of its files. */
	bool has_digest, has_recorded;
	struct digest digest, recorded;
	int64_t files, bytes;
};

struct replaced_list {
	struct replaced *items;
	size_t count;
};

/*
 * parts_plan.c: the plan's side. `parts` may be NULL: nothing is replaced.
 *
 * Volumes are mount points of the tree, so before tree_finish(); all others
 * belong to the command.
 */
int parts_volumes(struct plan *p, const struct parts *parts, struct err *e);
/* After the recorded environment: p->iso.envp. */
void parts_variables(struct plan *p, const struct parts *parts);
/* Is it given, although its value was not recorded? */
bool parts_gives(const struct parts *parts, const char *variable);
int parts_workdir(struct plan *p, const struct parts *parts, struct err *e);
/* After the recorded devices: p->iso.devices. */
void parts_devices(struct plan *p, const struct parts *parts, bool ranges);
void parts_network(struct plan *p, const struct parts *parts);
/* Does a volume lie at this path, or above it? */
bool parts_covers(const struct plan *p, const char *path);

/* parts_result.c: what is said about them. */

/* How many make a difference: not those that have the recorded content. */
size_t parts_changed(const struct plan *p);
void parts_print(const struct plan *p, FILE *out); /* --dry-run */
void parts_announce(const struct plan *p);
struct json_t *parts_json(const struct plan *p);
/* The same of inputs that were kept by reference. */
void references_print(const struct plan *p, FILE *out);
struct json_t *references_json(const struct plan *p);
