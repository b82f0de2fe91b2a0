// SPDX-License-Identifier: Apache-2.0
/* Processor facts: ABIs and how a traced call is skipped. */
#include "sandbox/watch/arch.h"

#include <elf.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined(__x86_64__)
#define AUDIT_NATIVE AUDIT_ARCH_X86_64
#define AUDIT_COMPAT AUDIT_ARCH_I386
#define SCMP_NATIVE SCMP_ARCH_X86_64
#define SCMP_COMPAT SCMP_ARCH_X86
/* x32 uses x86-64's AUDIT_ARCH and sets this bit in the number. */
#define X32_BIT 0x40000000
#elif defined(__aarch64__)
#define AUDIT_NATIVE AUDIT_ARCH_AARCH64
#define AUDIT_COMPAT AUDIT_ARCH_ARM
#define SCMP_NATIVE SCMP_ARCH_AARCH64
#define SCMP_COMPAT SCMP_ARCH_ARM
#else
#error "this processor is not supported: add its facts here"
#endif

uint32_t arch_seccomp(enum watch_arch a)
{
	return a == WATCH_NATIVE   ? SCMP_NATIVE
	       : a == WATCH_COMPAT ? SCMP_COMPAT
				   : 0;
}

enum watch_arch arch_from_audit(uint32_t audit, int nr)
{
#ifdef X32_BIT
	if (audit == AUDIT_NATIVE && nr >= 0 && (nr & X32_BIT))
		return WATCH_OTHER;
#endif
	return audit == AUDIT_NATIVE   ? WATCH_NATIVE
	       : audit == AUDIT_COMPAT ? WATCH_COMPAT
				       : WATCH_OTHER;
}

size_t watch_word(enum watch_arch arch)
{
	return arch == WATCH_NATIVE ? 8 : 4;
}

#if defined(__x86_64__)
int arch_skip_call(pid_t tid, int64_t value)
{
	struct user_regs_struct regs;

	/* Not PTRACE_GETREGSET: of a 32-bit program it gives other registers
	 * (task_user_regset_view), where these are always our own kind's. */
	if (ptrace(PTRACE_GETREGS, tid, 0, &regs) < 0)
		return -1;
	/* The kernel runs what orig_rax holds; -1 is no call at all, and rax
	 * is then returned as it is (seccomp(2), SECCOMP_RET_TRACE). */
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = (unsigned long long)value;
	return ptrace(PTRACE_SETREGS, tid, 0, &regs) < 0 ? -1 : 0;
}
#else
int arch_skip_call(pid_t tid, int64_t value)
{
	struct user_regs_struct regs;
	struct iovec iov = {&regs, sizeof(regs)};
	int none = -1;
	struct iovec nr = {&none, sizeof(none)};

	/* Writing NT_ARM_SYSTEM_CALL -1 skips the call; x0 is its result. */
	if (ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &nr) < 0 ||
		ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov) < 0)
		return -1;
	regs.regs[0] = (unsigned long long)value;
	return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &iov) < 0 ? -1 : 0;
}
#endif
