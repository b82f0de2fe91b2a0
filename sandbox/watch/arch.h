/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between processors, in one place. */
#pragma once

#include "sandbox/watch/watch.h"
#include <stdint.h>

/* libseccomp's token for one of ours, which is its AUDIT_ARCH_*; 0 when this
 * machine has no such ABI. */
uint32_t arch_seccomp(enum watch_arch a);
/* From AUDIT_ARCH_* as seccomp_data and PTRACE_GET_SYSCALL_INFO give it. */
enum watch_arch arch_from_audit(uint32_t audit, int nr);

/*
 * At a PTRACE_EVENT_SECCOMP stop: make the call not run and return `value`.
 * -1 with errno.
 */
int arch_skip_call(pid_t tid, int64_t value);
