/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What compares one format each. All return false when one of the two is not
 * of the format, or damaged; what was added to the distance until then is of
 * no account. `prefix` stands before what `where` names: "" or "member 'x'".
 */
#pragma once

#include "numeric/distance.h"
#include <stdbool.h>

struct arena;
struct stream;
struct zip;
struct zip_member;

/* Two contents that are read from beginning to end. */
struct contents {
	const char *name; /* of the file or member: for its ending */
	const char *prefix;
	struct stream *recorded, *replayed;
};

/* contents.c */
bool contents_compare(struct distance *d, const struct contents *c);
/* "x.csv" ends in "csv"; case does not count. */
bool contents_named(const char *name, const char *ending);

bool npy_is(const unsigned char *p, size_t n);
bool npy_compare(struct distance *d, const struct contents *c);
bool csv_compare(struct distance *d, const struct contents *c);
bool json_compare(struct distance *d, const struct contents *c);

/* Whole files. */
bool safetensors_compare(struct distance *d, int recorded, int replayed);
/* A zip file, PyTorch's or not. */
bool zip_compare(
	struct distance *d, const char *name, int recorded, int replayed);

/* members.c: one member of each; `type` is that of its elements, where that is
 * known from elsewhere, else NULL. */
struct member_pair {
	const struct zip *recorded, *replayed;
	const struct zip_member *a, *b; /* b may be NULL: it is missing */
	const char *prefix;
	const struct number_type *type;
};
bool zip_compare_member(struct distance *d, const struct member_pair *p);

/* torch.c: 1 when both are PyTorch's, 0 when not, -1 when one is damaged. */
int torch_compare(struct distance *d, const struct zip *recorded,
	const struct zip *replayed);
