/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything lies that can be made again. */
#pragma once

struct arena;

/*
 * $XDG_CACHE_HOME/reprise, or ~/.cache/reprise; NULL without a home. A
 * relative variable is to be ignored, says the XDG Base Directory
 * specification. Nothing is made.
 */
char *cache_dir(struct arena *a);
