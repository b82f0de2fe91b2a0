/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processors and the memory of the recorded machine, as a program finds
 * them in /proc and /sys. All of it is made from the manifest alone, and so the
 * same on every host.
 *
 *	cpu_view.c  which processors there are, and how they belong together
 *	cpu_lines.c lines of /proc/cpuinfo that the record does not have
 *	cpu_text.c  files of /proc
 *	cpu_tree.c  directories of /sys
 *	cpu_dir.c   those as files, in memory or in the cache
 *	cpu_plan.c  which of this host's processors they are
 */
#pragma once

#include "manifests/model.h"
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct iso_fake;
struct plan;
struct host_view;
struct replay_options;

/* A processor that is online, by its number. */
struct cpu_place {
	int number;
	int package, core; /* as the kernel numbers them */
	int nth;           /* core of the package, counted from 0 */
	bool leads;        /* the first processor of its core */
};

struct cpu_view {
	/* As recorded, but for the lines of /proc/cpuinfo that are missing or
	 * do not fit the number of processors. */
	struct m_cpu cpu;
	bool lines_made; /* some of them were missing */
	struct m_memory memory;
	int64_t available; /* bytes of memory at the start */
	cpu_set_t online, possible, present;
	cpu_set_t affinity; /* at the start; never empty */
	cpu_set_t allowed;  /* what the affinity can be chosen from */
	int width;          /* one more than the highest number possible */
	struct cpu_place *places;
	size_t count; /* processors online */
	struct m_node *nodes;
	size_t node_count;
};

/* False when the manifest does not say which processors there were. */
bool cpu_view_init(struct cpu_view *v, struct arena *a, const struct manifest *m);

/* Of the processor `p`: those of its core, those of its package, those that
 * share the nth of the recorded caches with it. All are online. */
cpu_set_t cpu_view_threads(const struct cpu_view *v, const struct cpu_place *p);
cpu_set_t cpu_view_package(const struct cpu_view *v, const struct cpu_place *p);
cpu_set_t cpu_view_cache(
	const struct cpu_view *v, const struct cpu_place *p, size_t cache);

/* "0-7,16", and the kernel's bit map of `width` bits, "1ff". */
char *cpu_list_text(struct arena *a, const cpu_set_t *set);
char *cpu_mask_text(struct arena *a, const cpu_set_t *set, int width);
/* The inverse of a list; -1 when it is none, or beyond CPU_SETSIZE. */
int cpu_list_parse(const char *text, cpu_set_t *out);

/* cpu_lines.c: make those lines of /proc/cpuinfo that tell of places, and all
 * of them where none is recorded. */
void cpu_view_lines(struct cpu_view *v, struct arena *a);

/* cpu_text.c: the files of /proc; `boot_time` in seconds since 1970. */
struct iso_fake *cpu_view_files(const struct cpu_view *v, struct arena *a,
	int64_t boot_time, size_t *count);
