// SPDX-License-Identifier: Apache-2.0
/* Probes of what watching gains from, of masking, and of what is installed. */
#include "base/fs.h"
#include "sandbox/isolation/host_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

/* Newer than the system's headers may be. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* Linux 6.6 */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

/* A filter that lets everything through, with a listener. */
static int make_listener(unsigned long flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog prog = {1, code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &prog);
}

void probe_wait_killable(struct finding *f)
{
	if (make_listener(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) >= 0)
		found(f, SUPPORT_YES, NULL, "works");
	else
		found(f, SUPPORT_NO, "Linux 5.19 or later",
			"a call that waits to be answered can be interrupted: "
			"%s",
			strerror(errno));
}

void probe_sync_wake_up(struct finding *f)
{
	int fd = make_listener(0);

	if (fd >= 0 && ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
			       SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0)
		found(f, SUPPORT_YES, NULL, "works");
	else
		found(f, SUPPORT_NO, "Linux 6.6 or later (only slower without)",
			"not here: %s", strerror(errno));
}

void probe_landlock(struct finding *f)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION);

	if (abi >= 6)
		found(f, SUPPORT_YES, NULL, "ABI %ld", abi);
	else if (abi > 0)
		found(f, SUPPORT_NO, "Linux 6.12 or later",
			"ABI %ld has no scopes, 6 has", abi);
	else
		found(f, SUPPORT_NO,
			"Linux 6.12 or later with 'landlock' in the boot "
			"parameter lsm=",
			"no Landlock: %s", strerror(errno));
}

#ifdef __x86_64__
static sigjmp_buf faulted;

static void on_fault(int sig)
{
	siglongjmp(faulted, 1);
}

/* Some hypervisors take the call and never fault: look whether it does. */
void probe_cpuid(struct finding *f)
{
	struct sigaction act = {.sa_handler = on_fault};
	unsigned a, b, c, d;

	sigaction(SIGSEGV, &act, NULL);
	if (syscall(SYS_arch_prctl, 0x1012 /* ARCH_SET_CPUID */, 0UL) < 0) {
		found(f, SUPPORT_NO, NULL,
			"this CPU (or its hypervisor) cannot: %s",
			strerror(errno));
		return;
	}
	if (sigsetjmp(faulted, 1) == 0) {
		__cpuid(0, a, b, c, d);
		found(f, SUPPORT_NO, NULL,
			"CPUID does not fault though it was asked to");
		return;
	}
	found(f, SUPPORT_YES, NULL, "works");
}
#else
void probe_cpuid(struct finding *f)
{
	found(f, SUPPORT_NO, NULL, "this is not an x86 CPU");
}
#endif

/* subuid(5): lines NAME:FIRST:COUNT, with a name or a number. */
static bool has_range(const char *path)
{
	char line[256], number[16];
	struct passwd *pw = getpwuid(getuid());
	autofile *f = fopen(path, "re");

	snprintf(number, sizeof(number), "%u", (unsigned)getuid());
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, ":\n")] = '\0';
		if (strcmp(line, number) == 0 ||
			(pw && strcmp(line, pw->pw_name) == 0))
			return true;
	}
	return false;
}

void probe_id_ranges(struct finding *f)
{
	bool tools = access("/usr/bin/newuidmap", X_OK) == 0 &&
		     access("/usr/bin/newgidmap", X_OK) == 0;

	if (!tools)
		found(f, SUPPORT_NO, "apt-get install uidmap",
			"'/usr/bin/newuidmap' is not installed");
	else if (!has_range("/etc/subuid") || !has_range("/etc/subgid"))
		found(f, SUPPORT_NO,
			"usermod --add-subuids 100000-165535 --add-subgids "
			"100000-165535 USER",
			"'/etc/subuid' or '/etc/subgid' has no range for this "
			"user");
	else
		found(f, SUPPORT_YES, NULL,
			"'/etc/subuid' has a range for this user");
}
