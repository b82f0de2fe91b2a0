/* SPDX-License-Identifier: Apache-2.0 */
/* What the plan needs to know of this host, asked of the host. */
#pragma once

struct arena;
struct host_view;
struct manifest;

/* Never fails: what cannot be found out is absent. `strategy`: the only one
 * that is of interest, 'A' or 'B', or 0. */
void host_look(struct host_view *h, struct arena *a, const struct manifest *m,
	char strategy);
