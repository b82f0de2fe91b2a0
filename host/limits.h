/* SPDX-License-Identifier: Apache-2.0 */
/* The resource limits by the names that a manifest gives them. */
#pragma once

/* RLIMIT_* in lower case without its beginning; ended by a NULL name. */
struct limit_name {
	const char *name;
	int resource;
};

extern const struct limit_name limit_names[];
