// SPDX-License-Identifier: Apache-2.0
/* The CPUID table, by the instruction itself. */
#include "host/cpuid.h"
#include "base/arena.h"

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>

struct registers {
	uint32_t a, b, c, d;
};

struct table {
	struct m_cpu *cpu;
	struct arena *arena;
};

/* Registers in which a leaf has the APIC id of the processor, or a part. */
static const struct {
	uint32_t leaf;
	struct registers mask; /* bits of it */
} apic_ids[] = {
	{0x1, {.b = 0xff000000}},
	{0xb, {.d = 0xffffffff}},
	{0x1f, {.d = 0xffffffff}},
	{0x8000001e, {.a = 0xffffffff, .b = 0xff, .c = 0xff}},
	{0x80000026, {.d = 0xffffffff}},
};

static struct registers ask(uint32_t leaf, uint32_t subleaf)
{
	struct registers r;

	__cpuid_count(leaf, subleaf, r.a, r.b, r.c, r.d);
	return r;
}

static char *text(struct arena *a, uint32_t v)
{
	return arena_printf(a, "0x%08x", v);
}

static struct registers add(const struct table *t, uint32_t leaf, uint32_t subleaf)
{
	struct registers r = ask(leaf, subleaf), keep = r;
	struct m_cpuid *row;

	for (size_t i = 0; i < sizeof(apic_ids) / sizeof(*apic_ids); i++) {
		if (apic_ids[i].leaf != leaf)
			continue;
		keep.a &= ~apic_ids[i].mask.a;
		keep.b &= ~apic_ids[i].mask.b;
		keep.c &= ~apic_ids[i].mask.c;
		keep.d &= ~apic_ids[i].mask.d;
	}
	if (!(keep.a | keep.b | keep.c | keep.d))
		return r;
	row = ARENA_PUSH(t->arena, t->cpu->cpuid.items, t->cpu->cpuid.count);
	*row = (struct m_cpuid){text(t->arena, leaf), text(t->arena, subleaf),
		text(t->arena, keep.a), text(t->arena, keep.b),
		text(t->arena, keep.c), text(t->arena, keep.d)};
	return r;
}

/* Leaves that no processor has given a meaning: not worth an exit. */
static const struct {
	uint32_t first, last;
} reserved[] = {
	{0x3, 0x3}, /* the serial number of the Pentium III */
	{0x8, 0x8},
	{0xc, 0xc},
	{0xe, 0xe},
	{0x11, 0x11},
	{0x13, 0x13},
	{0x80000009, 0x80000009},
	{0x8000000b, 0x80000018},
};

static bool is_reserved(uint32_t leaf)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (leaf >= reserved[i].first && leaf <= reserved[i].last)
			return true;
	return false;
}

/* Which subleaves a leaf has. */
enum rule {
	UNTIL_TYPE_0,  /* cache type in EAX[4:0]; the last one has 0 */
	UNTIL_LEVEL_0, /* level type in ECX[15:8]; the last one has 0 */
	COUNT_IN_EAX,  /* EAX of subleaf 0 is the last subleaf */
	XSAVE,         /* a bit of XCR0 or IA32_XSS for each */
	RESOURCES,     /* a bit of EBX, or of EDX, of subleaf 0 for each */
	ENCLAVES,      /* 0, 1, and from 2 until EAX[3:0] is 0 */
};

static const struct {
	uint32_t leaf;
	enum rule rule;
} subleaves[] = {
	{0x4, UNTIL_TYPE_0},
	{0x7, COUNT_IN_EAX},
	{0xb, UNTIL_LEVEL_0},
	{0xd, XSAVE},
	{0xf, RESOURCES},
	{0x10, RESOURCES},
	{0x12, ENCLAVES},
	{0x14, COUNT_IN_EAX},
	{0x17, COUNT_IN_EAX},
	{0x18, COUNT_IN_EAX},
	{0x1d, COUNT_IN_EAX},
	{0x1f, UNTIL_LEVEL_0},
	{0x20, COUNT_IN_EAX},
	{0x24, COUNT_IN_EAX},
	{0x8000001d, UNTIL_TYPE_0},
	{0x80000020, RESOURCES},
	{0x80000026, UNTIL_LEVEL_0},
};

/* A processor, or what pretends to be one, could go on for ever. */
#define SUBLEAVES_MAX 64

static void add_bits(const struct table *t, uint32_t leaf, uint64_t bits)
{
	for (uint32_t i = 1; i < 63; i++)
		if (bits >> i & 1)
			add(t, leaf, i);
}

static void add_xsave(const struct table *t, struct registers first)
{
	struct registers more = add(t, 0xd, 1);
	uint64_t bits = first.a | (uint64_t)first.d << 32 | more.c |
			(uint64_t)more.d << 32;

	/* Bits 0 and 1, x87 and SSE, have no subleaf of their own. */
	add_bits(t, 0xd, bits & ~3ull);
}

static void add_subleaves(const struct table *t, uint32_t leaf, enum rule rule,
	struct registers first)
{
	struct registers r = first;

	switch (rule) {
	case UNTIL_TYPE_0:
		for (uint32_t i = 1; (r.a & 0x1f) && i < SUBLEAVES_MAX; i++)
			r = add(t, leaf, i);
		return;
	case UNTIL_LEVEL_0:
		for (uint32_t i = 1; (r.c >> 8 & 0xff) && i < SUBLEAVES_MAX; i++)
			r = add(t, leaf, i);
		return;
	case COUNT_IN_EAX:
		for (uint32_t i = 1; i <= first.a && i < SUBLEAVES_MAX; i++)
			add(t, leaf, i);
		return;
	case XSAVE:
		add_xsave(t, first);
		return;
	case RESOURCES:
		add_bits(t, leaf, leaf == 0xf ? first.d : first.b);
		return;
	case ENCLAVES:
		/* Leaf 7 says whether there are any (EBX[2]). */
		if (!(ask(0x7, 0).b & 4))
			return;
		add(t, leaf, 1);
		for (uint32_t i = 2; i < SUBLEAVES_MAX; i++)
			if (!(add(t, leaf, i).a & 0xf))
				return;
	}
}

static void add_leaf(const struct table *t, uint32_t leaf)
{
	struct registers first = add(t, leaf, 0);

	for (size_t i = 0; i < sizeof(subleaves) / sizeof(*subleaves); i++)
		if (subleaves[i].leaf == leaf)
			add_subleaves(t, leaf, subleaves[i].rule, first);
}

/* From `base`, whose EAX is the last leaf of the range. */
static void add_range(const struct table *t, uint32_t base, uint32_t most)
{
	uint32_t last = add(t, base, 0).a;

	if (last < base || last - base > most)
		return; /* no such range: the processor answers anything */
	for (uint32_t leaf = base + 1; leaf <= last; leaf++)
		if (!is_reserved(leaf))
			add_leaf(t, leaf);
}

void cpuid_read(struct m_cpu *cpu, struct arena *a)
{
	struct table t = {cpu, a};

	add_range(&t, 0, 0x40);
	if (ask(1, 0).c >> 31) /* there is a hypervisor */
		add_range(&t, 0x40000000, 0x20);
	add_range(&t, 0x80000000, 0x40);
}

#else

void cpuid_read(struct m_cpu *cpu, struct arena *a)
{
}

#endif
