// SPDX-License-Identifier: Apache-2.0
/* Headers of RPM packages. */
#include "host/rpm_header.h"

#include "base/arena.h"

#include <endian.h>
#include <string.h>

#define ENTRY 16

enum type { TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_ARRAY = 8, TYPE_I18N = 9 };

struct entry {
	uint32_t tag, type, offset, count;
};

static uint32_t number_at(const void *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return be32toh(n);
}

bool rpm_header_open(struct rpm_header *h, const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t need;

	if (n < 8)
		return false;
	h->count = number_at(b);
	h->size = number_at(b + 4);
	need = 8 + (uint64_t)h->count * ENTRY + h->size;
	if (need > n)
		return false;
	h->entries = b + 8;
	h->data = (const char *)h->entries + (size_t)h->count * ENTRY;
	return true;
}

static bool find(const struct rpm_header *h, enum rpm_tag tag, struct entry *e)
{
	for (uint32_t i = 0; i < h->count; i++) {
		const uint8_t *p = h->entries + (size_t)i * ENTRY;

		if (number_at(p) != tag)
			continue;
		*e = (struct entry){tag, number_at(p + 4), number_at(p + 8),
			number_at(p + 12)};
		return e->offset < h->size;
	}
	return false;
}

static bool has_strings(const struct entry *e)
{
	return e->count && (e->type == TYPE_STRING || e->type == TYPE_ARRAY ||
				   e->type == TYPE_I18N);
}

/* The string at *offset, and on to the next; NULL when none ends there. */
static const char *take(const struct rpm_header *h, uint32_t *offset)
{
	const char *s = h->data + *offset;
	const char *end =
		*offset < h->size ? memchr(s, 0, h->size - *offset) : NULL;

	if (!end)
		return NULL;
	*offset += (uint32_t)(end - s) + 1;
	return s;
}

const char *rpm_header_string(const struct rpm_header *h, enum rpm_tag tag)
{
	struct entry e;

	if (!find(h, tag, &e) || !has_strings(&e))
		return NULL;
	return take(h, &e.offset);
}

const char **rpm_header_strings(const struct rpm_header *h, enum rpm_tag tag,
	struct arena *a, size_t *count)
{
	const char **all, *s;
	struct entry e;

	*count = 0;
	/* Each takes a byte at least. */
	if (!find(h, tag, &e) || !has_strings(&e) || e.count > h->size - e.offset)
		return NULL;
	all = arena_array(a, e.count, sizeof(*all));
	while (*count < e.count && (s = take(h, &e.offset)))
		all[(*count)++] = s;
	return *count == e.count ? all : NULL;
}

bool rpm_header_number(
	const struct rpm_header *h, enum rpm_tag tag, size_t i, uint32_t *out)
{
	struct entry e;

	if (!find(h, tag, &e) || e.type != TYPE_INT32 || i >= e.count ||
		(uint64_t)e.offset + ((uint64_t)i + 1) * 4 > h->size)
		return false;
	*out = number_at(h->data + e.offset + i * 4);
	return true;
}
