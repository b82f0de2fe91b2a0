// SPDX-License-Identifier: Apache-2.0
/* safetensors files, tensor by tensor. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "numeric/formats.h"
#include "numeric/json.h"
#include "numeric/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The format allows 100 MB; that of a model of 100,000 tensors has 10. */
#define HEADER_MAX (32u << 20)
#define DIMENSIONS_MAX 64

struct tensor {
	const char *name, *dtype;
	struct number_type type;
	uint64_t *shape;
	size_t dimensions;
	uint64_t count;      /* elements */
	uint64_t begin, end; /* in the file */
};

struct tensors {
	int fd;
	struct arena *arena;
	struct tensor *items; /* in the order of the header */
	size_t count;
	struct map by_name;
	const struct json *metadata; /* or NULL */
	uint64_t data;               /* offset of the data, which goes to: */
	uint64_t bytes;              /* the end of the file */
};

static const struct {
	const char *dtype;
	struct number_type type;
} dtypes[] = {
	{"BOOL", {NUMBER_UINT, 1, false}},
	{"U8", {NUMBER_UINT, 1, false}},
	{"I8", {NUMBER_INT, 1, false}},
	{"F8_E5M2", {NUMBER_FLOAT8_5, 1, false}},
	{"F8_E4M3", {NUMBER_FLOAT8_4, 1, false}},
	{"I16", {NUMBER_INT, 2, false}},
	{"U16", {NUMBER_UINT, 2, false}},
	{"F16", {NUMBER_FLOAT, 2, false}},
	{"BF16", {NUMBER_BFLOAT, 2, false}},
	{"I32", {NUMBER_INT, 4, false}},
	{"U32", {NUMBER_UINT, 4, false}},
	{"F32", {NUMBER_FLOAT, 4, false}},
	{"F64", {NUMBER_FLOAT, 8, false}},
	{"I64", {NUMBER_INT, 8, false}},
	{"U64", {NUMBER_UINT, 8, false}},
	{"C64", {NUMBER_COMPLEX, 8, false}},
};

/* A whole number that is not negative. */
static bool get_count(const struct json *v, uint64_t *out)
{
	char *end;

	if (!v || v->type != JSON_NUMBER || *v->text == '-' || v->len > 19)
		return false;
	*out = strtoull(v->text, &end, 10);
	return end == v->text + v->len;
}

static bool get_shape(struct arena *a, struct tensor *t, const struct json *shape)
{
	if (!shape || shape->type != JSON_ARRAY || shape->len > DIMENSIONS_MAX)
		return false;
	t->shape = arena_array(a, shape->len, sizeof(*t->shape));
	t->count = 1;
	for (const struct json *v = shape->first; v; v = v->next) {
		uint64_t *n = &t->shape[t->dimensions++];

		if (!get_count(v, n) ||
			__builtin_mul_overflow(t->count, *n, &t->count))
			return false;
	}
	return true;
}

static bool get_place(
	const struct tensors *x, struct tensor *t, const struct json *offsets)
{
	if (!offsets || offsets->type != JSON_ARRAY || offsets->len != 2 ||
		!get_count(offsets->first, &t->begin) ||
		!get_count(offsets->first->next, &t->end))
		return false;
	if (t->begin > t->end || t->end > x->bytes - x->data)
		return false;
	t->begin += x->data;
	t->end += x->data;
	return true;
}

/* An element of an unknown type is compared as its bytes. */
static bool get_type(struct tensor *t)
{
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(dtypes) / sizeof(*dtypes); i++)
		if (!strcmp(dtypes[i].dtype, t->dtype))
			t->type = dtypes[i].type;
	if (t->type.number != NUMBER_NONE)
		return !__builtin_mul_overflow(t->count, t->type.size, &bytes) &&
		       bytes == t->end - t->begin;
	t->type.size = 1;
	t->dimensions = 0;
	t->count = t->end - t->begin;
	return true;
}

static bool add_tensor(struct tensors *x, const struct json *v)
{
	struct tensor *t = ARENA_PUSH(x->arena, x->items, x->count);
	const struct json *dtype = json_get(v, "dtype");

	if (!dtype || dtype->type != JSON_STRING)
		return false;
	t->name = arena_memdup(x->arena, v->key, v->key_len);
	t->dtype = arena_memdup(x->arena, dtype->text, dtype->len);
	return get_shape(x->arena, t, json_get(v, "shape")) &&
	       get_place(x, t, json_get(v, "data_offsets")) && get_type(t);
}

static bool read_header(struct tensors *x)
{
	autostream *s = stream_range(x->fd, 0, x->bytes);
	const struct json *all;
	unsigned char size[8];
	uint64_t n;
	char *text;

	if (!stream_read_exactly(s, size, sizeof(size)))
		return false;
	n = number_load(size, sizeof(size), false);
	if (n < 2 || n > HEADER_MAX || n > x->bytes - sizeof(size))
		return false;
	text = arena_alloc(x->arena, n + 1);
	if (!stream_read_exactly(s, text, n) || *text != '{')
		return false;
	x->data = sizeof(size) + n;
	all = json_parse(text, n, x->arena);
	if (!all || all->len != 1 || all->first->type != JSON_OBJECT)
		return false;
	for (const struct json *v = all->first->first; v; v = v->next)
		if (v->key_len == 12 && !memcmp(v->key, "__metadata__", 12))
			x->metadata = v;
		else if (!add_tensor(x, v))
			return false;
	return true;
}

/* The data of all tensors is all the data, each has a name of its own. */
static bool is_whole(struct tensors *x)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < x->count; i++) {
		struct tensor *t = &x->items[i];

		if (map_puts(&x->by_name, t->name, t))
			return false;
		bytes += t->end - t->begin;
	}
	return bytes == x->bytes - x->data;
}

static bool tensors_read(struct tensors *x, struct arena *a, int fd)
{
	struct stat st;

	*x = (struct tensors){.fd = fd, .arena = a, .by_name = MAP_INIT};
	if (fstat(fd, &st) < 0 || st.st_size < 8)
		return false;
	x->bytes = (uint64_t)st.st_size;
	return read_header(x) && is_whole(x);
}

static bool same_shape(const struct tensor *a, const struct tensor *b)
{
	return a->dimensions == b->dimensions && a->count == b->count &&
	       !memcmp(a->shape, b->shape, a->dimensions * sizeof(*a->shape));
}

static bool compare_tensor(struct distance *d, const struct tensors *x,
	const struct tensor *a, const struct tensors *y, const struct tensor *b)
{
	autostream *s = NULL, *t = NULL;
	char name[DISTANCE_TEXT];
	struct elements e = {
		.name = name,
		.type = a->type,
		.count = a->count,
		.shape = a->shape,
		.dimensions = a->dimensions,
	};

	snprintf(name, sizeof(name), "tensor '%.120s'", a->name);
	if (!b) {
		distance_unlike(d, name, "missing");
		return true;
	}
	if (strcmp(a->dtype, b->dtype) != 0) {
		distance_unlike(d, name, "dtype %.20s, recorded %.20s",
			b->dtype, a->dtype);
		return true;
	}
	if (!same_shape(a, b)) {
		distance_unlike(d, name, "another shape");
		return true;
	}
	s = stream_range(x->fd, a->begin, a->end - a->begin);
	t = stream_range(y->fd, b->begin, b->end - b->begin);
	return distance_elements(d, &e, s, t);
}

static void compare_metadata(
	struct distance *d, const struct tensors *x, const struct tensors *y)
{
	if (x->metadata && y->metadata)
		json_compare_values(
			d, "__metadata__", x->arena, x->metadata, y->metadata);
	else if (x->metadata || y->metadata)
		distance_unlike(d, "__metadata__", "%s",
			x->metadata ? "missing" : "not recorded");
}

static bool compare(
	struct distance *d, const struct tensors *x, const struct tensors *y)
{
	for (size_t i = 0; i < x->count; i++) {
		const struct tensor *a = &x->items[i];

		if (!compare_tensor(d, x, a, y, map_gets(&y->by_name, a->name)))
			return false;
	}
	for (size_t i = 0; i < y->count; i++)
		if (!map_gets(&x->by_name, y->items[i].name))
			distance_unlike(d, "", "tensor '%.120s': not recorded",
				y->items[i].name);
	compare_metadata(d, x, y);
	return true;
}

bool safetensors_compare(struct distance *d, int recorded, int replayed)
{
	autoarena *a = arena_new();
	struct tensors x, y = {.by_name = MAP_INIT};
	bool measured;

	measured = tensors_read(&x, a, recorded) &&
		   tensors_read(&y, a, replayed) && compare(d, &x, &y);
	map_release(&x.by_name);
	map_release(&y.by_name);
	return measured;
}
