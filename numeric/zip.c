// SPDX-License-Identifier: Apache-2.0
/* The directory of a zip file. */
#include "numeric/zip.h"

#include "base/arena.h"
#include "base/fs.h"
#include "numeric/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define END 22       /* the record at the end */
#define END64 56     /* the one of Zip64 */
#define LOCATOR64 20 /* where that is */

/* A directory beyond these is no model's. */
#define DIRECTORY_MAX (64u << 20)
#define MEMBERS_MAX (1u << 20)
/* Deflate gets no further: 258 bytes from 2 bits. */
#define INFLATE_MAX 1032

enum { STORED = 0, DEFLATED = 8 };
enum { FLAG_ENCRYPTED = 1 };

static bool read_at(const struct zip *z, uint64_t at, void *buf, size_t n)
{
	return at <= z->bytes && n <= z->bytes - at &&
	       stream_read_at(z->fd, at, buf, n);
}

/* The record at the end, before a comment of up to 64 KiB; NULL: none. */
static const unsigned char *find_end(
	const struct zip *z, unsigned char *tail, size_t n)
{
	if (n < END || !read_at(z, z->bytes - n, tail, n))
		return NULL;
	for (size_t i = n - END + 1; i-- > 0;)
		if (!memcmp(tail + i, "PK\5\6", 4) &&
			zip_u16(tail + i + 20) == n - END - i)
			return tail + i;
	return NULL;
}

struct extent {
	uint64_t offset, len, entries;
};

/* With Zip64 the record at the end holds 0xffff... where it cannot say it. */
static bool read_end64(const struct zip *z, uint64_t end, struct extent *x)
{
	unsigned char locator[LOCATOR64], buf[END64];

	if (end < LOCATOR64 || !read_at(z, end - LOCATOR64, locator, LOCATOR64) ||
		memcmp(locator, "PK\6\7", 4) != 0)
		return false;
	if (!read_at(z, zip_u64(locator + 8), buf, END64) ||
		memcmp(buf, "PK\6\6", 4) != 0)
		return false;
	x->entries = zip_u64(buf + 32);
	x->len = zip_u64(buf + 40);
	x->offset = zip_u64(buf + 48);
	return true;
}

static bool read_end(const struct zip *z, struct extent *x)
{
	size_t n = z->bytes < END + UINT16_MAX ? (size_t)z->bytes
					       : END + UINT16_MAX;
	autofree unsigned char *tail = xmalloc(n);
	const unsigned char *p = find_end(z, tail, n);
	uint64_t end;

	if (!p)
		return false;
	end = z->bytes - n + (uint64_t)(p - tail);
	*x = (struct extent){zip_u32(p + 16), zip_u32(p + 12), zip_u16(p + 10)};
	if (x->offset == UINT32_MAX || x->len == UINT32_MAX ||
		x->entries == UINT16_MAX)
		read_end64(z, end, x);
	return x->len <= DIRECTORY_MAX && x->entries <= MEMBERS_MAX &&
	       x->offset <= end && x->len <= end - x->offset;
}

/* Zip64's extra field has, in this order, those that the header cannot say. */
static bool read_extra64(
	const unsigned char *p, size_t n, uint64_t *const wanted[3])
{
	const unsigned char *from = NULL;
	size_t len, have = 0;

	for (; !from && n >= 4; p += 4 + len, n -= 4 + len) {
		len = zip_u16(p + 2);
		if (len > n - 4)
			return false;
		if (zip_u16(p) != 1)
			continue;
		from = p + 4;
		have = len;
	}
	for (int i = 0; i < 3; i++) {
		if (*wanted[i] != UINT32_MAX)
			continue;
		if (have < 8)
			return false;
		*wanted[i] = zip_u64(from);
		from += 8;
		have -= 8;
	}
	return true;
}

static bool add_member(
	struct zip *z, struct arena *a, const unsigned char *p, size_t left)
{
	struct zip_member *m = &z->members[z->count];
	size_t name_len, extra_len, comment_len;
	uint64_t *const wanted[3] = {&m->size, &m->packed, &m->header};

	name_len = zip_u16(p + 28);
	extra_len = zip_u16(p + 30);
	comment_len = zip_u16(p + 32);
	if (name_len + extra_len + comment_len > left - ZIP_CENTRAL ||
		zip_u16(p + 8) & FLAG_ENCRYPTED)
		return false;
	*m = (struct zip_member){
		.name = arena_memdup(a, p + ZIP_CENTRAL, name_len),
		.method = zip_u16(p + 10),
		.crc = zip_u32(p + 16),
		.packed = zip_u32(p + 20),
		.size = zip_u32(p + 24),
		.header = zip_u32(p + 42),
	};
	z->count++;
	return strlen(m->name) == name_len &&
	       read_extra64(p + ZIP_CENTRAL + name_len, extra_len, wanted);
}

static bool read_members(struct zip *z, struct arena *a, const struct extent *x)
{
	unsigned char *raw = arena_alloc(a, x->len);
	size_t at = 0;

	if (x->entries > x->len / ZIP_CENTRAL ||
		!read_at(z, x->offset, raw, x->len))
		return false;
	z->directory = x->offset;
	z->raw = raw;
	z->members = arena_array(a, x->entries, sizeof(*z->members));
	while (z->count < x->entries) {
		const unsigned char *p = raw + at;

		if (x->len - at < ZIP_CENTRAL || memcmp(p, "PK\1\2", 4) ||
			!add_member(z, a, p, x->len - at))
			return false;
		at += ZIP_CENTRAL + zip_u16(p + 28) + zip_u16(p + 30) +
		      zip_u16(p + 32);
	}
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct zip_member *x = a, *y = b;

	return (x->header > y->header) - (x->header < y->header);
}

/* The content begins behind a header of its own. */
static bool find_data(const struct zip *z, struct zip_member *m, uint64_t from)
{
	unsigned char local[ZIP_LOCAL];

	if (m->header < from || !read_at(z, m->header, local, ZIP_LOCAL) ||
		memcmp(local, "PK\3\4", 4) != 0)
		return false;
	m->name_len = zip_u16(local + 26);
	m->extra_len = zip_u16(local + 28);
	m->data = m->header + ZIP_LOCAL + m->name_len + m->extra_len;
	if (m->data > z->directory || m->packed > z->directory - m->data)
		return false;
	if (m->method == STORED)
		return m->packed == m->size;
	return m->method != DEFLATED || m->size / INFLATE_MAX <= m->packed;
}

bool zip_read(struct zip *z, struct arena *a, int fd)
{
	struct extent x;
	struct stat st;
	uint64_t from = 0;

	*z = (struct zip){.fd = fd, .by_name = MAP_INIT};
	if (fstat(fd, &st) < 0)
		return false;
	z->bytes = (uint64_t)st.st_size;
	if (!read_end(z, &x) || !read_members(z, a, &x))
		return false;
	qsort(z->members, z->count, sizeof(*z->members), by_place);
	for (size_t i = 0; i < z->count; i++) {
		struct zip_member *m = &z->members[i];

		if (!find_data(z, m, from) || map_puts(&z->by_name, m->name, m))
			return false;
		from = m->data + m->packed;
	}
	return true;
}

void zip_release(struct zip *z)
{
	map_release(&z->by_name);
}

struct zip_member *zip_find(const struct zip *z, const char *name)
{
	return map_gets(&z->by_name, name);
}

struct stream *zip_open_packed(const struct zip *z, const struct zip_member *m)
{
	return stream_range(z->fd, m->data, m->packed);
}

struct stream *zip_open(const struct zip *z, const struct zip_member *m)
{
	switch (m->method) {
	case STORED:
		return zip_open_packed(z, m);
	case DEFLATED:
		return stream_inflate(z->fd, m->data, m->packed, m->size, m->crc);
	default:
		return NULL;
	}
}
