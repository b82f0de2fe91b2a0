/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that make a CycloneDX document; nobody else includes
 * this. */
#pragma once

#include "audit/export.h"
#include "base/map.h"
#include "manifests/json.h"

struct bom {
	const struct export_run *x;
	json_t *components;
	const struct m_data *subject; /* the model; NULL: the run left none */
	struct map packages;          /* id -> reference of its component */
	/* What the subject depends on: references. */
	json_t *needs;
};

/* References of components: of inputs and outputs by their ids. */
const char *bom_data_ref(struct bom *b, const struct m_data *d);
const char *bom_library_ref(struct bom *b, const struct m_library *l);

/* cyclonedx_components.c */
void bom_add_packages(struct bom *b);
int bom_add_unused(struct bom *b, struct err *e);
void bom_add_libraries(struct bom *b);
void bom_add_data(struct bom *b);
void bom_add_hardware(struct bom *b);
/* A component for an input or an output. */
json_t *bom_data(struct bom *b, const struct m_data *d);
/* Text for a document, which is UTF-8: other bytes are said to be none. */
json_t *bom_text(const char *s);
/* {"name": "reprise:...", "value": ...} into the component's properties. */
void bom_property(json_t *component, const char *name, const char *value);

/* cyclonedx_graph.c: dependencies and how the subject came to be. */
json_t *bom_dependencies(struct bom *b);
json_t *bom_formulation(struct bom *b);
