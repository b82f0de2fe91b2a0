// SPDX-License-Identifier: Apache-2.0
/* Packages, cores, memory nodes and caches. */
#include "host/topology.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "host/files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU0 "/sys/devices/system/cpu/cpu0"
#define NODES "/sys/devices/system/node"

static int by_value(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

/* Sorts; how many different ones there are. */
static int64_t distinct(uint64_t *v, size_t n)
{
	int64_t count = 0;

	if (n)
		qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		count += i == 0 || v[i] != v[i - 1];
	return count;
}

/* The number after "KEY<blanks>: " when the line has this key. */
static bool line_number(const char *line, const char *key, unsigned *out)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) != 0)
		return false;
	line += n;
	line += strspn(line, " \t");
	return *line == ':' && sscanf(line + 1, "%u", out) == 1;
}

/* One paragraph a processor; cores are numbered within their package. */
static bool from_cpuinfo(struct m_topology *t, const char *text)
{
	autoarena *a = arena_new();
	uint64_t *packages = NULL, *cores = NULL;
	size_t processors = 0, package_count = 0, core_count = 0;
	unsigned n, package = 0;

	for (const char *p = text; p && *p; p = strchr(p, '\n'), p += !!p) {
		if (line_number(p, "processor", &n)) {
			processors++;
		} else if (line_number(p, "physical id", &n)) {
			package = n;
			*ARENA_PUSH(a, packages, package_count) = n;
		} else if (line_number(p, "core id", &n)) {
			*ARENA_PUSH(a, cores, core_count) =
				(uint64_t)package << 32 | n;
		}
	}
	if (!processors || !package_count || !core_count)
		return false;
	t->sockets = distinct(packages, package_count);
	t->cores = distinct(cores, core_count);
	t->threads_per_core = ((int64_t)processors + t->cores - 1) / t->cores;
	return true;
}

/* How many processors the first one shares `what` with. */
static int64_t siblings(struct arena *a, const char *root, const char *what)
{
	return host_list_count(
		host_line(a, root, arena_printf(a, CPU0 "/topology/%s", what)));
}

static void from_sysfs(struct m_topology *t, const char *root)
{
	autoarena *a = arena_new();
	int64_t all = host_list_count(
		host_line(a, root, "/sys/devices/system/cpu/online"));
	int64_t core = siblings(a, root, "thread_siblings_list");
	int64_t package = siblings(a, root, "core_siblings_list");

	if (core > 0)
		t->threads_per_core = core;
	if (all > 0 && core > 0)
		t->cores = (all + core - 1) / core;
	if (all > 0 && package > 0)
		t->sockets = (all + package - 1) / package;
}

static void read_caches(struct m_topology *t, struct arena *a, const char *root)
{
	for (int i = 0; i < 16; i++) {
		char *dir = arena_printf(a, CPU0 "/cache/index%d", i);
		int64_t level =
			host_number(root, arena_printf(a, "%s/level", dir));
		struct m_cache *c;
		char *shared;

		if (level == ABSENT)
			return;
		c = ARENA_PUSH(a, t->caches.items, t->caches.count);
		c->level = level;
		c->type = host_line(a, root, arena_printf(a, "%s/type", dir));
		c->size_bytes =
			host_number(root, arena_printf(a, "%s/size", dir));
		c->line_bytes = host_number(
			root, arena_printf(a, "%s/coherency_line_size", dir));
		c->ways = host_number(
			root, arena_printf(a, "%s/ways_of_associativity", dir));
		shared = host_line(
			a, root, arena_printf(a, "%s/shared_cpu_list", dir));
		c->shared_by = host_list_count(shared) == ABSENT ? NULL : shared;
	}
}

/* "Node 0 MemTotal:       16384 kB" */
static int64_t node_memory(const char *root, const char *path)
{
	autostrbuf text = STRBUF_INIT;
	long long kib;

	if (host_slurp(root, path, &text) < 0 ||
		sscanf(text.s, "Node %*d MemTotal: %lld", &kib) != 1 ||
		kib < 0 || kib > INT64_MAX / 1024)
		return ABSENT;
	return kib * 1024;
}

static void read_nodes(struct m_topology *t, struct arena *a, const char *root)
{
	struct strlist names = {0};
	unsigned number;
	int end;

	host_names(a, root, NODES, &names);
	for (size_t i = 0; i < names.count; i++) {
		const char *dir = arena_printf(a, NODES "/%s", names.items[i]);
		struct m_node *n;
		char *cpus;

		if (sscanf(names.items[i], "node%5u%n", &number, &end) != 1 ||
			names.items[i][end] || number > UINT16_MAX)
			continue;
		cpus = host_line(a, root, arena_printf(a, "%s/cpulist", dir));
		n = ARENA_PUSH(a, t->nodes.items, t->nodes.count);
		n->number = number;
		n->cpus = host_list_count(cpus) == ABSENT ? NULL : cpus;
		n->memory_bytes =
			node_memory(root, arena_printf(a, "%s/meminfo", dir));
		n->distances =
			host_line(a, root, arena_printf(a, "%s/distance", dir));
	}
}

void topology_read(struct m_topology *t, struct arena *a, const char *root,
	const char *cpuinfo)
{
	int64_t nodes;

	t->sockets = t->cores = t->threads_per_core = t->numa_nodes = ABSENT;
	if (!cpuinfo || !from_cpuinfo(t, cpuinfo))
		from_sysfs(t, root);
	nodes = host_list_count(host_line(a, root, NODES "/online"));
	t->numa_nodes = nodes;
	read_caches(t, a, root);
	read_nodes(t, a, root);
}
