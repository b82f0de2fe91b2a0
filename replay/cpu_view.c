// SPDX-License-Identifier: Apache-2.0
/* Which processors the recorded machine had, and how they belong together. */
#include "replay/cpu_view.h"

#include "base/arena.h"
#include "base/strbuf.h"

#include <stdlib.h>
#include <string.h>

int cpu_list_parse(const char *text, cpu_set_t *out)
{
	const char *s = text;

	CPU_ZERO(out);
	while (*s) {
		char *end;
		unsigned long a = strtoul(s, &end, 10), b = a;

		if (end == s)
			return -1;
		if (*end == '-') {
			s = end + 1;
			b = strtoul(s, &end, 10);
			if (end == s)
				return -1;
		}
		if (b >= CPU_SETSIZE || a > b || (*end && *end != ','))
			return -1;
		for (; a <= b; a++)
			CPU_SET(a, out);
		s = *end ? end + 1 : end;
	}
	return CPU_COUNT(out) ? 0 : -1;
}

char *cpu_list_text(struct arena *a, const cpu_set_t *set)
{
	autostrbuf out = STRBUF_INIT;

	for (int i = 0; i < CPU_SETSIZE; i++) {
		int end = i;

		if (!CPU_ISSET(i, set))
			continue;
		while (end + 1 < CPU_SETSIZE && CPU_ISSET(end + 1, set))
			end++;
		strbuf_addf(&out, "%s%d", out.len ? "," : "", i);
		if (end > i)
			strbuf_addf(&out, "-%d", end);
		i = end;
	}
	return arena_memdup(a, out.s ? out.s : "", out.len);
}

/* Words of 32 bits, the first as short as it can be (the kernel's %*pb). */
char *cpu_mask_text(struct arena *a, const cpu_set_t *set, int width)
{
	autostrbuf out = STRBUF_INIT;

	for (int from = (width - 1) / 32 * 32; from >= 0; from -= 32) {
		int bits = width - from < 32 ? width - from : 32;
		unsigned word = 0;

		for (int i = 0; i < bits; i++)
			word |= (unsigned)!!CPU_ISSET(from + i, set) << i;
		strbuf_addf(&out, "%s%0*x", out.len ? "," : "", (bits + 3) / 4,
			word);
	}
	return arena_memdup(a, out.s ? out.s : "", out.len);
}

static void first_numbers(cpu_set_t *set, int64_t count)
{
	CPU_ZERO(set);
	for (int i = 0; i < count && i < CPU_SETSIZE; i++)
		CPU_SET(i, set);
}

/* What is missing follows from what is there. */
static bool find_sets(struct cpu_view *v)
{
	const struct m_cpu *c = &v->cpu;
	cpu_set_t limit;

	if ((!c->affinity || cpu_list_parse(c->affinity, &v->affinity) < 0) &&
		(!c->online || cpu_list_parse(c->online, &v->affinity) < 0))
		first_numbers(&v->affinity, c->count);
	if (!CPU_COUNT(&v->affinity))
		return false;
	if (!c->online || cpu_list_parse(c->online, &v->online) < 0)
		v->online = v->affinity;
	if (!c->present || cpu_list_parse(c->present, &v->present) < 0)
		v->present = v->online;
	if (!c->possible || cpu_list_parse(c->possible, &v->possible) < 0)
		v->possible = v->present;
	CPU_OR(&v->online, &v->online, &v->affinity);
	CPU_OR(&v->present, &v->present, &v->online);
	CPU_OR(&v->possible, &v->possible, &v->present);
	v->allowed = v->online;
	if (c->cgroup.cpuset && cpu_list_parse(c->cgroup.cpuset, &limit) == 0) {
		CPU_AND(&v->allowed, &v->allowed, &limit);
		CPU_OR(&v->allowed, &v->allowed, &v->affinity);
	}
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &v->possible))
			v->width = i + 1;
	return true;
}

static const struct m_cpuinfo *line_of(const struct m_cpu *cpu, const char *key)
{
	for (size_t i = 0; i < cpu->cpuinfo.count; i++)
		if (!strcmp(cpu->cpuinfo.items[i].key, key))
			return &cpu->cpuinfo.items[i];
	return NULL;
}

static bool fits(const struct cpu_view *v, const struct m_cpuinfo *line)
{
	return line &&
	       (line->values.count == 1 || line->values.count == v->count);
}

static int number_in(const struct m_cpuinfo *line, size_t n)
{
	return atoi(line->values.items[line->values.count == 1 ? 0 : n]);
}

/*
 * Threads of a core have numbers side by side (as most virtual machines count)
 * or as far apart as there are cores (as firmware does): the first cache, which
 * the threads of the first core share, tells.
 */
static bool side_by_side(const struct cpu_view *v)
{
	const struct m_topology *t = &v->cpu.topology;
	cpu_set_t set;

	if (!t->caches.count || !t->caches.items[0].shared_by ||
		cpu_list_parse(t->caches.items[0].shared_by, &set) < 0)
		return true;
	return CPU_COUNT(&set) < 2 || CPU_ISSET(v->places[0].number + 1, &set);
}

/* Of the counts alone. */
static void lay_out(struct cpu_view *v)
{
	const struct m_topology *t = &v->cpu.topology;
	size_t threads =
		t->threads_per_core > 1 ? (size_t)t->threads_per_core : 1;
	size_t sockets = t->sockets > 1 ? (size_t)t->sockets : 1;
	size_t cores = (v->count + threads - 1) / threads;
	size_t each = (cores + sockets - 1) / sockets;
	bool near = side_by_side(v);

	for (size_t i = 0; i < v->count; i++) {
		size_t core = near ? i / threads : i % cores;

		v->places[i].package = (int)(core / each);
		v->places[i].core = (int)(core % each);
	}
}

/* Which core of its package each is on, in the order of their numbers. */
static void count_cores(struct cpu_view *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct cpu_place *p = &v->places[i];

		p->leads = true;
		for (size_t k = 0; k < i; k++) {
			const struct cpu_place *q = &v->places[k];

			if (q->package != p->package)
				continue;
			if (q->core == p->core) {
				p->nth = q->nth;
				p->leads = false;
				break;
			}
			p->nth += q->leads;
		}
	}
}

/* True when the record has the place of each processor. */
static bool find_places(struct cpu_view *v, struct arena *a)
{
	const struct m_cpuinfo *package = line_of(&v->cpu, "physical id");
	const struct m_cpuinfo *core = line_of(&v->cpu, "core id");

	v->places = arena_array(
		a, (size_t)CPU_COUNT(&v->online), sizeof(*v->places));
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &v->online))
			v->places[v->count++].number = i;
	if (!fits(v, package) || !fits(v, core)) {
		lay_out(v);
		return false;
	}
	for (size_t i = 0; i < v->count; i++) {
		v->places[i].package = number_in(package, i);
		v->places[i].core = number_in(core, i);
	}
	return true;
}

cpu_set_t cpu_view_package(const struct cpu_view *v, const struct cpu_place *p)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < v->count; i++)
		if (v->places[i].package == p->package)
			CPU_SET(v->places[i].number, &set);
	return set;
}

cpu_set_t cpu_view_threads(const struct cpu_view *v, const struct cpu_place *p)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < v->count; i++)
		if (v->places[i].package == p->package &&
			v->places[i].core == p->core)
			CPU_SET(v->places[i].number, &set);
	return set;
}

/* Of the processors in `set`, those that are the first of their core. */
static int cores_in(const struct cpu_view *v, const cpu_set_t *set)
{
	int n = 0;

	for (size_t i = 0; i < v->count; i++)
		n += v->places[i].leads && CPU_ISSET(v->places[i].number, set);
	return n;
}

/* Groups of so many cores of a package, in order. */
static cpu_set_t group_of(
	const struct cpu_view *v, const struct cpu_place *p, int cores)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < v->count; i++)
		if (v->places[i].package == p->package &&
			v->places[i].nth / cores == p->nth / cores)
			CPU_SET(v->places[i].number, &set);
	return set;
}

/* Only those of the first processor are recorded: others are taken to share
 * theirs in the same way. */
cpu_set_t cpu_view_cache(
	const struct cpu_view *v, const struct cpu_place *p, size_t cache)
{
	const struct m_cache *c = &v->cpu.topology.caches.items[cache];
	cpu_set_t first = cpu_view_threads(v, &v->places[0]);
	cpu_set_t shared, self;
	int cores;

	if (!c->shared_by || cpu_list_parse(c->shared_by, &shared) < 0)
		return c->level < 3 ? cpu_view_threads(v, p)
				    : cpu_view_package(v, p);
	if (CPU_EQUAL(&shared, &first))
		return cpu_view_threads(v, p);
	first = cpu_view_package(v, &v->places[0]);
	CPU_AND(&shared, &shared, &first);
	if (CPU_EQUAL(&shared, &first))
		return cpu_view_package(v, p);
	cores = cores_in(v, &shared);
	if (CPU_COUNT(&shared) > 1 && cores)
		return group_of(v, p, cores);
	CPU_ZERO(&self);
	CPU_SET(p->number, &self);
	return self;
}

static void find_nodes(struct cpu_view *v, struct arena *a)
{
	const struct m_topology *t = &v->cpu.topology;

	v->nodes = t->nodes.items;
	v->node_count = t->nodes.count;
	if (v->node_count || t->numa_nodes != 1)
		return;
	*ARENA_PUSH(a, v->nodes, v->node_count) = (struct m_node){
		.number = 0,
		.cpus = cpu_list_text(a, &v->online),
		.memory_bytes = v->memory.total_bytes,
		.distances = arena_strdup(a, "10"),
	};
}

bool cpu_view_init(struct cpu_view *v, struct arena *a, const struct manifest *m)
{
	*v = (struct cpu_view){
		.cpu = m->hardware.cpu,
		.memory = m->hardware.memory,
		.available = m->run.host.available_bytes,
	};
	bool known;

	if (!find_sets(v))
		return false;
	known = find_places(v, a);
	count_cores(v);
	if (!known)
		cpu_view_lines(v, a);
	if (v->available == ABSENT || v->available > v->memory.total_bytes)
		v->available = v->memory.total_bytes;
	find_nodes(v, a);
	return true;
}
