/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a command in its manifest. */
#pragma once

struct arena;
struct ending;
struct manifest;
struct rusage;

/* The command ends now, as wait(2) and getrusage(2) have it. */
struct ending ending_now(int status, const struct rusage *usage);
/* Fill status, exit code, signal, times and resource usage of `run`. */
void ending_apply(struct manifest *m, struct arena *a, const struct ending *end);
