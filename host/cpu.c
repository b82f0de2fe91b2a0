// SPDX-License-Identifier: Apache-2.0
/* /proc/cpuinfo and /sys/devices/system/cpu. */
#include "host/cpu.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "host/cgroup.h"
#include "host/cpuinfo.h"
#include "host/files.h"
#include "host/topology.h"

#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Flags of /proc/cpuinfo that make up each level (x86-64 psABI, 3.1.1). */
static const struct {
	const char *name;
	const char *flags[12];
} levels[] = {
	{"x86-64-v2", {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2",
			      "ssse3"}},
	{"x86-64-v3", {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm",
			      "movbe", "xsave"}},
	{"x86-64-v4", {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}},
};

static void split(struct arena *a, const char *text, struct strlist *out)
{
	while (text && *text) {
		size_t n;

		text += strspn(text, " ");
		n = strcspn(text, " ");
		if (n)
			*ARENA_PUSH(a, out->items, out->count) =
				arena_memdup(a, text, n);
		text += n;
	}
}

static char *isa_level(struct arena *a, const struct strlist *flags)
{
	const char *level = strlist_has(flags, "lm") ? "x86-64-v1" : NULL;

	for (size_t i = 0; level && i < sizeof(levels) / sizeof(*levels); i++) {
		for (size_t j = 0; j < 12 && levels[i].flags[j]; j++)
			if (!strlist_has(flags, levels[i].flags[j]))
				return arena_strdup(a, level);
		level = levels[i].name;
	}
	return arena_strdup(a, level);
}

/* A list of processors, as in "0-7,16". */
static char *read_list(struct arena *a, const char *root, const char *name)
{
	char *line = host_line(
		a, root, arena_printf(a, "/sys/devices/system/cpu/%s", name));

	return host_list_count(line) == ABSENT ? NULL : line;
}

/* The first of these keys that the text has. */
static char *first_of(
	struct arena *a, const char *text, const char *x86, const char *arm)
{
	char *v = host_value(a, text, x86);

	return v ? v : host_value(a, text, arm);
}

static void read_cpuinfo(struct m_cpu *cpu, struct arena *a, const char *text)
{
	cpu->vendor = first_of(a, text, "vendor_id", "CPU implementer");
	cpu->model_name = host_value(a, text, "model name");
	cpu->family = first_of(a, text, "cpu family", "CPU architecture");
	cpu->model = first_of(a, text, "model\t", "CPU part");
	cpu->stepping = first_of(a, text, "stepping", "CPU revision");
	cpu->microcode = host_value(a, text, "microcode");
	split(a, first_of(a, text, "flags", "Features"), &cpu->flags);
	cpu->isa_level = isa_level(a, &cpu->flags);
	/* The kernel shows the flag where arch_prctl(2) can do it. */
	if (strlist_has(&cpu->flags, "lm"))
		cpu->cpuid_faulting =
			arena_strdup(a, strlist_has(&cpu->flags, "cpuid_fault")
						? "available"
						: "unavailable");
	cpuinfo_read(cpu, a, text);
}

void cpu_read(struct m_cpu *cpu, struct arena *a, const char *root)
{
	autostrbuf text = STRBUF_INIT;
	bool known = host_slurp(root, "/proc/cpuinfo", &text) == 0;

	if (known)
		read_cpuinfo(cpu, a, text.s);
	cpu->online = read_list(a, root, "online");
	cpu->possible = read_list(a, root, "possible");
	cpu->present = read_list(a, root, "present");
	cpu->kernel_max =
		host_number(root, "/sys/devices/system/cpu/kernel_max");
	topology_read(&cpu->topology, a, root, known ? text.s : NULL);
	cgroup_read_cpu(&cpu->cgroup, a, root);
}

/* Kernel list format: "0-7,16". */
static char *list_of(struct arena *a, const cpu_set_t *set, size_t size, int max)
{
	autostrbuf out = STRBUF_INIT;

	for (int i = 0; i < max; i++) {
		int end = i;

		if (!CPU_ISSET_S(i, size, set))
			continue;
		while (end + 1 < max && CPU_ISSET_S(end + 1, size, set))
			end++;
		strbuf_addf(&out, "%s%d", out.len ? "," : "", i);
		if (end > i)
			strbuf_addf(&out, "-%d", end);
		i = end;
	}
	return arena_memdup(a, out.s ? out.s : "", out.len);
}

void cpu_read_affinity(struct m_cpu *cpu, struct arena *a)
{
	/* The kernel wants room for all it could have (sched_getaffinity(2)). */
	for (int max = 1024; max <= 1 << 18; max *= 2) {
		cpu_set_t *set = CPU_ALLOC(max);
		size_t size = CPU_ALLOC_SIZE(max);

		if (!set)
			abort();
		if (sched_getaffinity(0, size, set) == 0) {
			cpu->affinity = list_of(a, set, size, max);
			cpu->count = CPU_COUNT_S(size, set);
			CPU_FREE(set);
			return;
		}
		CPU_FREE(set);
	}
}
