// SPDX-License-Identifier: Apache-2.0
/* Directories of /sys about processors. */
#include "replay/cpu_tree.h"

#include "base/arena.h"
#include "replay/cpu_view.h"

#include <inttypes.h>
#include <string.h>

const struct cpu_tree_place cpu_tree_places[] = {
	{"cpu", "/sys/devices/system/cpu"},
	{"node", "/sys/devices/system/node"},
	{"cpu-bus", "/sys/bus/cpu/devices"},
	{"node-bus", "/sys/bus/node/devices"},
	{"cgroup", "/sys/fs/cgroup"},
	{NULL, NULL},
};

static struct cpu_entry *add(
	struct cpu_tree *t, enum cpu_entry_kind kind, const char *name)
{
	struct cpu_entry *e = ARENA_PUSH(t->arena, t->entries, t->count);

	e->kind = kind;
	e->name = name;
	return e;
}

/* A file with `text`, which the arena has, and a newline. */
static void file(struct cpu_tree *t, const char *name, const char *text)
{
	size_t known = (size_t)map_gets(&t->known, text);

	if (!known) {
		*ARENA_PUSH(t->arena, t->contents, t->content_count) = text;
		known = t->content_count;
		map_puts(&t->known, text, (void *)known);
	}
	add(t, CPU_FILE, name)->content = known - 1;
}

static void number(struct cpu_tree *t, const char *name, int64_t n)
{
	file(t, name, arena_printf(t->arena, "%" PRId64, n));
}

static void list(struct cpu_tree *t, const char *name, const cpu_set_t *set)
{
	file(t, name, cpu_list_text(t->arena, set));
}

static void link_to(struct cpu_tree *t, const char *name, const char *target)
{
	add(t, CPU_LINK, name)->target = target;
}

/* Under each of the names that kernels have for it. */
static void siblings(struct cpu_tree *t, const struct cpu_view *v,
	const cpu_set_t *set, const char *const names[])
{
	const char *mask = cpu_mask_text(t->arena, set, v->width);
	const char *text = cpu_list_text(t->arena, set);

	for (size_t i = 0; names[i]; i += 2) {
		file(t, names[i], mask);
		file(t, names[i + 1], text);
	}
}

static void add_topology(
	struct cpu_tree *t, const struct cpu_view *v, const struct cpu_place *p)
{
	static const char *const core[] = {"thread_siblings",
		"thread_siblings_list", "core_cpus", "core_cpus_list", NULL};
	static const char *const package[] = {"core_siblings",
		"core_siblings_list", "package_cpus", "package_cpus_list", NULL};
	cpu_set_t threads = cpu_view_threads(v, p);
	cpu_set_t all = cpu_view_package(v, p);

	add(t, CPU_DIR, "topology");
	number(t, "core_id", p->core);
	number(t, "physical_package_id", p->package);
	siblings(t, v, &threads, core);
	siblings(t, v, &all, package);
	add(t, CPU_UP, NULL);
}

static void add_cache(struct cpu_tree *t, const struct cpu_view *v,
	const struct cpu_place *p, size_t n)
{
	static const char *const shared[] = {
		"shared_cpu_map", "shared_cpu_list", NULL};
	const struct m_cache *c = &v->cpu.topology.caches.items[n];
	cpu_set_t set = cpu_view_cache(v, p, n);

	add(t, CPU_DIR, arena_printf(t->arena, "index%zu", n));
	number(t, "level", c->level);
	if (c->type)
		file(t, "type", c->type);
	if (c->size_bytes > 0)
		file(t, "size",
			arena_printf(t->arena, "%" PRId64 "K",
				c->size_bytes / 1024));
	if (c->line_bytes > 0)
		number(t, "coherency_line_size", c->line_bytes);
	if (c->ways > 0)
		number(t, "ways_of_associativity", c->ways);
	if (c->ways > 0 && c->line_bytes > 0 && c->size_bytes > 0)
		number(t, "number_of_sets",
			c->size_bytes / c->ways / c->line_bytes);
	siblings(t, v, &set, shared);
	add(t, CPU_UP, NULL);
}

static bool is_in(const char *cpus, int number_)
{
	cpu_set_t set;

	return cpus && cpu_list_parse(cpus, &set) == 0 &&
	       CPU_ISSET(number_, &set);
}

static const char *node_name(struct cpu_tree *t, const struct m_node *n)
{
	return arena_printf(t->arena, "node%" PRId64, n->number);
}

static void add_processor(
	struct cpu_tree *t, const struct cpu_view *v, const struct cpu_place *p)
{
	add(t, CPU_DIR, arena_printf(t->arena, "cpu%d", p->number));
	add_topology(t, v, p);
	if (v->cpu.topology.caches.count) {
		add(t, CPU_DIR, "cache");
		for (size_t i = 0; i < v->cpu.topology.caches.count; i++)
			add_cache(t, v, p, i);
		add(t, CPU_UP, NULL);
	}
	for (size_t i = 0; i < v->node_count; i++)
		if (is_in(v->nodes[i].cpus, p->number)) {
			const char *name = node_name(t, &v->nodes[i]);

			link_to(t, name,
				arena_printf(t->arena, "../../node/%s", name));
		}
	add(t, CPU_UP, NULL);
}

static void add_processors(struct cpu_tree *t, const struct cpu_view *v)
{
	cpu_set_t offline;
	bool smt = false;

	CPU_XOR(&offline, &v->possible, &v->online);
	add(t, CPU_DIR, "cpu");
	list(t, "online", &v->online);
	list(t, "possible", &v->possible);
	list(t, "present", &v->present);
	list(t, "offline", &offline);
	file(t, "isolated", "");
	number(t, "kernel_max",
		v->cpu.kernel_max == ABSENT ? v->width - 1 : v->cpu.kernel_max);
	for (size_t i = 0; i < v->count; i++) {
		add_processor(t, v, &v->places[i]);
		smt |= !v->places[i].leads;
	}
	add(t, CPU_DIR, "smt");
	file(t, "active", smt ? "1" : "0");
	file(t, "control", smt ? "on" : "notsupported");
	add(t, CPU_UP, NULL);
	add(t, CPU_UP, NULL);
}

static const char *node_memory(struct cpu_tree *t, const struct m_node *n)
{
	int64_t kib = n->memory_bytes / 1024;

	return arena_printf(t->arena,
		"Node %" PRId64 " MemTotal:       %8" PRId64 " kB\n"
		"Node %" PRId64 " MemFree:        %8" PRId64 " kB\n"
		"Node %" PRId64 " MemUsed:        %8d kB",
		n->number, kib, n->number, kib, n->number, 0);
}

static void add_node(
	struct cpu_tree *t, const struct cpu_view *v, const struct m_node *n)
{
	cpu_set_t set;

	if (!n->cpus || cpu_list_parse(n->cpus, &set) < 0)
		CPU_ZERO(&set);
	add(t, CPU_DIR, node_name(t, n));
	list(t, "cpulist", &set);
	file(t, "cpumap", cpu_mask_text(t->arena, &set, v->width));
	if (n->distances)
		file(t, "distance", n->distances);
	if (n->memory_bytes != ABSENT)
		file(t, "meminfo", node_memory(t, n));
	for (size_t i = 0; i < v->count; i++)
		if (CPU_ISSET(v->places[i].number, &set)) {
			const char *name = arena_printf(
				t->arena, "cpu%d", v->places[i].number);

			link_to(t, name,
				arena_printf(t->arena, "../../cpu/%s", name));
		}
	add(t, CPU_UP, NULL);
}

static void add_nodes(struct cpu_tree *t, const struct cpu_view *v)
{
	cpu_set_t all, cpus, memory;

	CPU_ZERO(&all);
	CPU_ZERO(&cpus);
	CPU_ZERO(&memory);
	for (size_t i = 0; i < v->node_count; i++) {
		const struct m_node *n = &v->nodes[i];

		if (n->number < 0 || n->number >= CPU_SETSIZE)
			continue;
		CPU_SET(n->number, &all);
		if (n->cpus)
			CPU_SET(n->number, &cpus);
		if (n->memory_bytes > 0)
			CPU_SET(n->number, &memory);
	}
	add(t, CPU_DIR, "node");
	list(t, "online", &all);
	list(t, "possible", &all);
	list(t, "has_cpu", &cpus);
	list(t, "has_memory", &memory);
	list(t, "has_normal_memory", &memory);
	for (size_t i = 0; i < v->node_count; i++)
		add_node(t, v, &v->nodes[i]);
	add(t, CPU_UP, NULL);
}

static void add_bus(struct cpu_tree *t, const char *what, const char *name)
{
	link_to(t, name,
		arena_printf(
			t->arena, "../../../devices/system/%s/%s", what, name));
}

static void add_buses(struct cpu_tree *t, const struct cpu_view *v)
{
	add(t, CPU_DIR, "cpu-bus");
	for (size_t i = 0; i < v->count; i++)
		add_bus(t, "cpu",
			arena_printf(t->arena, "cpu%d", v->places[i].number));
	add(t, CPU_UP, NULL);
	if (!v->node_count)
		return;
	add(t, CPU_DIR, "node-bus");
	for (size_t i = 0; i < v->node_count; i++)
		add_bus(t, "node", node_name(t, &v->nodes[i]));
	add(t, CPU_UP, NULL);
}

/* Bytes, or what stands for no limit. */
static void limit(struct cpu_tree *t, const char *name, int64_t n, const char *no)
{
	if (n == ABSENT)
		file(t, name, no);
	else
		number(t, name, n);
}

static void add_groups_1(struct cpu_tree *t, const struct cpu_view *v)
{
	static const char none[] = "9223372036854771712";
	const struct m_cpu_limit *l = &v->cpu.cgroup;
	int64_t both = v->memory.cgroup_swap_limit_bytes;

	if (both != ABSENT)
		both += v->memory.cgroup_limit_bytes;
	add(t, CPU_DIR, "cpu");
	limit(t, "cpu.cfs_quota_us", l->quota_us, "-1");
	limit(t, "cpu.cfs_period_us", l->period_us, "100000");
	add(t, CPU_UP, NULL);
	link_to(t, "cpu,cpuacct", "cpu");
	add(t, CPU_DIR, "cpuset");
	list(t, "cpuset.cpus", &v->allowed);
	list(t, "cpuset.effective_cpus", &v->allowed);
	add(t, CPU_UP, NULL);
	add(t, CPU_DIR, "memory");
	limit(t, "memory.limit_in_bytes", v->memory.cgroup_limit_bytes, none);
	limit(t, "memory.memsw.limit_in_bytes", both, none);
	add(t, CPU_UP, NULL);
}

static void add_groups_2(struct cpu_tree *t, const struct cpu_view *v)
{
	const struct m_cpu_limit *l = &v->cpu.cgroup;

	file(t, "cgroup.controllers", "cpuset cpu memory");
	if (l->quota_us == ABSENT)
		file(t, "cpu.max", "max 100000");
	else
		file(t, "cpu.max",
			arena_printf(t->arena, "%" PRId64 " %" PRId64,
				l->quota_us, l->period_us));
	list(t, "cpuset.cpus.effective", &v->allowed);
	limit(t, "memory.max", v->memory.cgroup_limit_bytes, "max");
	limit(t, "memory.swap.max", v->memory.cgroup_swap_limit_bytes, "max");
}

static void add_groups(struct cpu_tree *t, const struct cpu_view *v)
{
	/* Seen from inside, the groups of the run are the topmost ones. */
	add(t, CPU_DIR, "cgroup");
	if (v->cpu.cgroup.version == 1)
		add_groups_1(t, v);
	else
		add_groups_2(t, v);
	add(t, CPU_UP, NULL);
}

void cpu_tree_init(struct cpu_tree *t, struct arena *a, const struct cpu_view *v)
{
	*t = (struct cpu_tree){.arena = a};
	add_processors(t, v);
	if (v->node_count)
		add_nodes(t, v);
	add_buses(t, v);
	if (v->cpu.cgroup.version != ABSENT)
		add_groups(t, v);
	map_release(&t->known);
}
