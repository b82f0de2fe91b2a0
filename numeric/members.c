// SPDX-License-Identifier: Apache-2.0
/* Two zip files, member by member. */
#include "base/arena.h"
#include "numeric/formats.h"
#include "numeric/stream.h"
#include "numeric/zip.h"

#include <inttypes.h>
#include <stdio.h>

/* The bytes of a member, or those that hold it where it cannot be unpacked. */
static struct stream *open_bytes(
	const struct zip *z, const struct zip_member *m, uint64_t *size)
{
	struct stream *s = zip_open(z, m);

	*size = s ? m->size : m->packed;
	return s ? s : zip_open_packed(z, m);
}

static bool compare_elements(struct distance *d, const struct member_pair *p)
{
	struct elements x = {.name = p->prefix, .type = {NUMBER_NONE, 1, false}};
	autostream *a = NULL, *b = NULL;
	uint64_t n, m;

	a = open_bytes(p->recorded, p->a, &n);
	b = open_bytes(p->replayed, p->b, &m);
	if (p->a->method != p->b->method || n != m) {
		distance_unlike(d, p->prefix,
			"%" PRIu64 " bytes, recorded %" PRIu64, m, n);
		return true;
	}
	if (p->type && n % p->type->size == 0)
		x.type = *p->type;
	x.count = n / x.type.size;
	return distance_elements(d, &x, a, b) && stream_at_end(a) &&
	       stream_at_end(b);
}

bool zip_compare_member(struct distance *d, const struct member_pair *p)
{
	const struct distance before = *d;
	autostream *a = NULL, *b = NULL;
	struct contents c = {.prefix = p->prefix};

	if (!p->b) {
		distance_unlike(d, p->prefix, "missing");
		return true;
	}
	if (p->type)
		return compare_elements(d, p);
	c.name = p->a->name;
	c.recorded = a = zip_open(p->recorded, p->a);
	c.replayed = b = zip_open(p->replayed, p->b);
	if (a && b && contents_compare(d, &c))
		return true;
	*d = before;
	return compare_elements(d, p);
}

static bool compare_members(
	struct distance *d, const struct zip *x, const struct zip *y)
{
	char prefix[DISTANCE_TEXT];

	for (size_t i = 0; i < x->count; i++) {
		struct member_pair p = {
			.recorded = x,
			.replayed = y,
			.a = &x->members[i],
			.b = zip_find(y, x->members[i].name),
			.prefix = prefix,
		};

		snprintf(prefix, sizeof(prefix), "member '%.120s'", p.a->name);
		if (!zip_compare_member(d, &p))
			return false;
	}
	for (size_t i = 0; i < y->count; i++)
		if (!zip_find(x, y->members[i].name))
			distance_unlike(d, "", "member '%.120s': not recorded",
				y->members[i].name);
	return true;
}

bool zip_compare(struct distance *d, const char *name, int recorded, int replayed)
{
	autoarena *a = arena_new();
	autozip x = {.by_name = MAP_INIT}, y = {.by_name = MAP_INIT};
	bool measured;
	int r;

	if (!zip_read(&x, a, recorded) || !zip_read(&y, a, replayed))
		return false;
	r = torch_compare(d, &x, &y);
	if (r != 0) {
		d->format = "torch";
		return r > 0;
	}
	measured = compare_members(d, &x, &y);
	d->format = contents_named(name, "npz") ? "npz" : "zip";
	return measured;
}
