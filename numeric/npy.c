// SPDX-License-Identifier: Apache-2.0
/* NumPy arrays (the npy format, versions 1 to 3). */
#include "base/arena.h"
#include "base/fs.h"
#include "numeric/formats.h"
#include "numeric/stream.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC "\x93NUMPY"
#define MAGIC_LEN 6
#define HEADER_MAX (1u << 20)
#define DIMENSIONS_MAX 64
#define DESCR_MAX 4096

/* The dictionary at its beginning. */
struct header {
	char descr[DESCR_MAX]; /* as written, without quotes */
	bool fortran;
	uint64_t shape[DIMENSIONS_MAX];
	size_t dimensions;
	uint64_t count; /* elements */
};

bool npy_is(const unsigned char *p, size_t n)
{
	return n >= MAGIC_LEN && !memcmp(p, MAGIC, MAGIC_LEN);
}

static const char *skip_spaces(const char *p)
{
	return p + strspn(p, " \n");
}

static const char *expect(const char *p, const char *word)
{
	size_t n = strlen(word);

	p = skip_spaces(p);
	return strncmp(p, word, n) ? NULL : skip_spaces(p + n);
}

/* 'text'; `out` may be as long as `max` with its NUL. */
static const char *read_quoted(const char *p, char *out, size_t max)
{
	char quote = *p;
	const char *end;

	if (quote != '\'' && quote != '"')
		return NULL;
	end = strchr(++p, quote);
	if (!end || (size_t)(end - p) >= max)
		return NULL;
	memcpy(out, p, (size_t)(end - p));
	out[end - p] = 0;
	return skip_spaces(end + 1);
}

/* A record type is a list, which is compared as it is written. */
static const char *read_descr(const char *p, struct header *h)
{
	const char *start = p;
	int depth = 0;

	if (*p != '[')
		return read_quoted(p, h->descr, sizeof(h->descr));
	do {
		depth += (*p == '[') - (*p == ']');
		if (!*p++)
			return NULL;
	} while (depth > 0);
	if ((size_t)(p - start) >= sizeof(h->descr))
		return NULL;
	memcpy(h->descr, start, (size_t)(p - start));
	h->descr[p - start] = 0;
	return skip_spaces(p);
}

static const char *read_shape(const char *p, struct header *h)
{
	p = expect(p, "(");
	h->dimensions = 0;
	h->count = 1;
	while (p && *p != ')') {
		char *end;
		uint64_t n;

		if (*p < '0' || *p > '9' || h->dimensions == DIMENSIONS_MAX)
			return NULL;
		n = strtoull(p, &end, 10);
		/* Python 2 wrote long integers so. */
		p = skip_spaces(*end == 'L' ? end + 1 : end);
		if (__builtin_mul_overflow(h->count, n, &h->count))
			return NULL;
		h->shape[h->dimensions++] = n;
		if (*p == ',')
			p = skip_spaces(p + 1);
		else if (*p != ')')
			return NULL;
	}
	return p ? skip_spaces(p + 1) : NULL;
}

static const char *read_item(
	const char *p, const char *key, struct header *h, unsigned *seen)
{
	const char *end;

	if (!strcmp(key, "descr")) {
		*seen |= 1;
		return read_descr(p, h);
	}
	if (!strcmp(key, "shape")) {
		*seen |= 2;
		return read_shape(p, h);
	}
	if (strcmp(key, "fortran_order") != 0)
		return NULL;
	*seen |= 4;
	end = expect(p, "True");
	h->fortran = end != NULL;
	return end ? end : expect(p, "False");
}

static bool parse(const char *p, struct header *h)
{
	unsigned seen = 0;
	char key[20];

	p = expect(p, "{");
	while (p && *p != '}') {
		p = read_quoted(p, key, sizeof(key));
		p = p ? expect(p, ":") : NULL;
		p = p ? read_item(p, key, h, &seen) : NULL;
		if (p && *p == ',')
			p = skip_spaces(p + 1);
		else if (p && *p != '}')
			p = NULL;
	}
	return p && !*skip_spaces(p + 1) && seen == 7;
}

static bool read_header(struct stream *s, struct header *h)
{
	unsigned char start[MAGIC_LEN + 2], size[4];
	autofree char *text = NULL;
	unsigned width;
	uint64_t n;

	if (!stream_read_exactly(s, start, sizeof(start)) ||
		!npy_is(start, sizeof(start)))
		return false;
	/* The length has 2 bytes in version 1 and 4 in later ones. */
	width = start[6] == 1 ? 2 : 4;
	if (start[6] < 1 || start[6] > 3 || !stream_read_exactly(s, size, width))
		return false;
	n = number_load(size, width, false);
	if (n > HEADER_MAX)
		return false;
	text = xcalloc(n + 1, 1);
	return stream_read_exactly(s, text, n) && strlen(text) == n &&
	       parse(text, h);
}

/* "<f8"; false: elements that are no numbers, or none that are known here. */
static bool number_type(const char *descr, struct number_type *t)
{
	static const struct {
		char letter;
		enum number number;
		unsigned min, max; /* bytes */
	} kinds[] = {
		{'b', NUMBER_UINT, 1, 1},
		{'i', NUMBER_INT, 1, 8},
		{'u', NUMBER_UINT, 1, 8},
		{'f', NUMBER_FLOAT, 2, 8},
		{'c', NUMBER_COMPLEX, 8, 16},
	};
	char *end;

	if (!strchr("<>|=", descr[0]) || !descr[0] || !descr[1])
		return false;
	t->big_endian = descr[0] == '>';
	t->size = (unsigned)strtoul(descr + 2, &end, 10);
	if (*end || t->size == 0 || t->size & (t->size - 1))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].letter == descr[1] && t->size >= kinds[i].min &&
			t->size <= kinds[i].max) {
			t->number = kinds[i].number;
			return true;
		}
	return false;
}

static void shape_text(const struct header *h, char *out, size_t max)
{
	size_t len = (size_t)snprintf(out, max, "(");

	for (size_t i = 0; i < h->dimensions && len < max; i++)
		len += (size_t)snprintf(out + len, max - len, "%s%llu",
			i ? ", " : "", (unsigned long long)h->shape[i]);
	if (len < max)
		snprintf(out + len, max - len, h->dimensions == 1 ? ",)" : ")");
}

/* What keeps the elements from being compared one by one. */
static bool is_unlike(struct distance *d, const char *prefix,
	const struct header *a, const struct header *b)
{
	char was[80], is[80];

	if (strcmp(a->descr, b->descr) != 0) {
		distance_unlike(d, prefix, "dtype %.60s, recorded %.60s",
			b->descr, a->descr);
	} else if (a->dimensions != b->dimensions ||
		   memcmp(a->shape, b->shape,
			   a->dimensions * sizeof(*a->shape)) != 0) {
		shape_text(a, was, sizeof(was));
		shape_text(b, is, sizeof(is));
		distance_unlike(d, prefix, "shape %s, recorded %s", is, was);
	} else if (a->fortran != b->fortran) {
		distance_unlike(
			d, prefix, "its axes are stored in another order");
	} else {
		return false;
	}
	return true;
}

/* Of elements of which not even the size is known. */
static bool compare_rest(struct distance *d, const struct contents *c)
{
	struct elements x = {.name = c->prefix, .type = {NUMBER_NONE, 1, false}};
	size_t n, m;

	do {
		if (!stream_peek(c->recorded, &n) ||
			!stream_peek(c->replayed, &m))
			return false;
		x.first += x.count;
		x.count = n < m ? n : m;
		if (!distance_elements(d, &x, c->recorded, c->replayed))
			return false;
		if (n != m)
			distance_unlike(d, c->prefix, "another length");
	} while (n && n == m);
	return true;
}

bool npy_compare(struct distance *d, const struct contents *c)
{
	autofree struct header *h = xcalloc(2, sizeof(*h));
	struct elements x = {.name = c->prefix};

	if (!read_header(c->recorded, &h[0]) || !read_header(c->replayed, &h[1]))
		return false;
	if (is_unlike(d, c->prefix, &h[0], &h[1]))
		return true;
	if (!number_type(h->descr, &x.type))
		return compare_rest(d, c);
	x.count = h->count;
	x.shape = h->shape;
	x.dimensions = h->dimensions;
	x.fortran = h->fortran;
	return distance_elements(d, &x, c->recorded, c->replayed) &&
	       stream_at_end(c->recorded) && stream_at_end(c->replayed);
}
