/* SPDX-License-Identifier: Apache-2.0 */
/* Between replay/, which is traced, and capture/, which records it. */
#pragma once

#include "replay/trace.h"
#include <stdbool.h>

struct capture_guest;
struct err;
struct invocation;

struct replay_tracing {
	struct replay_tracer tracer;
	struct capture_guest *guest;
};

/* The store that the new run goes to is opened; not for a dry run, which makes
 * none. NULL on failure. */
const struct replay_tracer *replay_tracing_open(struct replay_tracing *t,
	struct invocation *in, bool dry, struct err *e);
void replay_tracing_close(struct replay_tracing *t);
