/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that apply touches; with the record locked. */
#pragma once

#include <sys/types.h>

struct capture;
struct place;
struct touch;
struct touched;

/* The row `t` of the place is about to be written to, made or removed. */
void touch_writing(struct capture *cap, pid_t tid, struct touched *t,
	const struct place *p, const struct touch *touch);
/* With its last name the content goes, whatever mounts showed it elsewhere. */
void touch_last_name(
	struct capture *cap, const struct touched *t, const struct place *p);

/* elsewhere.c: a file is written in a mount namespace that is not ours. */
void touch_elsewhere(struct capture *cap, const struct place *p);

/* The names in a directory that the run did not make, once. */
void touch_list(struct capture *cap, struct touched *t, const struct place *p);

/* special.c: a device or a named pipe may be opened. */
void touch_special(
	struct capture *cap, const struct place *p, const struct touch *t);
