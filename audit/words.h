/* SPDX-License-Identifier: Apache-2.0 */
/* Words as one text. */
#pragma once

struct arena;
struct strlist;

/* As they are, nothing is quoted; "" of none. */
char *words_joined(
	struct arena *a, const struct strlist *words, const char *between);
