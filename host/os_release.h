/* SPDX-License-Identifier: Apache-2.0 */
/* os-release(5). */
#pragma once

struct arena;

/*
 * The value of a key such as "ID" or "VERSION_ID" of the system below `root`
 * ("" for this one), without quotes; NULL when there is none.
 */
char *os_release(struct arena *a, const char *root, const char *key);
