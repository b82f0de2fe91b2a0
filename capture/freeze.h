/* SPDX-License-Identifier: Apache-2.0 */
/* What the ways in which a capture can end have in common. */
#pragma once

struct arena;
struct manifest;
struct rusage;

/* Status, exit code, signal, times. `usage` may be NULL. */
void capture_set_end(struct manifest *m, struct arena *a, int status,
	long long end_us, const struct rusage *usage);

/* The keeper, whose recorder was lost, leaves the command's wait status. */
void freeze_note_end(int run_fd, int status);
