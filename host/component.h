/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known libraries of numerical programs, told by their names. */
#pragma once

struct arena;

/*
 * Which one a library is, by its SONAME (NULL: none) and its absolute path, and
 * its version where a name tells more of it than a single number: those are
 * of interfaces. Wheels put a hash into names ("libgomp-a34b3233.so.1"), which
 * is passed over. *name and *version, from the arena, are NULL when unknown.
 */
void component_of(struct arena *a, const char *soname, const char *path,
	char **name, char **version);
