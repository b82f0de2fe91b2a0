/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A range of a file, or what is compressed in it, read from its beginning to
 * its end in bounded memory. By pread(2) and not mmap(2): an error of the disk
 * is an error here, and not SIGBUS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stream;

/* The descriptor is the caller's, and its offset of no account. */
struct stream *stream_range(int fd, uint64_t offset, uint64_t len);
/* A gzip file: what it holds. */
struct stream *stream_gunzip(int fd, uint64_t offset, uint64_t len);
/* A raw deflate stream (RFC 1951) of `size` bytes when it is inflated. */
struct stream *stream_inflate(
	int fd, uint64_t offset, uint64_t len, uint64_t size, uint32_t crc);
void stream_free(struct stream *s);
void stream_autofree(struct stream **s);
#define autostream __attribute__((cleanup(stream_autofree))) struct stream

/* n bytes at an offset of a file; false: there are fewer, or they cannot be
 * read. */
bool stream_read_at(int fd, uint64_t offset, void *buf, size_t n);

/* Fewer than n bytes at the end only; -1: cannot be read, or is damaged. */
ssize_t stream_read(struct stream *s, void *buf, size_t n);
/* All n of them, or it counts as damaged. */
bool stream_read_exactly(struct stream *s, void *buf, size_t n);
/*
 * The next bytes, which stay: as many as there are, STREAM_PEEK at most. NULL
 * only when it is damaged.
 */
#define STREAM_PEEK 65536
const unsigned char *stream_peek(struct stream *s, size_t *n);
/* The next byte; -1 at the end, -2: damaged. */
int stream_byte(struct stream *s);
bool stream_at_end(struct stream *s);

/* Offset of the first byte that two streams do not share, the end of the
 * shorter one included; -1: they are the same; -2: one is damaged. */
int64_t stream_difference(struct stream *a, struct stream *b);
