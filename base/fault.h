/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault injection for tests. With -DREPRISE_FAULTS (test builds), the variable
 * REPRISE_FAULT="store.rename=ENOSPC:3" makes the third FAULT("store.rename")
 * return true with errno set; "NAME=kill" kills the process there. A requested
 * fault that was never hit is reported at exit, so that a test which no longer
 * reaches its fault fails. In other builds FAULT() is a constant false.
 *
 *	if (FAULT("store.rename") || renameat(...) < 0)
 *		return err_sys(e, "cannot rename '%s'", name);
 */
#pragma once

#include <stdbool.h>

#ifdef REPRISE_FAULTS
bool fault_hit(const char *name);
#define FAULT(name) fault_hit(name)
#else
#define FAULT(name) false
#endif
