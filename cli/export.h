/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of `reprise export` that are no bundle. */
#pragma once

#include <stdbool.h>

struct err;
struct invocation;
struct store;

/* Of one run. `output` is a file, or "-"; with `dry_run` the document itself is
 * what is listed. */
int export_document(struct invocation *in, struct store *s, const char *format,
	const char *id, const char *output, bool dry_run, struct err *e);
/* export_dir.c: a crate at `output`, which must not be there yet. */
int export_crate_dir(struct invocation *in, struct store *s, const char *id,
	const char *output, bool dry_run, struct err *e);
