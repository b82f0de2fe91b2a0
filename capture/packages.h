/* SPDX-License-Identifier: Apache-2.0 */
/* capture --packages whole: what a replay has besides what the run touched. */
#pragma once

#include <stddef.h>

struct record;

struct packages_added {
	size_t packages; /* that the run has used a file of */
	size_t files;    /* of them and of the shell, that it has not */
};

/*
 * Add to the record, with TOUCH_WHOLE: all files of each package that the
 * run has read a file of, a shell, the programs
 * that people look around with, and the libraries that all of these need.
 */
void packages_add(struct record *rec, struct packages_added *out);
