// SPDX-License-Identifier: Apache-2.0
/* Which format of numbers two files have. */
#include "numeric/numeric.h"

#include "base/arena.h"
#include "base/fs.h"
#include "numeric/formats.h"
#include "numeric/stream.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct side {
	int fd;
	uint64_t bytes;
	unsigned char start[9];
};

static bool look(struct side *x, int fd)
{
	struct stat st;
	size_t n = sizeof(x->start);

	*x = (struct side){.fd = fd};
	if (fstat(fd, &st) < 0)
		return false;
	x->bytes = (uint64_t)st.st_size;
	/* A shorter file has zeros there. */
	return stream_read_at(
		fd, 0, x->start, x->bytes < n ? (size_t)x->bytes : n);
}

static bool both_begin(
	const struct side *a, const struct side *b, const char *magic)
{
	size_t n = strlen(magic);

	return !memcmp(a->start, magic, n) && !memcmp(b->start, magic, n);
}

/* A file that is read from beginning to end, or what is compressed in it. */
static bool compare_contents(struct distance *d, const char *name,
	const struct side *a, const struct side *b)
{
	struct stream *(*open)(int, uint64_t, uint64_t) = stream_range;
	autofree char *inner = xstrdup(name);
	autostream *s = NULL, *t = NULL;
	struct contents c = {.name = inner, .prefix = ""};

	if (both_begin(a, b, "\x1f\x8b\x08")) {
		open = stream_gunzip;
		if (contents_named(inner, "gz"))
			*strrchr(inner, '.') = 0;
	}
	c.recorded = s = open(a->fd, 0, a->bytes);
	c.replayed = t = open(b->fd, 0, b->bytes);
	return contents_compare(d, &c);
}

static bool compare(
	struct distance *d, const char *name, int recorded, int replayed)
{
	struct side a, b;

	if (!look(&a, recorded) || !look(&b, replayed))
		return false;
	if (both_begin(&a, &b, "PK\3\4"))
		return zip_compare(d, name, recorded, replayed);
	d->format = "safetensors";
	if (a.start[8] == '{' && b.start[8] == '{' &&
		safetensors_compare(d, recorded, replayed))
		return true;
	*d = (struct distance){0};
	return compare_contents(d, name, &a, &b);
}

bool numeric_compare(
	struct distance *d, const char *name, int recorded, int replayed)
{
	*d = (struct distance){0};
	if (compare(d, name, recorded, replayed))
		return true;
	*d = (struct distance){0};
	return false;
}
