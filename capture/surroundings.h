/* SPDX-License-Identifier: Apache-2.0 */
/* What is known before the command starts: who, where, with what. */
#pragma once

#include <sys/types.h>

struct arena;
struct capture_options;
struct err;
struct manifest;
struct rlimit;

/* Fill run, command, environment and hardware. `executable` is the path after
 * the search in PATH, `mask` and `limits` (by RLIMIT_*) are the command's. */
int surroundings_read(struct manifest *m, struct arena *a,
	const struct capture_options *opt, const char *executable, mode_t mask,
	const struct rlimit *limits, struct err *e);

/* RFC 3339 in UTC with microseconds, from microseconds since the epoch. */
char *rfc3339(struct arena *a, long long us);
long long now_us(void);
/* Back again; -1 when it is not in this form. */
long long rfc3339_us(const char *text);
