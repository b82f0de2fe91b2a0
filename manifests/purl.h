/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package URLs: "pkg:deb/debian/libc6@2.36-9?arch=amd64". By the purl
 * specification (ECMA-427) and its definitions of types; its test suite is in
 * tests/data/purl.
 */
#pragma once

#include "manifests/model.h"

struct arena;
struct err;

/* Absent: NULL, and no qualifiers. Values are plain, nothing is encoded. */
struct purl {
	const char *type;
	const char *namespace; /* segments with '/' between them */
	const char *name;
	const char *version;
	struct kvlist qualifiers;
	const char *subpath; /* likewise */
};

/* Adds a qualifier; one without a value is left out. */
void purl_qualify(
	struct purl *p, struct arena *a, const char *key, const char *value);

/*
 * The canonical text, by the rules of its type: what is not sensitive to case
 * is lower case, qualifiers are sorted. NULL when it cannot be one.
 */
char *purl_format(struct arena *a, const struct purl *p, struct err *e);

/*
 * Reads one, as it is and by the rules of its type. -1: `text` is none; keys of
 * qualifiers in upper case are none, either. Memory from the arena.
 */
int purl_parse(struct purl *p, struct arena *a, const char *text, struct err *e);

/* The canonical text of one that a person wrote, with keys in any case. */
char *purl_canonical(struct arena *a, const char *text, struct err *e);
