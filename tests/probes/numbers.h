/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that one architecture or an older header does not have are -1. */
#pragma once

#include <sys/syscall.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
/* of 32 bits only */
#ifndef SYS_stat64
#define SYS_stat64 (-1)
#define SYS_lstat64 (-1)
#define SYS_fstatat64 (-1)
#define SYS_statfs64 (-1)
#define SYS_oldstat (-1)
#define SYS_oldlstat (-1)
#define SYS_truncate64 (-1)
#define SYS_chown32 (-1)
#define SYS_lchown32 (-1)
#define SYS_utimensat_time64 (-1)
#endif
/* of 64 bits only */
#ifndef SYS_newfstatat
#define SYS_newfstatat SYS_fstatat64
#endif
