// SPDX-License-Identifier: Apache-2.0
/* Zip files of PyTorch (torch.save since 1.6), storage by storage. */
#include "base/arena.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "numeric/formats.h"
#include "numeric/pickle.h"
#include "numeric/stream.h"
#include "numeric/zip.h"

#include <stdio.h>
#include <string.h>

/* A larger pickle holds data itself. */
#define PICKLE_MAX (64u << 20)

/*
 * All names begin with that of one directory, that of the file when it was
 * written: NAME/data.pkl, NAME/data/0, NAME/version, NAME/byteorder.
 */
struct torch {
	const struct zip *zip;
	struct arena *arena;
	const char *root; /* with its slash */
	struct pickle pickle;
	struct map storages; /* by key */
	bool big_endian;
};

static const struct {
	const char *storage;
	struct number_type type;
} types[] = {
	{"DoubleStorage", {NUMBER_FLOAT, 8, false}},
	{"FloatStorage", {NUMBER_FLOAT, 4, false}},
	{"HalfStorage", {NUMBER_FLOAT, 2, false}},
	{"BFloat16Storage", {NUMBER_BFLOAT, 2, false}},
	{"LongStorage", {NUMBER_INT, 8, false}},
	{"IntStorage", {NUMBER_INT, 4, false}},
	{"ShortStorage", {NUMBER_INT, 2, false}},
	{"CharStorage", {NUMBER_INT, 1, false}},
	{"ByteStorage", {NUMBER_UINT, 1, false}},
	{"BoolStorage", {NUMBER_UINT, 1, false}},
	{"ComplexDoubleStorage", {NUMBER_COMPLEX, 16, false}},
	{"ComplexFloatStorage", {NUMBER_COMPLEX, 8, false}},
	{"QInt8Storage", {NUMBER_INT, 1, false}},
	{"QUInt8Storage", {NUMBER_UINT, 1, false}},
	{"QInt32Storage", {NUMBER_INT, 4, false}},
};

static const struct zip_member *find(const struct torch *t, const char *name)
{
	return zip_find(t->zip, arena_printf(t->arena, "%s%s", t->root, name));
}

/* All of a member, or NULL. */
static unsigned char *read_member(
	const struct torch *t, const struct zip_member *m, size_t max)
{
	autostream *s = NULL;
	unsigned char *p;

	if (!m || m->size > max)
		return NULL;
	s = zip_open(t->zip, m);
	p = arena_alloc(t->arena, m->size + 1);
	return s && stream_read_exactly(s, p, m->size) ? p : NULL;
}

static const char *in_root(const struct torch *t, const char *name)
{
	size_t n = strlen(t->root);

	return strncmp(name, t->root, n) ? NULL : name + n;
}

static bool find_root(struct torch *t)
{
	const struct zip *z = t->zip;

	for (size_t i = 0; i < z->count && !t->root; i++) {
		const char *name = z->members[i].name;
		const char *slash = strchr(name, '/');

		if (slash && !strcmp(slash, "/data.pkl"))
			t->root = arena_memdup(
				t->arena, name, (size_t)(slash - name) + 1);
	}
	for (size_t i = 0; i < z->count && t->root; i++)
		if (!in_root(t, z->members[i].name))
			return false;
	return t->root != NULL;
}

/* What its pickle says; false: no file of PyTorch's. */
static bool torch_read(struct torch *t, const struct zip *z, struct arena *a)
{
	const struct zip_member *m;
	const unsigned char *order;

	*t = (struct torch){.zip = z, .arena = a, .storages = MAP_INIT};
	if (!find_root(t))
		return false;
	m = find(t, "data.pkl");
	t->pickle.p = read_member(t, m, PICKLE_MAX);
	if (!t->pickle.p)
		return false;
	t->pickle.len = (size_t)m->size;
	pickle_storages(t->pickle.p, t->pickle.len, a, &t->storages);
	/* Without this member it is little-endian. */
	order = read_member(t, find(t, "byteorder"), 20);
	t->big_endian = order && !strcmp((const char *)order, "big");
	return true;
}

/* The type of the elements of data/KEY, or NULL. */
static const struct number_type *type_of(
	const struct torch *t, const char *key, struct number_type *out)
{
	const struct pickle_storage *s = map_gets(&t->storages, key);

	for (size_t i = 0; s && i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(types[i].storage, s->type) != 0)
			continue;
		*out = types[i].type;
		out->big_endian = t->big_endian;
		return out;
	}
	return NULL;
}

static bool compare_storage(struct distance *d, const struct torch *x,
	const struct torch *y, const char *name)
{
	const char *key = name + strlen("data/");
	const struct pickle_storage *s = map_gets(&x->storages, key);
	struct number_type type;
	char prefix[DISTANCE_TEXT];
	struct member_pair p = {
		.recorded = x->zip,
		.replayed = y->zip,
		.a = find(x, name),
		.b = find(y, name),
		.prefix = prefix,
		.type = type_of(x, key, &type),
	};

	snprintf(prefix, sizeof(prefix), "storage %.20s", key);
	if (s && s->name)
		snprintf(prefix, sizeof(prefix), "storage %.20s ('%.120s')",
			key, s->name);
	return zip_compare_member(d, &p);
}

/* Each name is relative to the root. */
static bool compare_one(struct distance *d, const struct torch *x,
	const struct torch *y, const char *name)
{
	struct member_pair p = {
		.recorded = x->zip,
		.replayed = y->zip,
		.a = find(x, name),
		.b = find(y, name),
		.prefix = name,
	};

	if (!strncmp(name, "data/", 5))
		return compare_storage(d, x, y, name);
	/* A sum of all the others. */
	if (!strcmp(name, ".data/serialization_id"))
		return true;
	if (!strcmp(name, "data.pkl"))
		return pickle_compare(d, name, x->pickle, y->pickle);
	return zip_compare_member(d, &p);
}

static bool compare(
	struct distance *d, const struct torch *x, const struct torch *y)
{
	for (size_t i = 0; i < x->zip->count; i++)
		if (!compare_one(d, x, y, in_root(x, x->zip->members[i].name)))
			return false;
	for (size_t i = 0; i < y->zip->count; i++) {
		const char *name = in_root(y, y->zip->members[i].name);

		if (!find(x, name))
			distance_unlike(
				d, "", "member '%.120s': not recorded", name);
	}
	return true;
}

int torch_compare(struct distance *d, const struct zip *recorded,
	const struct zip *replayed)
{
	autoarena *a = arena_new();
	struct torch x, y = {.storages = MAP_INIT};
	int r = 0;

	if (torch_read(&x, recorded, a) && torch_read(&y, replayed, a))
		r = compare(d, &x, &y) ? 1 : -1;
	map_release(&x.storages);
	map_release(&y.storages);
	return r;
}
