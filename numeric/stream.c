// SPDX-License-Identifier: Apache-2.0
/* A range of a file, or what is compressed in it, as a stream. */
#include "numeric/stream.h"

#include "base/arena.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GZIP_HEADER 10
#define GZIP_TRAILER 8

enum part { PART_HEADER, PART_RANGE, PART_TRAILER, PART_END };

struct stream {
	int fd;
	uint64_t offset, left; /* of the range, what is not read yet */
	/* NULL: the range itself is the stream. */
	struct archive *archive;
	/* What the archive reads is the range in a frame of our own. */
	enum part part;
	unsigned char header[GZIP_HEADER], trailer[GZIP_TRAILER];
	unsigned char *packed;
	bool damaged;
	/* Bytes that were looked at and are not read yet. */
	size_t start, end;
	unsigned char buf[STREAM_PEEK];
};

static ssize_t read_at(int fd, uint64_t offset, void *buf, size_t n)
{
	ssize_t got;

	do
		got = pread(fd, buf, n, (off_t)offset);
	while (got < 0 && errno == EINTR);
	return got;
}

bool stream_read_at(int fd, uint64_t offset, void *buf, size_t n)
{
	ssize_t got;

	for (size_t done = 0; done < n; done += (size_t)got) {
		got = read_at(fd, offset + done, (char *)buf + done, n - done);
		if (got <= 0)
			return false;
	}
	return true;
}

static ssize_t read_range(struct stream *s, void *buf, size_t n)
{
	ssize_t got;

	if (n > s->left)
		n = (size_t)s->left;
	if (n == 0)
		return 0;
	got = read_at(s->fd, s->offset, buf, n);
	/* Shorter than was said. */
	if (got <= 0)
		return -1;
	s->offset += (uint64_t)got;
	s->left -= (uint64_t)got;
	return got;
}

/* libarchive's next block: frame, range, frame. */
static ssize_t feed(struct archive *a, void *ctx, const void **block)
{
	struct stream *s = ctx;
	ssize_t n;

	switch (s->part) {
	case PART_HEADER:
		s->part = PART_RANGE;
		*block = s->header;
		return GZIP_HEADER;
	case PART_RANGE:
		*block = s->packed;
		n = read_range(s, s->packed, STREAM_PEEK);
		if (n < 0)
			archive_set_error(a, EIO, "cannot read");
		if (n != 0)
			return n;
		if (!s->header[0])
			break;
		s->part = PART_END;
		*block = s->trailer;
		return GZIP_TRAILER;
	default:
		break;
	}
	return 0;
}

/* One filter and no more: left to itself, libarchive unpacks a gzip file that
 * lies in a gzip file, too. */
static bool unpack(struct stream *s)
{
	struct archive_entry *entry;

	s->archive = archive_read_new();
	s->packed = xmalloc(STREAM_PEEK);
	return s->archive &&
	       archive_read_support_format_raw(s->archive) == ARCHIVE_OK &&
	       archive_read_append_filter(s->archive, ARCHIVE_FILTER_GZIP) ==
		       ARCHIVE_OK &&
	       archive_read_open(s->archive, s, NULL, feed, NULL) == ARCHIVE_OK &&
	       archive_read_next_header(s->archive, &entry) == ARCHIVE_OK;
}

/*
 * libarchive fails for an empty content as it does for a damaged one. Nothing
 * is packed as one block of no bytes (RFC 1951, 3.2.6), and its sum is 0.
 */
static void open_packed(struct stream *s, uint64_t offset, uint64_t len)
{
	static const unsigned char nothing[2 + GZIP_TRAILER] = {3};
	size_t n = s->header[0] ? 2 : sizeof(nothing);
	unsigned char end[sizeof(nothing)];

	if (unpack(s))
		return;
	if (s->archive)
		archive_read_free(s->archive);
	s->archive = NULL;
	s->left = 0;
	s->damaged = len < n ||
		     !stream_read_at(s->fd, offset + len - n, end, n) ||
		     memcmp(end, nothing, n) != 0;
}

struct stream *stream_range(int fd, uint64_t offset, uint64_t len)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->fd = fd;
	s->offset = offset;
	s->left = len;
	return s;
}

struct stream *stream_gunzip(int fd, uint64_t offset, uint64_t len)
{
	struct stream *s = stream_range(fd, offset, len);

	s->part = PART_RANGE;
	open_packed(s, offset, len);
	return s;
}

static void put_u32(unsigned char *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(n >> 8 * i);
}

/* libarchive inflates no bare deflate stream: RFC 1952 gives it its frame. */
struct stream *stream_inflate(
	int fd, uint64_t offset, uint64_t len, uint64_t size, uint32_t crc)
{
	static const unsigned char header[GZIP_HEADER] = {
		0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
	struct stream *s = stream_range(fd, offset, len);

	memcpy(s->header, header, sizeof(header));
	put_u32(s->trailer, crc);
	put_u32(s->trailer + 4, (uint32_t)size);
	open_packed(s, offset, len);
	return s;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	if (s->archive)
		archive_read_free(s->archive);
	free(s->packed);
	free(s);
}

void stream_autofree(struct stream **s)
{
	stream_free(*s);
}

static ssize_t read_some(struct stream *s, void *buf, size_t n)
{
	ssize_t got = -1;

	if (!s->damaged)
		got = s->archive ? archive_read_data(s->archive, buf, n)
				 : read_range(s, buf, n);
	s->damaged |= got < 0;
	return got < 0 ? -1 : got;
}

ssize_t stream_read(struct stream *s, void *buf, size_t n)
{
	size_t have = s->end - s->start, done = have < n ? have : n;

	memcpy(buf, s->buf + s->start, done);
	s->start += done;
	while (done < n) {
		ssize_t got = read_some(s, (char *)buf + done, n - done);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

bool stream_read_exactly(struct stream *s, void *buf, size_t n)
{
	return stream_read(s, buf, n) == (ssize_t)n;
}

static bool fill(struct stream *s)
{
	ssize_t got = 1;

	memmove(s->buf, s->buf + s->start, s->end - s->start);
	s->end -= s->start;
	s->start = 0;
	while (s->end < sizeof(s->buf) && got > 0) {
		got = read_some(s, s->buf + s->end, sizeof(s->buf) - s->end);
		if (got > 0)
			s->end += (size_t)got;
	}
	return got >= 0;
}

const unsigned char *stream_peek(struct stream *s, size_t *n)
{
	bool whole = fill(s);

	*n = s->end;
	return whole ? s->buf : NULL;
}

int stream_byte(struct stream *s)
{
	if (s->start == s->end && !fill(s))
		return -2;
	return s->start < s->end ? s->buf[s->start++] : -1;
}

bool stream_at_end(struct stream *s)
{
	return s->start == s->end && fill(s) && s->end == 0;
}

int64_t stream_difference(struct stream *a, struct stream *b)
{
	unsigned char buf[2][STREAM_PEEK];
	int64_t at = 0;
	ssize_t n, m, i = 0;

	do {
		n = stream_read(a, buf[0], sizeof(buf[0]));
		m = stream_read(b, buf[1], sizeof(buf[1]));
		if (n < 0 || m < 0)
			return -2;
		if (n != m || memcmp(buf[0], buf[1], (size_t)n)) {
			while (i < n && i < m && buf[0][i] == buf[1][i])
				i++;
			return at + i;
		}
		at += n;
	} while (n > 0);
	return -1;
}
