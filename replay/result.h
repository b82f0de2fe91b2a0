/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about a replay: lines on stderr, and a JSON document. */
#pragma once

#include "replay/compare.h"
#include "sandbox/isolation/isolation.h"
#include <stdbool.h>

struct err;
struct json_t;
struct plan;
struct trace;

struct replay_outcome {
	const struct plan *plan;
	struct iso_result end;
	/* The outputs were compared; else `not_judged` says why they were not,
	 * NULL when they were not to be. */
	bool compared;
	const char *not_judged;
	double tolerance; /* negative: none was given */
	struct comparison comparison;
	const struct trace *trace; /* NULL: it was not to be captured */
};

/* The exit status or signal as recorded? */
bool result_same_end(const struct replay_outcome *o);
/* That, and every judged output identical or close, and none extra. */
bool result_same(const struct replay_outcome *o);

/* Before the run: what will not be as it was, a line for each kind. */
void result_announce(const struct plan *p);
/* After it. */
void result_print(const struct replay_outcome *o);
int result_write(const struct replay_outcome *o, const char *path, struct err *e);

/* Values of the document: null for NULL, negative numbers and no digest. Bytes
 * that are not UTF-8 become U+FFFD. */
struct json_t *result_text(const char *s);
struct json_t *result_number(int64_t n);
struct json_t *result_digest(bool has, const struct digest *d);
