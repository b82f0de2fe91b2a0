// SPDX-License-Identifier: Apache-2.0
/* The plan of what all processes of a replay may have together. */
#include "replay/plan.h"

#include "base/arena.h"
#include "replay/cpu_view.h"

#include <inttypes.h>

/*
 * No training run has more processes and threads, and half of what the host
 * can have is left to it: a fork bomb ends here.
 */
#define PROCESSES 32768

static double gigabytes(int64_t n)
{
	return (double)n / 1e9;
}

/* Of the run's control group, else of its machine: more it could not have. */
static void plan_memory(struct plan *p, const struct replay_options *o,
	const struct host_view *h)
{
	const struct m_memory *m = &p->manifest->hardware.memory;
	struct iso_group *g = &p->iso.group;
	int64_t bytes = m->cgroup_limit_bytes, swap = m->cgroup_swap_limit_bytes;

	if (bytes == ABSENT && !o->host_cpus && m->total_bytes < h->memory_bytes) {
		bytes = m->total_bytes;
		swap = m->swap_bytes;
	}
	g->swap_bytes = ISO_NO_LIMIT;
	if (bytes <= 0)
		return;
	if (!h->group.memory) {
		if (bytes == m->cgroup_limit_bytes)
			note_add(&p->notes, "memory-limit", NULL,
				"the run had %.1f GB of memory at most, and no "
				"limit is set here: %s",
				gigabytes(bytes),
				*h->group.why ? h->group.why
					      : "the control group has no "
						"controller 'memory'");
		return;
	}
	g->memory_bytes = (uint64_t)bytes;
	if (swap != ABSENT)
		g->swap_bytes = (uint64_t)swap;
}

/* Where several recorded processors are one of this host's, others of it must
 * not be in reach: sched_setaffinity(2) is answered, but not alone. */
static void plan_cpus_together(struct plan *p, const struct host_view *h)
{
	const struct iso_emulation *em = &p->emulation;
	cpu_set_t *set;

	if (!p->iso.emulation || !em->cpus || !h->group.cpus)
		return;
	set = arena_alloc(p->arena, sizeof(*set));
	CPU_ZERO(set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &em->allowed))
			CPU_SET(em->host[i], set);
	if (!CPU_EQUAL(set, &h->cpus))
		p->iso.group.cpus = set;
}

void plan_together(struct plan *p, const struct replay_options *o,
	const struct host_view *h)
{
	p->iso.group.processes = PROCESSES;
	if (h->process_max > 0 && h->process_max / 2 < PROCESSES)
		p->iso.group.processes = (uint64_t)h->process_max / 2;
	plan_memory(p, o, h);
	plan_cpus_together(p, h);
	if (*h->group.why)
		note_add(&p->notes, "control-group", NULL,
			"no limit of memory is set: %s", h->group.why);
}

void together_print(const struct plan *p, FILE *out)
{
	const struct iso_group *g = &p->iso.group;

	fprintf(out, "%-12s %" PRIu64 " processes", "at most", g->processes);
	if (g->memory_bytes)
		fprintf(out, ", %" PRIu64 " bytes of memory", g->memory_bytes);
	if (g->memory_bytes && g->swap_bytes != ISO_NO_LIMIT)
		fprintf(out, ", %" PRIu64 " of swap", g->swap_bytes);
	if (g->cpus)
		fprintf(out, ", processors %s", cpu_list_text(p->arena, g->cpus));
	putc('\n', out);
}
