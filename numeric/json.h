/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259) as a tree, with numbers as they are written, and NaN and
 * Infinity, which Python writes. (jansson refuses those two and integers of
 * more than 64 bits, and its tree is not bounded.)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct distance;

enum json_type {
	JSON_WORD, /* null, true, false */
	JSON_NUMBER,
	JSON_STRING, /* as it is written, without its quotes */
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	struct json *next; /* in the same list */
	union {
		const char *text; /* not terminated */
		struct json *first;
	};
	const char *key; /* of a member: as it is written, not terminated */
	uint32_t key_len;
	uint32_t len; /* of text, or of the list */
	enum json_type type;
};

/*
 * n bytes, followed by a NUL, which the tree refers to: the values in them, one
 * after another (JSON Lines has many), as an array. NULL: no JSON, or more of
 * it than this.
 */
#define JSON_TEXT_MAX (64u << 20)
#define JSON_VALUES_MAX (4u << 20)
#define JSON_DEPTH_MAX 200
struct json *json_parse(const char *text, size_t n, struct arena *a);

/* The first member with this key, or NULL. */
const struct json *json_get(const struct json *object, const char *key);

/* json_values.c: value by value; the order of members does not count. */
void json_compare_values(struct distance *d, const char *prefix,
	struct arena *arena, const struct json *a, const struct json *b);
