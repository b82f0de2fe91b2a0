/* SPDX-License-Identifier: Apache-2.0 */
/* Time that passes, whatever the machine's clock is set to. */
#pragma once

#include <stdint.h>

/* Monotonic milliseconds. */
int64_t clock_ms(void);
