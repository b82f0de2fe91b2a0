// SPDX-License-Identifier: Apache-2.0
/* Two containers that are the same but for the times noted in them. */
#include "base/arena.h"
#include "numeric/numeric.h"
#include "numeric/stream.h"
#include "numeric/zip.h"

#include <string.h>
#include <sys/stat.h>

#define CHUNK 65536

/* Bytes of a file that note a time: from the first, up to the last. */
struct stamp {
	uint64_t from, to;
};

struct stamps {
	struct arena *arena;
	struct stamp *items; /* in the order of the file */
	size_t count;
};

static void add(struct stamps *s, uint64_t from, uint64_t len)
{
	*ARENA_PUSH(s->arena, s->items, s->count) =
		(struct stamp){from, from + len};
}

/* Extra fields with times (APPNOTE 4.5 and Info-ZIP's): where those begin,
 * and how long they are at most. */
static const struct {
	uint16_t id;
	unsigned skip, max;
} extras[] = {
	{0x000a, 8, UINT16_MAX}, /* NTFS */
	{0x5455, 1, UINT16_MAX}, /* Unix */
	{0x5855, 0, 8},          /* older Unix, followed by ids */
};

static void add_extras(
	struct stamps *s, const unsigned char *p, size_t n, uint64_t at)
{
	size_t len;

	for (; n >= 4; p += len, at += len, n -= len) {
		size_t skip, max;

		len = 4 + zip_u16(p + 2);
		if (len > n)
			return;
		for (size_t i = 0; i < sizeof(extras) / sizeof(*extras); i++) {
			skip = 4 + extras[i].skip;
			max = extras[i].max;
			if (extras[i].id == zip_u16(p) && len > skip)
				add(s, at + skip,
					len - skip < max ? len - skip : max);
		}
	}
}

/* Times of local headers, then those of the directory. */
static bool find_stamps(struct stamps *s, const struct zip *z)
{
	const unsigned char *p = z->raw;
	unsigned char extra[UINT16_MAX];

	for (size_t i = 0; i < z->count; i++) {
		const struct zip_member *m = &z->members[i];
		uint64_t at = m->header + ZIP_LOCAL + m->name_len;

		if (!stream_read_at(z->fd, at, extra, m->extra_len))
			return false;
		add(s, m->header + 10, 4);
		add_extras(s, extra, m->extra_len, at);
	}
	for (size_t i = 0; i < z->count; i++) {
		uint64_t at = z->directory + (uint64_t)(p - z->raw);
		size_t name = zip_u16(p + 28), len = zip_u16(p + 30);

		add(s, at + 12, 4);
		add_extras(s, p + ZIP_CENTRAL + name, len,
			at + ZIP_CENTRAL + name);
		p += ZIP_CENTRAL + name + len + zip_u16(p + 32);
	}
	return true;
}

/* Calls `may` with the offset of each byte that is not the same. */
static bool differ_only(int a, int b, uint64_t bytes,
	bool (*may)(void *ctx, uint64_t at), void *ctx)
{
	autostream *s = stream_range(a, 0, bytes), *t = stream_range(b, 0, bytes);
	unsigned char buf[2][CHUNK];
	ssize_t n;

	for (uint64_t at = 0; at < bytes; at += (uint64_t)n) {
		n = stream_read(s, buf[0], CHUNK);
		if (n <= 0 || stream_read(t, buf[1], CHUNK) != n)
			return false;
		if (!memcmp(buf[0], buf[1], (size_t)n))
			continue;
		for (ssize_t i = 0; i < n; i++)
			if (buf[0][i] != buf[1][i] && !may(ctx, at + (uint64_t)i))
				return false;
	}
	return true;
}

static bool in_stamps(void *ctx, uint64_t at)
{
	struct stamps *s = ctx;

	while (s->count > 0 && s->items->to <= at) {
		s->items++;
		s->count--;
	}
	return s->count > 0 && s->items->from <= at;
}

/* What says where the times are lies outside of them: the same in both. */
static bool only_zip_stamps(int a, int b, uint64_t bytes)
{
	autoarena *arena = arena_new();
	autozip z = {.by_name = MAP_INIT};
	struct stamps s = {.arena = arena};

	return zip_read(&z, arena, a) && find_stamps(&s, &z) &&
	       differ_only(a, b, bytes, in_stamps, &s);
}

struct gzip_pair {
	int a, b;
};

/* Bytes 4 to 7 of a member's header; members follow one another. */
static bool in_gzip_stamp(void *ctx, uint64_t at)
{
	const struct gzip_pair *g = ctx;

	unsigned char x[3], y[3];

	for (uint64_t back = 4; back < 8 && back <= at; back++)
		if (stream_read_at(g->a, at - back, x, 3) &&
			stream_read_at(g->b, at - back, y, 3) &&
			!memcmp(x, "\x1f\x8b\x08", 3) && !memcmp(y, x, 3))
			return true;
	return false;
}

/* What looks like a header may be data: so what they hold must be the same. */
static bool only_gzip_stamps(int a, int b, uint64_t bytes)
{
	struct gzip_pair g = {a, b};
	autostream *s = NULL, *t = NULL;

	if (!differ_only(a, b, bytes, in_gzip_stamp, &g))
		return false;
	s = stream_gunzip(a, 0, bytes);
	t = stream_gunzip(b, 0, bytes);
	return stream_difference(s, t) == -1;
}

bool numeric_only_stamps(int recorded, int replayed)
{
	struct stat st, now;
	unsigned char start[4];

	if (fstat(recorded, &st) < 0 || fstat(replayed, &now) < 0 ||
		st.st_size != now.st_size ||
		!stream_read_at(recorded, 0, start, sizeof(start)))
		return false;
	if (!memcmp(start, "PK\3\4", 4))
		return only_zip_stamps(recorded, replayed, (uint64_t)st.st_size);
	return !memcmp(start, "\x1f\x8b\x08", 3) &&
	       only_gzip_stamps(recorded, replayed, (uint64_t)st.st_size);
}
