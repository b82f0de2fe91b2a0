/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of a zip file (PKWARE's APPNOTE 6.3.10, Zip64 included), for
 * reading members by name. Everything in it may be a lie: what contradicts
 * itself or the file's size is no zip file here, and neither is one whose
 * members overlap, so that all of them together inflate to no more than deflate
 * allows for the size of the file.
 */
#pragma once

#include "base/map.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct stream;

struct zip_member {
	const char *name;
	uint64_t header; /* offset of its local header */
	uint64_t data;   /* offset of its content */
	uint64_t packed; /* bytes of it in the file */
	uint64_t size;   /* bytes of it */
	uint32_t crc;
	uint16_t method;
	/* Lengths of name and extra field behind the local header. */
	uint16_t name_len, extra_len;
};

struct zip {
	int fd;
	uint64_t bytes;             /* of the file */
	struct zip_member *members; /* by their place in the file */
	size_t count;
	struct map by_name;
	/* The directory itself. */
	uint64_t directory;
	const unsigned char *raw;
};

/* Memory from the arena; false: no zip file that is read here. */
bool zip_read(struct zip *z, struct arena *a, int fd);
void zip_release(struct zip *z);
#define autozip __attribute__((cleanup(zip_release))) struct zip

struct zip_member *zip_find(const struct zip *z, const char *name);
/* NULL: packed in a way that is not read here. */
struct stream *zip_open(const struct zip *z, const struct zip_member *m);
/* The bytes of the file that hold it. */
struct stream *zip_open_packed(const struct zip *z, const struct zip_member *m);

/* Lengths within the headers, and what is read elsewhere, too. */
#define ZIP_LOCAL 30
#define ZIP_CENTRAL 46

/* Little-endian numbers. */
static inline uint16_t zip_u16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t zip_u32(const unsigned char *p)
{
	return zip_u16(p) | (uint32_t)zip_u16(p + 2) << 16;
}

static inline uint64_t zip_u64(const unsigned char *p)
{
	return zip_u32(p) | (uint64_t)zip_u32(p + 4) << 32;
}
