/* SPDX-License-Identifier: Apache-2.0 */
/* Variables that decide what a training gives. */
#pragma once

#include <stdbool.h>

/* Seeds, algorithms, threads, dispatch by processor, where things are found,
 * time zone and locale: by the variable's name. */
bool setting_decides(const char *name);
