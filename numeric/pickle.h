/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Python pickle, operation by operation (Lib/pickletools.py has all of them).
 * Nothing is built and nothing is called: only their lengths are known here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct distance;
struct map;

struct pickle_op {
	unsigned char code;
	const unsigned char *arg;
	size_t len; /* of arg, without lengths and newlines around it */
};

struct pickle {
	const unsigned char *p;
	size_t len, at;
	bool stopped;
};

/* 1 an operation, 0 the end (STOP was the one before), -1 no pickle. */
int pickle_next(struct pickle *k, struct pickle_op *op);

/* What a PyTorch pickle says about a storage. */
struct pickle_storage {
	const char *type; /* "FloatStorage" */
	const char *name; /* of the tensor, as far as can be told, or NULL */
};

/*
 * The storages that a PyTorch pickle refers to, by their keys: the persistent
 * ids ('storage', torch.FloatStorage, '0', 'cpu', 4). Memory from the arena.
 */
void pickle_storages(
	const void *p, size_t n, struct arena *a, struct map *storages);

/* Operation by operation: floating point numbers as such, all else as it is.
 * False: one is no pickle. */
bool pickle_compare(
	struct distance *d, const char *name, struct pickle a, struct pickle b);
