/* SPDX-License-Identifier: Apache-2.0 */
/* What must never be written anywhere, the journal included. Pure functions. */
#pragma once

#include "manifests/model.h"
#include <stdbool.h>

struct arena;

/* Does a variable's name, or its value, say that it is secret? `extra` are
 * further fnmatch(3) patterns for names. */
bool secret_variable(
	const char *name, const char *value, const struct strlist *extra);
/* Is the content of this file a credential? */
bool secret_path(const char *home, const char *path);

/* argv with the values of secret options taken out: "--api-key=" and what
 * follows "--password". *hidden is set when something was. */
void secret_argv(struct arena *a, const struct strlist *in,
	const struct strlist *extra, struct strlist *out, bool *hidden);

#define SECRET_PLACEHOLDER "[redacted]"
