// SPDX-License-Identifier: Apache-2.0
/*
 * The files of /proc that tell of processors and memory. They stand still: what
 * a program measures of itself with them would differ in every replay.
 */
#include "replay/cpu_view.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "host/cpuinfo.h"
#include "sandbox/isolation/isolation.h"

#include <inttypes.h>

static void add_cpuinfo(const struct cpu_view *v, struct strbuf *out)
{
	int numbers[CPU_SETSIZE];

	for (size_t i = 0; i < v->count; i++)
		numbers[i] = v->places[i].number;
	cpuinfo_write(&v->cpu, numbers, v->count, out);
}

/* A second of idleness each: programs divide by the sum. */
static void add_stat(
	const struct cpu_view *v, int64_t boot_time, struct strbuf *out)
{
	strbuf_addf(out, "cpu  0 0 0 %zu 0 0 0 0 0 0\n", 100 * v->count);
	for (size_t i = 0; i < v->count; i++)
		strbuf_addf(out, "cpu%d 0 0 0 100 0 0 0 0 0 0\n",
			v->places[i].number);
	strbuf_addf(out,
		"intr 0\nctxt 0\nbtime %" PRId64 "\nprocesses 1\n"
		"procs_running 1\nprocs_blocked 0\n"
		"softirq 0 0 0 0 0 0 0 0 0 0 0\n",
		boot_time);
}

enum amount { NONE, TOTAL, AVAILABLE, SWAP, COMMIT };

/* Keys of Linux 6.1 that programs read (proc(5)), in their order. */
static const struct {
	const char *key;
	enum amount amount;
} memory_lines[] = {
	{"MemTotal", TOTAL},
	{"MemFree", AVAILABLE},
	{"MemAvailable", AVAILABLE},
	{"Buffers", NONE},
	{"Cached", NONE},
	{"SwapCached", NONE},
	{"Active", NONE},
	{"Inactive", NONE},
	{"Active(anon)", NONE},
	{"Inactive(anon)", NONE},
	{"Active(file)", NONE},
	{"Inactive(file)", NONE},
	{"Unevictable", NONE},
	{"Mlocked", NONE},
	{"SwapTotal", SWAP},
	{"SwapFree", SWAP},
	{"Dirty", NONE},
	{"Writeback", NONE},
	{"AnonPages", NONE},
	{"Mapped", NONE},
	{"Shmem", NONE},
	{"KReclaimable", NONE},
	{"Slab", NONE},
	{"SReclaimable", NONE},
	{"SUnreclaim", NONE},
	{"KernelStack", NONE},
	{"PageTables", NONE},
	{"Bounce", NONE},
	{"WritebackTmp", NONE},
	{"CommitLimit", COMMIT},
	{"Committed_AS", NONE},
};

/* Key and colon take 16 columns, the number 8. */
static void add_memory(const struct cpu_view *v, struct strbuf *out)
{
	int64_t swap = v->memory.swap_bytes == ABSENT ? 0 : v->memory.swap_bytes;
	const int64_t amounts[] = {
		[TOTAL] = v->memory.total_bytes,
		[AVAILABLE] = v->available,
		[SWAP] = swap,
		/* Half of memory: vm.overcommit_ratio of proc(5). */
		[COMMIT] = v->memory.total_bytes / 2 + swap,
	};

	for (size_t i = 0; i < sizeof(memory_lines) / sizeof(*memory_lines); i++) {
		const char *key = memory_lines[i].key;
		size_t from = out->len;

		strbuf_addf(out, "%s:", key);
		strbuf_addf(out, "%*" PRId64 " kB\n",
			(int)(24 - (out->len - from)),
			amounts[memory_lines[i].amount] / 1024);
	}
	strbuf_adds(out, "HugePages_Total:       0\nHugePages_Free:        0\n"
			 "HugePages_Rsvd:        0\nHugePages_Surp:        0\n"
			 "Hugepagesize:       2048 kB\n"
			 "Hugetlb:               0 kB\n");
}

static void give(struct iso_fake **files, size_t *count, struct arena *a,
	const char *path, struct strbuf *text)
{
	*ARENA_PUSH(a, *files, *count) = (struct iso_fake){
		path, arena_memdup(a, text->s, text->len), text->len};
	strbuf_clear(text);
}

struct iso_fake *cpu_view_files(const struct cpu_view *v, struct arena *a,
	int64_t boot_time, size_t *count)
{
	autostrbuf text = STRBUF_INIT;
	struct iso_fake *files = NULL;

	*count = 0;
	add_cpuinfo(v, &text);
	give(&files, count, a, "/proc/cpuinfo", &text);
	add_stat(v, boot_time, &text);
	give(&files, count, a, "/proc/stat", &text);
	strbuf_adds(&text, "0.00 0.00 0.00 1/1 2\n");
	give(&files, count, a, "/proc/loadavg", &text);
	if (v->memory.total_bytes == ABSENT)
		return files;
	add_memory(v, &text);
	give(&files, count, a, "/proc/meminfo", &text);
	return files;
}
