/* SPDX-License-Identifier: Apache-2.0 */
/* `replay -o DIR`: what the replay wrote, as a tree. */
#pragma once

struct err;
struct tree;
struct upper;

/* DIR is made, or must be empty: nothing of the user's is overwritten. Before
 * the replay, so that it does not run for nothing. Descriptor or -1. */
int keep_prepare(const char *dir, struct err *e);

/*
 * Copy new and changed files, new links and new directories: /p/model.pkl
 * becomes p/model.pkl in `dir`. Devices, sockets and fifos are not copied, nor
 * setuid bits.
 */
int keep_written(
	int dir, const struct upper *u, const struct tree *t, struct err *e);
