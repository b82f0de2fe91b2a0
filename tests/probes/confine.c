// SPDX-License-Identifier: Apache-2.0
/*
 * confine [WORD...] -- COMMAND [ARG...]: runs COMMAND as a container engine
 * with its default settings would, without one. Words:
 *   docker, podman, cri   that engine's seccomp profile and capabilities; cri
 *                         is the older podman profile, still of some clusters,
 *                         that keeps ptrace and reading memory to CAP_SYS_PTRACE
 *   CALL=ERRNO            this call fails, on top: "ptrace=1", "listener=22" (a
 *                         seccomp listener), "filter=1" (any filter)
 *   nnp                   no_new_privs, "--security-opt no-new-privileges"
 *   uid=N                 as this user and group, "--user"
 * What the profiles refuse was derived from them for x86-64 and a container
 * without further capabilities: moby 28, containers-common 0.50 and 0.33.
 */
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DOCKER 1u
#define PODMAN 2u
#define CRI 4u
#define ALL (DOCKER | PODMAN | CRI)

/* The call has this name or, newer than the C library's headers, this number,
 * which every processor shares. */
static const struct refusal {
	const char *name;
	int nr;
	unsigned profiles;
	int code;
} refusals[] = {
#define CALL(name, profiles, code)                \
	{                                         \
#name, SYS_##name, profiles, code \
	}
	CALL(acct, ALL, EPERM),
	CALL(bpf, ALL, EPERM),
	CALL(clock_settime, ALL, EPERM),
	CALL(delete_module, ALL, EPERM),
	CALL(fanotify_init, ALL, EPERM),
	CALL(finit_module, ALL, EPERM),
	CALL(init_module, ALL, EPERM),
	CALL(kcmp, ALL, EPERM),
	CALL(kexec_file_load, ALL, EPERM),
	CALL(lookup_dcookie, ALL, EPERM),
	CALL(migrate_pages, ALL, EPERM),
	CALL(move_pages, ALL, EPERM),
	CALL(nfsservctl, ALL, EPERM),
	CALL(open_by_handle_at, ALL, EPERM),
	CALL(perf_event_open, ALL, EPERM),
	CALL(process_madvise, ALL, EPERM),
	CALL(quotactl, ALL, EPERM),
	CALL(setdomainname, ALL, EPERM),
	CALL(sethostname, ALL, EPERM),
	CALL(settimeofday, ALL, EPERM),
	CALL(swapoff, ALL, EPERM),
	CALL(swapon, ALL, EPERM),
	CALL(userfaultfd, ALL, EPERM),
	CALL(vhangup, ALL, EPERM),
	CALL(io_pgetevents, PODMAN | CRI, EPERM),
	CALL(vmsplice, PODMAN | CRI, EPERM),
	CALL(membarrier, CRI, EPERM),
	CALL(ptrace, CRI, EPERM),
	CALL(process_vm_readv, CRI, EPERM),
	CALL(process_vm_writev, CRI, EPERM),
	CALL(clone3, DOCKER, ENOSYS),
	CALL(fsconfig, DOCKER, EPERM),
	CALL(fsmount, DOCKER, EPERM),
	CALL(fsopen, DOCKER, EPERM),
	CALL(fspick, DOCKER, EPERM),
	CALL(get_mempolicy, DOCKER, EPERM),
	CALL(keyctl, DOCKER, EPERM),
	CALL(mbind, DOCKER, EPERM),
	CALL(mount, DOCKER, EPERM),
	CALL(mount_setattr, DOCKER, EPERM),
	CALL(move_mount, DOCKER, EPERM),
	CALL(open_tree, DOCKER, EPERM),
	CALL(pidfd_getfd, DOCKER, EPERM),
	CALL(pivot_root, DOCKER, EPERM),
	CALL(reboot, DOCKER, EPERM),
	CALL(setns, DOCKER, EPERM),
	CALL(set_mempolicy, DOCKER, EPERM),
	CALL(syslog, DOCKER, EPERM),
	CALL(umount2, DOCKER, EPERM),
	CALL(unshare, DOCKER, EPERM),
	CALL(quotactl_fd, DOCKER, EPERM),
	CALL(add_key, DOCKER, EPERM),
	CALL(add_key, PODMAN | CRI, ENOSYS),
	CALL(request_key, DOCKER, EPERM),
	CALL(request_key, PODMAN | CRI, ENOSYS),
	CALL(io_uring_setup, DOCKER, EPERM),
	CALL(io_uring_setup, PODMAN | CRI, ENOSYS),
	CALL(io_uring_enter, DOCKER, EPERM),
	CALL(io_uring_enter, PODMAN | CRI, ENOSYS),
	CALL(io_uring_register, DOCKER, EPERM),
	CALL(io_uring_register, PODMAN | CRI, ENOSYS),
	CALL(landlock_create_ruleset, CRI, ENOSYS),
	CALL(futex_waitv, PODMAN | CRI, ENOSYS),
	{"fchmodat2", 452, PODMAN | CRI, ENOSYS},
	/* For CALL=ERRNO alone. */
	CALL(seccomp, 0, 0),
	CALL(openat2, 0, 0),
	CALL(pidfd_open, 0, 0),
	CALL(pidfd_send_signal, 0, 0),
	CALL(prctl, 0, 0),
	CALL(statx, 0, 0),
#undef CALL
};

/* Numbers that the profiles do not know are refused, newer calls with ENOSYS:
 * by podman's profile itself, for Docker by runc. */
#define LAST_KNOWN 466

/* Bounding sets of `docker run` and `podman run`, from their manuals. */
#define BIT(cap) (1ull << (cap))
static const unsigned long long podman_caps =
	BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) |
	BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) |
	BIT(CAP_SETFCAP) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) |
	BIT(CAP_SETUID) | BIT(CAP_SYS_CHROOT);
static const unsigned long long docker_caps =
	BIT(CAP_AUDIT_WRITE) | BIT(CAP_MKNOD) | BIT(CAP_NET_RAW);

static struct sock_filter code[512];
static unsigned short len;

static void emit(struct sock_filter f)
{
	code[len++] = f;
}

static void load(size_t offset)
{
	emit((struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void end_with(unsigned action)
{
	emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static unsigned failing(int error)
{
	return SECCOMP_RET_ERRNO | (unsigned)error;
}

/* The accumulator holds the call's number, before and after. */
static void refuse(int nr, int error)
{
	emit((struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1));
	end_with(failing(error));
}

/* ... when argument `arg` has a bit of `bits`, or, `is`, equals it. */
static void refuse_arg(int nr, unsigned arg, unsigned bits, bool is, int error)
{
	emit((struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 4));
	load(offsetof(struct seccomp_data, args[arg]));
	emit((struct sock_filter)BPF_JUMP(
		BPF_JMP | (is ? BPF_JEQ : BPF_JSET) | BPF_K, bits, 0, 1));
	end_with(failing(error));
	load(offsetof(struct seccomp_data, nr));
}

static void begin(void)
{
	len = 0;
	load(offsetof(struct seccomp_data, arch));
#ifdef __x86_64__
	emit((struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
#else
	emit((struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_AARCH64, 1, 0));
#endif
	/* Programs of the older ABI are not what is tested. */
	end_with(SECCOMP_RET_ALLOW);
	load(offsetof(struct seccomp_data, nr));
}

static void add_profile(unsigned profile)
{
	const struct refusal *r = refusals;

	emit((struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN, 0, 1));
	end_with(failing(ENOSYS));
	for (; r < refusals + sizeof(refusals) / sizeof(*refusals); r++)
		if (r->profiles & profile)
			refuse(r->nr, r->code);
	if (profile != DOCKER)
		return;
	/* CLONE_NEW*, and AF_VSOCK. */
	refuse_arg(SYS_clone, 0, 0x7e020000, false, EPERM);
	refuse_arg(SYS_socket, 0, 40, true, EPERM);
}

static bool add_refusal(const char *word)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : 0;
	int error = eq ? atoi(eq + 1) : 0;

	if (!n)
		return false;
	if (!strncmp(word, "listener", n)) {
		refuse_arg(SYS_seccomp, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			false, error);
		return true;
	}
	if (!strncmp(word, "filter", n)) {
		refuse(SYS_seccomp, error);
		refuse_arg(SYS_prctl, 0, PR_SET_SECCOMP, true, error);
		return true;
	}
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (strlen(refusals[i].name) == n &&
			!strncmp(refusals[i].name, word, n)) {
			refuse(refusals[i].nr, error);
			return true;
		}
	return false;
}

static int set_caps(unsigned long long keep)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(keep & BIT(cap)))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (syscall(SYS_capget, &h, d) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		d[i].permitted &= (unsigned)(keep >> (32 * i));
		d[i].effective = d[i].permitted;
		d[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &h, d);
}

static int fail(const char *what)
{
	fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
	return 99;
}

int main(int argc, char **argv)
{
	struct sock_fprog prog = {0, code};
	unsigned long long caps = ~0ull;
	uid_t uid = (uid_t)-1;
	bool root = geteuid() == 0;
	int i = 1;

	begin();
	for (; i < argc && strcmp(argv[i], "--"); i++) {
		const char *w = argv[i];

		if (!strcmp(w, "docker")) {
			add_profile(DOCKER);
			caps = podman_caps | docker_caps;
		} else if (!strcmp(w, "podman") || !strcmp(w, "cri")) {
			add_profile(*w == 'p' ? PODMAN : CRI);
			caps = podman_caps;
		} else if (!strncmp(w, "uid=", 4)) {
			uid = (uid_t)atoi(w + 4);
		} else if (!strcmp(w, "nnp")) {
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		} else if (!add_refusal(w)) {
			errno = EINVAL;
			return fail(w);
		}
	}
	end_with(SECCOMP_RET_ALLOW);
	prog.len = len;
	/* Without CAP_SYS_ADMIN the kernel insists on it (seccomp(2)). */
	if (!root)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return fail("filter");
	if (root && set_caps(caps) < 0)
		return fail("capabilities");
	if (uid != (uid_t)-1 &&
		(setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
			setresuid(uid, uid, uid) < 0))
		return fail("user");
	if (i + 1 >= argc)
		return fail("no command");
	execvp(argv[i + 1], argv + i + 1);
	return fail(argv[i + 1]);
}
