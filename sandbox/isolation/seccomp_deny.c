// SPDX-License-Identifier: Apache-2.0
/*
 * The second wall: system calls that a training run does not need and that
 * reach past namespaces, or whose bugs did. All others are allowed, those for
 * NUMA, memory locking and affinity among them. What a library can do without
 * is ENOSYS, so that it falls back.
 */
#include "base/fs.h"
#include "sandbox/isolation/seccomp_load.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef TIOCLINUX
#define TIOCLINUX 0x541c
#endif
#define SET_CPUID 0x1012 /* ARCH_SET_CPUID of the x86 <asm/prctl.h> */

/* The newest call that was looked at when this list was made; what comes
 * after it is ENOSYS. 469: file_setattr, Linux 6.17. */
#define LAST_KNOWN 469

/* `number`: of calls that libseccomp 2.5.4 does not know by name. From 424 on
 * they are the same on all architectures. */
static const struct deny {
	const char *name;
	int error;
	uint32_t number;
} denied[] = {
	/* mounts, roots, namespaces */
	{"chroot", EPERM, 0},
	{"mount", EPERM, 0},
	{"pivot_root", EPERM, 0},
	{"setns", EPERM, 0},
	{"umount", EPERM, 0},
	{"umount2", EPERM, 0},
	{"unshare", EPERM, 0},
	{"fsconfig", ENOSYS, 0},
	{"fsmount", ENOSYS, 0},
	{"fsopen", ENOSYS, 0},
	{"fspick", ENOSYS, 0},
	{"listmount", ENOSYS, 458},
	{"mount_setattr", ENOSYS, 0},
	{"move_mount", ENOSYS, 0},
	{"open_tree", ENOSYS, 0},
	{"open_tree_attr", ENOSYS, 467},
	{"statmount", ENOSYS, 457},
	/* its flags lie in memory, where a filter cannot look */
	{"clone3", ENOSYS, 0},
	/* files past the root, by number */
	{"name_to_handle_at", EPERM, 0},
	{"open_by_handle_at", EPERM, 0},
	/* the kernel itself */
	{"bpf", EPERM, 0},
	{"create_module", EPERM, 0},
	{"delete_module", EPERM, 0},
	{"finit_module", EPERM, 0},
	{"init_module", EPERM, 0},
	{"kexec_file_load", EPERM, 0},
	{"kexec_load", EPERM, 0},
	{"lookup_dcookie", EPERM, 0},
	{"nfsservctl", EPERM, 0},
	{"perf_event_open", EPERM, 0},
	{"syslog", EPERM, 0},
	{"userfaultfd", EPERM, 0},
	{"uselib", EPERM, 0},
	{"vmsplice", EPERM, 0},
	/* calls in a ring that no filter sees */
	{"io_uring_enter", ENOSYS, 0},
	{"io_uring_register", ENOSYS, 0},
	{"io_uring_setup", ENOSYS, 0},
	/* keyrings are not in any namespace */
	{"add_key", EPERM, 0},
	{"keyctl", EPERM, 0},
	{"request_key", EPERM, 0},
	/* the machine's clock, swap, accounting, quota, ports */
	{"acct", EPERM, 0},
	{"adjtimex", EPERM, 0},
	{"clock_adjtime", EPERM, 0},
	{"clock_adjtime64", EPERM, 0},
	{"clock_settime", EPERM, 0},
	{"clock_settime64", EPERM, 0},
	{"ioperm", EPERM, 0},
	{"iopl", EPERM, 0},
	{"modify_ldt", EPERM, 0},
	{"quotactl", EPERM, 0},
	{"quotactl_fd", EPERM, 0},
	{"reboot", EPERM, 0},
	{"settimeofday", EPERM, 0},
	{"stime", EPERM, 0},
	{"swapoff", EPERM, 0},
	{"swapon", EPERM, 0},
	{"vm86", EPERM, 0},
	{"vm86old", EPERM, 0},
};

/*
 * Calls that are denied for some arguments. Where the kernel takes an int,
 * 32 bits are compared: a filter that looked at all 64 could be passed by
 * setting a high one (CVE-2019-10063).
 */
#define INT0(value) SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, value)
#define INT1(value) SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, value)
#define FLAG0(bit) SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)
static const struct deny_args {
	const char *name;
	int error;
	unsigned count;
	struct scmp_arg_cmp args[2];
} denied_args[] = {
	{"clone", EPERM, 1, {FLAG0(CLONE_NEWCGROUP)}},
	{"clone", EPERM, 1, {FLAG0(CLONE_NEWIPC)}},
	{"clone", EPERM, 1, {FLAG0(CLONE_NEWNET)}},
	{"clone", EPERM, 1, {FLAG0(CLONE_NEWNS)}},
	{"clone", EPERM, 1, {FLAG0(CLONE_NEWPID)}},
	{"clone", EPERM, 1, {FLAG0(CLONE_NEWUSER)}},
	{"clone", EPERM, 1, {FLAG0(CLONE_NEWUTS)}},
	/* input for whoever reads the terminal next: CVE-2017-5226 */
	{"ioctl", EPERM, 1, {INT1(TIOCSTI)}},
	{"ioctl", EPERM, 1, {INT1(TIOCLINUX)}},
	/* "my process group" has members outside of the sandbox */
	{"setpriority", EPERM, 2, {INT0(PRIO_PGRP), INT1(0)}},
	{"ioprio_set", EPERM, 2, {INT0(IOPRIO_WHO_PGRP), INT1(0)}},
	/* would switch the recorded CPUID or clock off */
	{"arch_prctl", EPERM, 2, {INT0(SET_CPUID), SCMP_A1(SCMP_CMP_NE, 0)}},
	{"prctl", EPERM, 1, {INT0(PR_SET_TSC)}},
};

/* Other families either ignore network namespaces (AF_VSOCK did before Linux
 * 7.0) or are there for bugs only. */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

static int add(scmp_filter_ctx ctx, const char *name, int error, unsigned count,
	const struct scmp_arg_cmp *args, struct err *e)
{
	int nr = seccomp_syscall_resolve_name(name);
	int rc = nr == __NR_SCMP_ERROR
			 ? -EINVAL
			 : seccomp_rule_add_array(
				   ctx, SCMP_ACT_ERRNO(error), nr, count, args);

	/* EEXIST: i386's socketcall stands for several of our rules. */
	if (rc < 0 && rc != -EEXIST) {
		errno = -rc;
		return err_sys(e, "cannot deny '%s'", name);
	}
	return 0;
}

/*
 * Each other family by number, and all above. In i386's socketcall the family
 * lies in memory: there libseccomp denies making any socket, so that 32-bit
 * programs keep socketpair and what they inherit.
 */
static int add_families(scmp_filter_ctx ctx, struct err *e)
{
	for (uint64_t family = 0; family <= AF_MAX; family++) {
		const struct scmp_arg_cmp one = SCMP_A0(
			family == AF_MAX ? SCMP_CMP_GE : SCMP_CMP_EQ, family);
		bool allowed = false;

		for (size_t i = 0; i < sizeof(families) / sizeof(int); i++)
			allowed |= family == (uint64_t)families[i];
		if (!allowed && add(ctx, "socket", EAFNOSUPPORT, 1, &one, e) < 0)
			return -1;
	}
	return 0;
}

static int add_all(scmp_filter_ctx ctx, struct number_rule *numbers,
	size_t *count, struct err *e)
{
	for (size_t i = 0; i < sizeof(denied) / sizeof(*denied); i++) {
		const struct deny *d = &denied[i];

		if (d->number && seccomp_syscall_resolve_name(d->name) ==
					 __NR_SCMP_ERROR)
			numbers[(*count)++] =
				(struct number_rule){d->number, d->error};
		else if (add(ctx, d->name, d->error, 0, NULL, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(denied_args) / sizeof(*denied_args); i++) {
		const struct deny_args *d = &denied_args[i];

		if (add(ctx, d->name, d->error, d->count, d->args, e) < 0)
			return -1;
	}
	return add_families(ctx, e);
}

/* The libraries' part of the filter as a program in a file. */
static int compile(scmp_filter_ctx ctx, struct number_rule *numbers,
	size_t *count, struct err *e)
{
	autoclose int fd = memfd_create("filter", MFD_CLOEXEC);
	int rc = 0;

	/* Programs of other architectures, x32 among them, are killed. */
	rc = seccomp_attr_set(
		ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
#ifdef __x86_64__
	if (rc == 0)
		rc = seccomp_arch_add(ctx, SCMP_ARCH_X86);
#endif
	if (rc < 0) {
		errno = -rc;
		return err_sys(e, "cannot set up a system call filter");
	}
	if (add_all(ctx, numbers, count, e) < 0)
		return -1;
	if (fd < 0 || (rc = seccomp_export_bpf(ctx, fd)) < 0) {
		errno = fd < 0 ? errno : -rc;
		return err_sys(e, "cannot make a system call filter");
	}
	return steal_fd(&fd);
}

int step_seccomp(struct setup *s, struct err *e)
{
	struct number_rule numbers[sizeof(denied) / sizeof(*denied)];
	autoclose int program = -1;
	scmp_filter_ctx ctx;
	size_t count = 0;

	if (!guard_on(s->iso, "seccomp"))
		return 0;
	ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (!ctx)
		return err_set(e, "cannot set up a system call filter");
	program = compile(ctx, numbers, &count, e);
	seccomp_release(ctx);
	if (program < 0)
		return -1;
	return seccomp_load_program(program, numbers, count, LAST_KNOWN, e);
}
