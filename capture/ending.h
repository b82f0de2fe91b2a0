/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a command in its manifest. */
#pragma once

struct arena;
struct ending;
struct manifest;

/* Fill status, exit code, signal, times and resource usage of `run`. */
void ending_apply(struct manifest *m, struct arena *a, const struct ending *end);
