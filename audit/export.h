/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run in the words of other tools. Nothing is said that the record does not
 * hold: licences and addresses are not made up.
 */
#pragma once

#include "manifests/model.h"
#include <stddef.h>

struct arena;
struct err;
struct json_t;
struct store;
struct strbuf;

/* What the record of a run and its store hold. */
struct export_run {
	struct store *store;
	const struct manifest *m;
	struct arena *arena;
};

/*
 * export_cyclonedx.c: CycloneDX 1.6 (ECMA-424), the model as the subject; a new
 * reference. Packages that were installed and not used are optional components.
 */
int export_cyclonedx(
	const struct export_run *x, struct json_t **out, struct err *e);
/*
 * export_crate.c: the ro-crate-metadata.json of an RO-Crate 1.1 with the
 * profile Process Run Crate 0.5. `files` gets each file that belongs into the
 * crate, besides the two of the record.
 */
#define EXPORT_MANIFEST "manifest.yaml"
#define EXPORT_FILES "files.yaml"
struct export_file {
	const char *name;   /* in the crate, "files/p/model.pkl" */
	const char *digest; /* of an object of the store */
	const char *mode;   /* "0644", or NULL */
};
struct export_files {
	struct export_file *items;
	size_t count;
};
int export_crate(const struct export_run *x, struct export_files *files,
	struct json_t **out, struct err *e);
/*
 * export_sums.c: what sha256sum(1) prints of the run's outputs and inputs, so
 * that `sha256sum --check` can say whether they still lie where they did.
 */
int export_sums(const struct export_run *x, struct strbuf *out, struct err *e);
/* export_requirements.c: Python's packages as pip(1) reads them, all others as
 * comments. */
void export_requirements(const struct export_run *x, struct strbuf *out);
