/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two processes of a guest; nobody else includes this. */
#pragma once

#include "base/err.h"
#include "capture/context.h"
#include "manifests/manifest.h"
#include "sandbox/watch/watch.h"
#include <sys/resource.h>

struct capture_guest {
	struct capture cap;
	struct capture_options options;
	struct manifest manifest;
	struct watch_spec spec;
	const struct isolation *iso;
	struct watch_guest *watch;
	pid_t recorder;
	int socket; /* this process's end towards the other, or -1 */
};

/*
 * From the recorder: it is attached, or could not (failed, e); then, the run is
 * published, or could not be. To it, in between: how the command ended (failed:
 * it never started).
 */
struct guest_msg {
	bool failed;
	int status; /* as wait(2) gives it */
	struct rusage usage;
	struct err e;
};

/* Before anything is forked. */
void guest_record_prepare(struct capture_guest *g);
/* The whole life of the recorder. */
_Noreturn void guest_record(struct capture_guest *g, pid_t command, int socket);
