/* SPDX-License-Identifier: Apache-2.0 */
/* capture --log: what the command writes to its standard output and error. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct capture;
struct err;
struct finish;
struct relay;

struct log_stream {
	uint64_t trusted; /* bytes for which there is room on the disk */
};

struct logs {
	struct relay *relays[2];
	struct log_stream streams[2];
	int fds[2];
	size_t count;
	size_t ioctl; /* index in the table of calls; 0: no terminal */
};

/* Before the command starts: relays for what goes to pipes, terminals and
 * nowhere. A file is an output anyway, another device a gap. */
int logs_open(struct capture *cap, struct err *e);
void logs_release(struct logs *l);

/* Make outputs of what lies in the run's directory, of a killed run, too; what
 * cannot be is a gap. */
void logs_finish(struct finish *f);
/* Once the run is published. */
void logs_remove(struct capture *cap);
