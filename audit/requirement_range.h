/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds of versions: ">=5.6.0,<5.6.2", or "vers:deb/>=5.6.0|<5.6.2". */
#pragma once

#include "audit/version.h"
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct requirement_range;

/* Where bounds begin in `text`, which has a name before them: at the first
 * operator or space, or at its end. */
size_t requirement_range_begin(const char *text);

/* `text` holds bounds, with spaces wherever somebody likes them; empty: any
 * version, *out is NULL. */
int requirement_range_parse(const struct requirement_range **out,
	struct arena *a, const char *text, struct err *e);
/* The range of one version. */
const struct requirement_range *requirement_range_of(
	struct arena *a, const char *version);

/* `s`: of the version; a range that names its own scheme is compared by it. */
bool requirement_range_has(const struct requirement_range *r,
	enum version_scheme s, const char *version);
