/* SPDX-License-Identifier: Apache-2.0 */
/* Work on many items by as many threads as there are processors, 8 at most. */
#pragma once

#include <stddef.h>

/*
 * Call `each` once for each i below `count`, in any order; the calling thread
 * is one of them. `words` and the number done are shown on a terminal when that
 * takes long ("storing file"; see progress.h).
 */
void threads_each(size_t count, const char *words,
	void (*each)(void *arg, size_t i), void *arg);
