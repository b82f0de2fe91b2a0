// SPDX-License-Identifier: Apache-2.0
/* The lines of /proc/cpuinfo, into the record and out of it. */
#include "host/cpuinfo.h"
#include "base/arena.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of one paragraph: x86 has about 30. */
#define KEYS_MAX 64
#define PROCESSORS_MAX 8192

/* Keys whose value is a field of m_cpu, on x86 and on aarch64. */
static const struct {
	const char *key;
	size_t offset;
} fields[] = {
	{"vendor_id", offsetof(struct m_cpu, vendor)},
	{"cpu family", offsetof(struct m_cpu, family)},
	{"model", offsetof(struct m_cpu, model)},
	{"model name", offsetof(struct m_cpu, model_name)},
	{"stepping", offsetof(struct m_cpu, stepping)},
	{"microcode", offsetof(struct m_cpu, microcode)},
	{"CPU implementer", offsetof(struct m_cpu, vendor)},
	{"CPU architecture", offsetof(struct m_cpu, family)},
	{"CPU part", offsetof(struct m_cpu, model)},
	{"CPU revision", offsetof(struct m_cpu, stepping)},
};

static bool is_flags(const char *key)
{
	return !strcmp(key, "flags") || !strcmp(key, "Features");
}

static bool is_frequency(const char *key)
{
	return !strcmp(key, "cpu MHz");
}

static const char *field_of(const struct m_cpu *cpu, const char *key)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!strcmp(fields[i].key, key))
			return *(char *const *)((const char *)cpu +
						fields[i].offset);
	return NULL;
}

struct span {
	const char *s;
	size_t len;
};

struct line {
	struct span key, value;
};

static bool same(struct span a, struct span b)
{
	return a.len == b.len && !memcmp(a.s, b.s, a.len);
}

static bool spells(struct span a, const char *s)
{
	return a.len == strlen(s) && !memcmp(a.s, s, a.len);
}

static struct span trim(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (s < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct span){s, (size_t)(end - s)};
}

/* The lines up to an empty one; where the next paragraph begins. */
static const char *paragraph(const char *p, struct line *lines, size_t *count)
{
	*count = 0;
	while (*p && *p != '\n') {
		const char *end = strchrnul(p, '\n');
		const char *colon = memchr(p, ':', (size_t)(end - p));

		if (colon && *count < KEYS_MAX)
			lines[(*count)++] = (struct line){
				trim(p, colon), trim(colon + 1, end)};
		p = *end ? end + 1 : end;
	}
	return p + strspn(p, "\n");
}

/* What the paragraphs say, in columns: one for each key of the first. */
struct columns {
	struct arena *arena;
	struct span keys[KEYS_MAX];
	struct span *values[KEYS_MAX];
	size_t key_count, processors;
};

static void add_paragraph(
	struct columns *c, const struct line *lines, size_t count)
{
	for (size_t i = 0; i < c->key_count; i++) {
		size_t k = i, n = c->processors;

		/* Nearly always in the same place. */
		if (k >= count || !same(lines[k].key, c->keys[i]))
			for (k = 0; k < count && !same(lines[k].key, c->keys[i]);)
				k++;
		*ARENA_PUSH(c->arena, c->values[i], n) =
			k < count ? lines[k].value : (struct span){"", 0};
	}
	c->processors++;
}

static bool read_columns(struct columns *c, const char *text)
{
	struct line lines[KEYS_MAX];
	size_t count;

	while (*text && c->processors < PROCESSORS_MAX) {
		text = paragraph(text, lines, &count);
		/* 32-bit arm has a last one for the machine. */
		if (!count || !spells(lines[0].key, "processor"))
			return c->processors > 0;
		for (size_t i = 0; !c->processors && i < count; i++)
			c->keys[c->key_count++] = lines[i].key;
		add_paragraph(c, lines, count);
	}
	return c->processors > 0;
}

static bool all_same(const struct columns *c, size_t i)
{
	for (size_t n = 1; n < c->processors; n++)
		if (!same(c->values[i][n], c->values[i][0]))
			return false;
	return true;
}

static void add_values(struct m_cpuinfo *line, struct arena *a,
	const struct columns *c, size_t i)
{
	size_t count = all_same(c, i) ? 1 : c->processors;

	if (count == 1 && !c->values[i][0].len)
		return;
	for (size_t n = 0; n < count; n++)
		*ARENA_PUSH(a, line->values.items, line->values.count) =
			arena_memdup(a, c->values[i][n].s, c->values[i][n].len);
}

void cpuinfo_read(struct m_cpu *cpu, struct arena *a, const char *text)
{
	autoarena *scratch = arena_new();
	struct columns c = {.arena = scratch};

	if (!read_columns(&c, text))
		return;
	for (size_t i = 1; i < c.key_count; i++) {
		struct m_cpuinfo *line =
			ARENA_PUSH(a, cpu->cpuinfo.items, cpu->cpuinfo.count);

		*line = (struct m_cpuinfo){
			.key = arena_memdup(a, c.keys[i].s, c.keys[i].len)};
		if (is_frequency(line->key) || is_flags(line->key) ||
			(field_of(cpu, line->key) && all_same(&c, i)))
			continue;
		add_values(line, a, &c, i);
	}
}

static const char *value_of(
	const struct m_cpu *cpu, const struct m_cpuinfo *line, size_t n)
{
	if (!line->values.count)
		return field_of(cpu, line->key);
	return line->values.items[n < line->values.count ? n : 0];
}

/* x86 has twice the frequency of the time stamp counter as bogomips. */
static void write_frequency(const struct m_cpu *cpu, size_t n, struct strbuf *out)
{
	double mhz = 0;

	for (size_t i = 0; i < cpu->cpuinfo.count; i++) {
		const struct m_cpuinfo *l = &cpu->cpuinfo.items[i];

		if (!strcmp(l->key, "bogomips") && l->values.count)
			mhz = strtod(value_of(cpu, l, n), NULL) / 2;
	}
	strbuf_addf(out, " %.3f", mhz);
}

/* The kernel fills keys with tabs up to column 16. */
static void write_key(const char *key, struct strbuf *out)
{
	size_t len = strlen(key);

	strbuf_adds(out, key);
	for (; len < 16; len = (len | 7) + 1)
		strbuf_adds(out, "\t");
	strbuf_adds(out, ":");
}

static void write_line(const struct m_cpu *cpu, const struct m_cpuinfo *line,
	size_t n, const char *flags, struct strbuf *out)
{
	const char *value = is_flags(line->key) ? flags : value_of(cpu, line, n);

	write_key(line->key, out);
	if (is_frequency(line->key)) {
		write_frequency(cpu, n, out);
	} else if (value && *value) {
		strbuf_addc(out, ' ');
		strbuf_adds(out, value);
	}
	strbuf_addc(out, '\n');
}

void cpuinfo_write(const struct m_cpu *cpu, const int *numbers, size_t count,
	struct strbuf *out)
{
	autostrbuf flags = STRBUF_INIT;

	for (size_t i = 0; i < cpu->flags.count; i++) {
		strbuf_adds(&flags, i ? " " : "");
		strbuf_adds(&flags, cpu->flags.items[i]);
	}
	for (size_t n = 0; n < count; n++) {
		write_key("processor", out);
		strbuf_addf(out, " %d\n", numbers[n]);
		for (size_t i = 0; i < cpu->cpuinfo.count; i++)
			write_line(cpu, &cpu->cpuinfo.items[i], n, flags.s, out);
		strbuf_addc(out, '\n');
	}
}
