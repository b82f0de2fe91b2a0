// SPDX-License-Identifier: Apache-2.0
/* /proc/cpuinfo and /sys/devices/system/cpu. */
#include "host/cpu.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"

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

static char *value_of(struct arena *a, const char *text, const char *key)
{
	size_t n = strlen(key);
	const char *p = text, *end;

	for (; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		const char *v = p + n;

		if (strncmp(p, key, n) != 0)
			continue;
		v += strspn(v, " \t");
		if (*v != ':')
			continue;
		v += 1 + strspn(v + 1, " \t");
		end = strchrnul(v, '\n');
		return arena_memdup(a, v, (size_t)(end - v));
	}
	return NULL;
}

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

static bool has_flag(const struct strlist *flags, const char *name)
{
	for (size_t i = 0; i < flags->count; i++)
		if (!strcmp(flags->items[i], name))
			return true;
	return false;
}

static char *isa_level(struct arena *a, const struct strlist *flags)
{
	const char *level = has_flag(flags, "lm") ? "x86-64-v1" : NULL;

	for (size_t i = 0; level && i < sizeof(levels) / sizeof(*levels); i++) {
		for (size_t j = 0; j < 12 && levels[i].flags[j]; j++)
			if (!has_flag(flags, levels[i].flags[j]))
				return arena_strdup(a, level);
		level = levels[i].name;
	}
	return arena_strdup(a, level);
}

static char *read_line(struct arena *a, const char *root, const char *path)
{
	autostrbuf text = STRBUF_INIT;
	char *full = arena_printf(a, "%s%s", root, path);

	if (fs_slurp(full, &text) < 0 || !text.len)
		return NULL;
	return arena_memdup(a, text.s, strcspn(text.s, "\n"));
}

void cpu_read(struct m_cpu *cpu, struct arena *a, const char *root)
{
	autostrbuf text = STRBUF_INIT;

	if (fs_slurp(arena_printf(a, "%s/proc/cpuinfo", root), &text) == 0) {
		char *flags;

		cpu->vendor = value_of(a, text.s, "vendor_id");
		if (!cpu->vendor) /* aarch64 */
			cpu->vendor = value_of(a, text.s, "CPU implementer");
		cpu->model_name = value_of(a, text.s, "model name");
		flags = value_of(a, text.s, "flags");
		if (!flags)
			flags = value_of(a, text.s, "Features");
		split(a, flags, &cpu->flags);
		cpu->isa_level = isa_level(a, &cpu->flags);
	}
	cpu->online = read_line(a, root, "/sys/devices/system/cpu/online");
	cpu->possible = read_line(a, root, "/sys/devices/system/cpu/possible");
	cpu->present = read_line(a, root, "/sys/devices/system/cpu/present");
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
