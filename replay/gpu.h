/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GPUs of a replay: which of this host's stand for those that the run
 * used, and what the command sees of them. A GPU is used when the run has
 * opened a node of its own; what was only there is not asked for.
 *
 *	gpu.c          all of it in order
 *	gpu_host.c     what this host has; the rest is pure
 *	gpu_select.c   a GPU of this host for each recorded one, or why not
 *	gpu_visible.c  CUDA_VISIBLE_DEVICES and its like
 *	gpu_nodes.c    nodes of /dev, the driver's part of /proc
 *	gpu_cdi.c      what CDI specifications add
 *	gpu_driver.c   NVIDIA's user libraries
 *	gpu_text.c     both sides in words
 */
#pragma once

#include "host/cdi.h"
#include "host/nvidia_driver.h"
#include "manifests/model.h"
#include "sandbox/isolation/isolation.h"
#include <stdbool.h>

struct arena;
struct err;
struct json_t;
struct plan;

/* --gpus */
enum gpus { GPUS_RECORDED, GPUS_ANY, GPUS_NONE };

/* A device node that a replay may need, on this host. */
struct gpu_node {
	const char *path;   /* for the command */
	const char *source; /* on this host */
	bool exists, is_block;
	bool opens; /* this user may read and write it */
	bool reads;
	unsigned major, minor;
	mode_t mode;
	gid_t gid;
};

struct gpu_host {
	struct m_hardware hardware; /* its accelerators */
	struct gpu_node *nodes;
	size_t node_count;
	struct nvidia_driver driver;
	struct cdi cdi;
	struct strlist proc_driver; /* names in /proc/driver */
	struct strlist proc_nvidia; /* names in /proc/driver/nvidia */
	const char *params;         /* /proc/driver/nvidia/params, or NULL */
	bool ranges; /* a range of ids is mapped: see struct isolation */
};

/* How a GPU of this host stands for a recorded one. */
enum gpu_match {
	MATCH_NONE,
	MATCH_SAME,  /* the very same */
	MATCH_MODEL, /* one of its model */
	MATCH_OTHER, /* --gpus any */
};

/* A GPU that the run used. */
struct gpu_want {
	const struct m_accelerator *recorded;
	struct strlist parts; /* the instances of it, "gi1/ci0" (MIG) */
	bool visible;         /* the run could compute on it */
	const struct m_accelerator *here; /* NULL: none */
	enum gpu_match match;
};

struct gpu_plan {
	enum gpus option;
	struct gpu_want *wants;
	size_t count;
	/* False: a difference in the results would say nothing. */
	bool faithful;
	/* For the isolation. */
	struct iso_device *devices;
	size_t device_count;
	struct iso_link *links;
	size_t link_count;
	struct iso_bind *binds;
	size_t bind_count;
	struct iso_entry *proc;
	size_t proc_count;
	gid_t *groups;
	size_t group_count;
	struct iso_cover cover;
	struct kvlist variables; /* to be set */
};

/* What a replay of `m` must know, below `root` ("" for this machine): little
 * when the run has opened no GPU. */
void gpu_host_read(struct gpu_host *h, struct arena *a, const char *root,
	const struct manifest *m, bool ranges);
/* All of it, into what is empty. */
void gpu_host_look(struct gpu_host *h, struct arena *a, const char *root,
	const struct manifest *m);
/* NULL when the path is none of the nodes. */
const struct gpu_node *gpu_host_node(const struct gpu_host *h, const char *path);

/*
 * Fills p->gpu from the manifest, the tree (all its rows are in) and the host,
 * adds the driver's libraries to the tree, and notes what differs. -1: the
 * replay cannot have what the run had; the message names both sides and what
 * can be done.
 */
int plan_gpus(struct plan *p, const struct gpu_host *h, enum gpus option,
	struct err *e);

/* Adds the driver's libraries to what is bound, last of all. */
void gpu_bind(struct plan *p);

/* For --dry-run: the ith of those that the run used, and what stands for it. */
const char *gpu_line(struct arena *a, const struct gpu_plan *g, size_t i);
/* For the result. */
struct json_t *gpu_json(const struct gpu_plan *g);

/* --- between the files of this module ----------------------------------- */

/* wants[]: what the run used. */
void gpu_collect(struct gpu_plan *g, struct arena *a, const struct manifest *m);
/* Sets `visible` of them. */
void gpu_visible(struct gpu_plan *g, struct arena *a, const struct manifest *m);
/* Fills `here` and `match`. */
int gpu_select(struct gpu_plan *g, struct arena *a, const struct gpu_host *h,
	struct err *e);
/* g->variables where the recorded ones name GPUs that are others here. */
void gpu_rewrite(struct gpu_plan *g, struct arena *a, const struct manifest *m,
	const struct gpu_host *h);

/* Does a GPU stand for a recorded one? */
bool gpu_selected(const struct gpu_plan *g, const struct m_accelerator *x);
/* Whose node it is (its own, or one of an instance of it), or NULL. */
const struct m_accelerator *gpu_of_node(
	const struct m_hardware *h, const char *path);
/* The node that a GPU is opened by. */
const char *gpu_main_node(const struct m_accelerator *x);
const struct m_mig *gpu_instance(const struct m_accelerator *x, const char *name);
/* To everybody. */
bool gpu_node_is_open(const struct gpu_node *n);
/* Can the command open it? */
bool gpu_node_opens(const struct gpu_host *h, const struct gpu_node *n);
bool gpu_uses(const struct gpu_plan *g, const char *vendor);
/* The value that the run had, or NULL. */
const char *gpu_variable(const struct manifest *m, const char *name);
/* Of the manifest's devices. */
bool gpu_opened(const struct manifest *m, const char *path);

/* A manifest may come from anyone: what it calls a GPU's must lie where those
 * do, as such nodes are given with their group. */
bool gpu_is_node(const struct m_device *d);
/* A node of a GPU that no reader knows. */
bool gpu_is_unknown(const struct manifest *m, const struct m_device *d);
/* Gives the command a node, once. 0 when this host has none of that path. */
int gpu_add_node(struct gpu_plan *g, struct arena *a, const struct gpu_host *h,
	const char *path, struct err *e);
int gpu_nodes(struct plan *p, const struct gpu_host *h, struct err *e);
int gpu_cdi(struct plan *p, const struct gpu_host *h, struct err *e);
void gpu_proc(struct plan *p, const struct gpu_host *h);
int gpu_driver(struct plan *p, const struct gpu_host *h, struct err *e);

/* "'NVIDIA A100-SXM4-80GB'", or what is known instead. */
const char *gpu_name(struct arena *a, const struct m_accelerator *x);
/* "2 x 'A', 'B'"; with `visible` only those. "no GPU" when there is none. */
const char *gpu_wanted_text(
	struct arena *a, const struct gpu_plan *g, bool visible);
const char *gpu_here_text(struct arena *a, const struct gpu_host *h);
/* What differs between the two sides of each pair. */
void gpu_note_pairs(struct plan *p);
