/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a fixed size between processes, with a descriptor when needed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The `n` bytes as one message, and `fd` with it unless it is -1; -1 with
 * errno. A peer that is gone makes no signal. */
int packet_send(int sock, const void *m, size_t n, int fd);
/* A whole message of `n` bytes; *fd gets what it carried, close-on-exec, or -1.
 * False: the other end is gone, or sent something else. */
bool packet_recv(int sock, void *m, size_t n, int *fd);
