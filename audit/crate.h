/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that make the metadata of an RO-Crate; nobody else
 * includes this. */
#pragma once

#include "audit/export.h"
#include "base/map.h"
#include "manifests/json.h"
#include <stdbool.h>

struct crate {
	const struct export_run *x;
	struct export_files *files;
	json_t *graph;
	struct map ids; /* of the entities in it */
	json_t *parts;  /* of the root */
	/* Where files lie: elsewhere what the run has written over. */
	const char *root;
};

/* crate_entities.c */

/* RFC 3986: what is not unreserved, and no slash, is percent-encoded. */
char *crate_encode(struct arena *a, const char *prefix, const char *path);
/* Text in JSON must be UTF-8; what is none is percent-encoded. */
json_t *crate_text(struct crate *c, const char *s);
json_t *crate_ref(const char *id);
/* A new one; the graph owns it. The id must live as long as the crate. */
json_t *crate_entity(struct crate *c, const char *id, const char *type);
bool crate_is_known(const struct crate *c, const char *id);
/* Nothing for NULL. */
void crate_put_text(struct crate *c, json_t *j, const char *key, const char *s);
/* "2024-05-01T12:30:45.123456Z" as the profile's checkers want it. */
char *crate_time_text(struct crate *c, const char *t);
/* A PropertyValue: its id; NULL when there is one of that name. */
const char *crate_value_entity(
	struct crate *c, const char *kind, const char *name, const char *value);

/* crate_data.c: entities of inputs, or of outputs; references to `refs`. */
int crate_add_all(struct crate *c, const struct m_data *items, size_t n,
	json_t *refs, struct err *e);
