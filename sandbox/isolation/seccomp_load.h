/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a filter that libseccomp made, with rules that it cannot express. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;

/* A call that libseccomp has no name for. */
struct number_rule {
	uint32_t number;
	int error;
};

/*
 * Load the BPF program in the file `program` behind one of ours: the calls of
 * `rules` fail as they say, calls numbered above `last_known` with ENOSYS, and
 * x32's kill. Needs no_new_privs. The caller keeps `program`.
 */
int seccomp_load_program(int program, const struct number_rule *rules,
	size_t count, uint32_t last_known, struct err *e);
