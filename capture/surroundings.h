/* SPDX-License-Identifier: Apache-2.0 */
/* What is known before the command starts: who, where, with what. */
#pragma once

#include <sys/types.h>

struct arena;
struct capture_options;
struct err;
struct m_environment;
struct m_run;
struct m_stream;
struct manifest;
struct rlimit;
struct strlist;

/* Fill run, command, environment and hardware. `executable` is the path after
 * the search in PATH, `mask` and `limits` (by RLIMIT_*) are the command's. */
int surroundings_read(struct manifest *m, struct arena *a,
	const struct capture_options *opt, const char *executable, mode_t mask,
	const struct rlimit *limits, struct err *e);

/* Parts of it. User and host, and that the run starts now; */
void surroundings_run(struct m_run *run, struct arena *a);
/* a standard stream of this process; */
void surroundings_stream(struct m_stream *s, int fd, struct arena *a);
/* and these variables without the values of secrets. */
void surroundings_environment(struct m_environment *env, struct arena *a,
	const struct strlist *redact, char *const *variables,
	const struct rlimit *limits);

/* RFC 3339 in UTC with microseconds, from microseconds since the epoch. */
char *rfc3339(struct arena *a, long long us);
long long now_us(void);
/* Back again; -1 when it is not in this form. */
long long rfc3339_us(const char *text);
