/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of an RPM package as its database keeps it: the number of entries,
 * the size of the data, entries of 16 bytes and the data, all numbers with the
 * most significant byte first ("Header Structure", "Tags" in the reference
 * manual of rpm). Private to host/ and its tests.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum rpm_tag {
	RPM_NAME = 1000,
	RPM_VERSION = 1001,
	RPM_RELEASE = 1002,
	RPM_EPOCH = 1003,
	RPM_ARCH = 1022,
	RPM_FILEDIGESTS = 1035,
	RPM_SOURCERPM = 1044,
	RPM_DIRINDEXES = 1116,
	RPM_BASENAMES = 1117,
	RPM_DIRNAMES = 1118,
	RPM_FILEDIGESTALGO = 5011,
};

/* Points into the caller's bytes. */
struct rpm_header {
	const uint8_t *entries;
	uint32_t count;
	const char *data;
	uint32_t size;
};

/* False when these bytes are none. */
bool rpm_header_open(struct rpm_header *h, const void *p, size_t n);
/* A string, the first of several; NULL when there is none. */
const char *rpm_header_string(const struct rpm_header *h, enum rpm_tag tag);
/* The strings of an array, from the arena; NULL when there is none. */
const char **rpm_header_strings(const struct rpm_header *h, enum rpm_tag tag,
	struct arena *a, size_t *count);
/* The i-th number of an array; false when there is none. */
bool rpm_header_number(
	const struct rpm_header *h, enum rpm_tag tag, size_t i, uint32_t *out);
