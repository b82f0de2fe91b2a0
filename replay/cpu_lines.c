// SPDX-License-Identifier: Apache-2.0
/* Lines of /proc/cpuinfo that the record does not have. */
#include "replay/cpu_view.h"

#include "base/arena.h"

#include <string.h>

enum made { FROM_FIELD, YES, CACHE, PACKAGE, SIBLINGS, CORE, CORES, APIC };

/* In the order of arch/x86/kernel/cpu/proc.c and arch/arm64/kernel/cpuinfo.c. */
static const struct made_line {
	const char *key;
	enum made what;
} x86_lines[] =
	{
		{"vendor_id", FROM_FIELD},
		{"cpu family", FROM_FIELD},
		{"model", FROM_FIELD},
		{"model name", FROM_FIELD},
		{"stepping", FROM_FIELD},
		{"microcode", FROM_FIELD},
		{"cache size", CACHE},
		{"physical id", PACKAGE},
		{"siblings", SIBLINGS},
		{"core id", CORE},
		{"cpu cores", CORES},
		{"apicid", APIC},
		{"initial apicid", APIC},
		{"fpu", YES},
		{"fpu_exception", YES},
		{"wp", YES},
		{"flags", FROM_FIELD},
},
  arm_lines[] = {
	  {"Features", FROM_FIELD},
	  {"CPU implementer", FROM_FIELD},
	  {"CPU architecture", FROM_FIELD},
	  {"CPU part", FROM_FIELD},
	  {"CPU revision", FROM_FIELD},
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Processors, or cores, of the package that `p` is on. */
static int in_package(
	const struct cpu_view *v, const struct cpu_place *p, bool cores)
{
	int n = 0;

	for (size_t i = 0; i < v->count; i++)
		n += v->places[i].package == p->package &&
		     (!cores || v->places[i].leads);
	return n;
}

static int number_of(const struct cpu_view *v, enum made what, size_t i)
{
	const struct cpu_place *p = &v->places[i];

	switch (what) {
	case PACKAGE:
		return p->package;
	case SIBLINGS:
		return in_package(v, p, false);
	case CORE:
		return p->core;
	case CORES:
		return in_package(v, p, true);
	default:
		return (int)i;
	}
}

static struct strlist values_of(
	const struct cpu_view *v, enum made what, struct arena *a)
{
	const struct m_topology *t = &v->cpu.topology;
	struct strlist out = {0};

	if (what == YES) {
		*ARENA_PUSH(a, out.items, out.count) = arena_strdup(a, "yes");
	} else if (what == CACHE && t->caches.count) {
		int64_t size = t->caches.items[t->caches.count - 1].size_bytes;

		*ARENA_PUSH(a, out.items, out.count) =
			arena_printf(a, "%lld KB", (long long)size / 1024);
	}
	for (size_t i = 0; what >= PACKAGE && i < v->count; i++)
		*ARENA_PUSH(a, out.items, out.count) =
			arena_printf(a, "%d", number_of(v, what, i));
	return out;
}

static void make_all(struct cpu_view *v, struct arena *a)
{
	const char *level = v->cpu.isa_level;
	bool x86 = level && !strncmp(level, "x86", 3);
	const struct made_line *from = x86 ? x86_lines : arm_lines;
	size_t count = x86 ? COUNT(x86_lines) : COUNT(arm_lines);

	v->lines_made = true;
	for (size_t i = 0; i < count; i++) {
		struct m_cpuinfo *line = ARENA_PUSH(
			a, v->cpu.cpuinfo.items, v->cpu.cpuinfo.count);

		line->key = arena_strdup(a, from[i].key);
		line->values = values_of(v, from[i].what, a);
	}
}

static void mend(
	const struct cpu_view *v, struct m_cpuinfo *line, struct arena *a)
{
	for (size_t i = 0; i < COUNT(x86_lines); i++)
		if (x86_lines[i].what >= PACKAGE &&
			!strcmp(line->key, x86_lines[i].key))
			line->values = values_of(v, x86_lines[i].what, a);
}

void cpu_view_lines(struct cpu_view *v, struct arena *a)
{
	size_t count = v->cpu.cpuinfo.count;
	struct m_cpuinfo *lines = arena_array(a, count, sizeof(*lines));

	/* The manifest's own list stays as it is. */
	if (count)
		memcpy(lines, v->cpu.cpuinfo.items, count * sizeof(*lines));
	v->cpu.cpuinfo.items = lines;
	for (size_t i = 0; i < count; i++)
		mend(v, &lines[i], a);
	if (!count)
		make_all(v, a);
}
