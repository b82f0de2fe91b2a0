/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-terminals: pty(7). */
#pragma once

/*
 * A pair of the instance that `ptmx` belongs to ("/dev/ptmx"), close-on-exec
 * and nobody's controlling terminal; -1 with errno.
 */
int pty_open(const char *ptmx, int *master, int *terminal);

/* `to` gets the size in characters of `from`, if both have one; to a master,
 * it is its terminal's, and a change sends SIGWINCH there. */
void pty_copy_size(int from, int to);
