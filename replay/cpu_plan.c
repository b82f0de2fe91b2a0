// SPDX-License-Identifier: Apache-2.0
/* The recorded processors and memory, on this host. */
#include "replay/plan.h"

#include "base/arena.h"
#include "replay/cpu_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How many recorded processors each of the host's stands for already. */
struct uses {
	const cpu_set_t *host;
	unsigned start[CPU_SETSIZE], all[CPU_SETSIZE];
};

static void place(struct iso_emulation *em, int which, int real, struct uses *u)
{
	em->host[which] = (uint16_t)real;
	u->all[real]++;
	u->start[real] += !!CPU_ISSET(which, &em->start);
}

/* The host's least used one; the run's own, that it began with, count most. */
static int least_used(const struct uses *u)
{
	int best = -1;

	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, u->host) &&
			(best < 0 || u->start[i] < u->start[best] ||
				(u->start[i] == u->start[best] &&
					u->all[i] < u->all[best])))
			best = i;
	return best;
}

/*
 * Which of this host's processors each recorded one is: itself where the host
 * has it, since getcpu(2) tells the host's number. Those that the run began
 * with are served first.
 */
static void choose_host_cpus(struct iso_emulation *em, const cpu_set_t *host)
{
	struct uses u = {.host = host};

	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &em->allowed) && CPU_ISSET(i, host))
			place(em, i, i, &u);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < CPU_SETSIZE; i++)
			if (CPU_ISSET(i, &em->allowed) && !CPU_ISSET(i, host) &&
				(round == 0) == !!CPU_ISSET(i, &em->start))
				place(em, i, least_used(&u), &u);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &em->start))
			CPU_SET(em->host[i], &em->start_real);
}

/* What the kernel's own mask takes: CONFIG_NR_CPUS when that is small. */
static size_t mask_bytes(const struct cpu_view *v)
{
	int bits = v->width;

	if (v->cpu.kernel_max != ABSENT && v->cpu.kernel_max < 256 &&
		v->cpu.kernel_max >= bits)
		bits = (int)v->cpu.kernel_max + 1;
	return (size_t)(bits + 63) / 64 * 8;
}

static bool same_numbers(const struct iso_emulation *em)
{
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &em->allowed) && em->host[i] != i)
			return false;
	return true;
}

static void note_cpus(struct plan *p, const struct iso_emulation *em)
{
	int recorded = CPU_COUNT(&em->start), here = CPU_COUNT(&em->start_real);

	if (here < recorded)
		note_add(&p->notes, "cpus", NULL,
			"the run had %d processors, here %d: the command sees "
			"%d, which share %s",
			recorded, here, recorded,
			here == 1 ? "the one" : "those");
	if (!same_numbers(em))
		note_add(&p->notes, "cpu-numbers", NULL,
			"the processors %s are %s of this host: getcpu(2) and "
			"/proc/PID/status tell of those",
			cpu_list_text(p->arena, &em->start),
			cpu_list_text(p->arena, &em->start_real));
}

static void plan_affinity(
	struct plan *p, const struct cpu_view *v, const struct host_view *h)
{
	struct iso_emulation *em = &p->emulation;

	em->allowed = v->allowed;
	em->start = v->affinity;
	em->width = v->width;
	em->mask_bytes = mask_bytes(v);
	choose_host_cpus(em, &h->cpus);
	p->iso.affinity = &em->start_real;
	p->iso.affinity_size = sizeof(em->start_real);
	/* Where the host has them all and no more, the kernel says the same. */
	em->cpus = !same_numbers(em) || !CPU_EQUAL(&em->allowed, &h->online);
	note_cpus(p, em);
}

static double gigabytes(int64_t n)
{
	return (double)n / 1e9;
}

static void plan_memory(
	struct plan *p, const struct cpu_view *v, const struct host_view *h)
{
	struct iso_emulation *em = &p->emulation;
	int64_t total = v->memory.total_bytes, swap = v->memory.swap_bytes;

	if (total == ABSENT)
		return;
	em->total_bytes = (uint64_t)total;
	em->available_bytes = (uint64_t)v->available;
	em->swap_bytes = swap == ABSENT ? 0 : (uint64_t)swap;
	em->memory = total != h->memory_bytes;
	if (h->memory_bytes > 0 && total > h->memory_bytes)
		note_add(&p->notes, "memory", NULL,
			"the run had %.1f GB of memory, and the command sees "
			"them; this host has %.1f GB",
			gigabytes(total), gigabytes(h->memory_bytes));
}

static void note_host_view(struct plan *p, const struct host_view *h)
{
	const struct m_cpu *c = &p->manifest->hardware.cpu;

	if (c->count != ABSENT && c->count != CPU_COUNT(&h->cpus))
		note_add(&p->notes, "cpus", NULL,
			"the run had %" PRId64 " processors, the command sees "
			"the %d of this host",
			c->count, CPU_COUNT(&h->cpus));
}

void plan_cpus(struct plan *p, const struct replay_options *o,
	const struct host_view *h)
{
	struct cpu_view *v = arena_alloc(p->arena, sizeof(*v));

	if (o->host_cpus) {
		note_host_view(p, h);
		return;
	}
	if (!CPU_COUNT(&h->cpus) || !cpu_view_init(v, p->arena, p->manifest)) {
		note_add(&p->notes, "cpu-view", NULL,
			"the processors were not recorded: the command sees "
			"this host's");
		return;
	}
	if (v->lines_made)
		note_add(&p->notes, "cpu-view", NULL,
			"most lines of /proc/cpuinfo were not recorded");
	if (!v->node_count)
		note_add(&p->notes, "cpu-view", NULL,
			"nodes of memory were not recorded: the command sees "
			"this host's");
	plan_affinity(p, v, h);
	plan_memory(p, v, h);
	if (p->emulation.cpus || p->emulation.memory)
		p->iso.emulation = &p->emulation;
	p->iso.fakes =
		cpu_view_files(v, p->arena, h->boot_time, &p->iso.fake_count);
	p->cpu_view = v;
}
