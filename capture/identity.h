/* SPDX-License-Identifier: Apache-2.0 */
/* Which row of the record a place belongs to; with the record locked. */
#pragma once

#include <stdbool.h>

struct capture;
struct place;
struct touched;

/* The row of a place that has a name. New ones get `bits`, but for reading. */
struct touched *row_of(struct capture *cap, const struct place *p, unsigned bits);
/* Likewise, NULL when there is none yet. */
struct touched *row_known(struct capture *cap, const struct place *p);
/* A new row for what the run makes where it has moved `before` away. */
struct touched *row_anew(struct capture *cap, const struct touched *before,
	const struct place *p);
/* The row of a file that the run has removed, but still has open; or NULL. */
struct touched *row_without_name(struct capture *cap, const struct place *p);

/* Is what is at the place something that the run put there? */
bool is_runs_own(const struct touched *t, const struct place *p);
