// SPDX-License-Identifier: Apache-2.0
/*
 * What the command may do within its user namespace: nothing, or the file
 * capabilities that a run captured as root had. Set in PID 1, so that it has
 * no more than the command.
 */
#include "base/fs.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A keyring of our own instead of the session's, whose keys would be readable
 * by possession whatever our ids are: session-keyring(7). */
int step_keyring(struct setup *s, struct err *e)
{
	if (!guard_on(s->iso, "keyring"))
		return 0;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
		errno != ENOSYS && errno != EPERM && errno != EACCES)
		return err_sys(e, "cannot leave the session's keyring");
	return 0; /* refused by an outer filter: then it is to us all */
}

static bool kept(const struct isolation *iso, int cap)
{
	return cap < 64 && (iso->keep_caps >> cap & 1);
}

/*
 * Root is nobody special, and that cannot be changed back. A program that has
 * kept capabilities and changes its uid still loses them, as it expects.
 */
static int lock_securebits(const struct isolation *iso, struct err *e)
{
	unsigned bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
			SECBIT_NO_CAP_AMBIENT_RAISE |
			SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED |
			SECBIT_KEEP_CAPS_LOCKED;

	if (!iso->keep_caps)
		bits |= SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED;
	if (prctl(PR_SET_SECUREBITS, bits) < 0)
		return err_sys(e, "cannot lock the secure bits");
	return 0;
}

/* What is kept, and CAP_SETPCAP as long as it is needed to lock the rest. */
static int set_sets(const struct isolation *iso, bool setpcap, struct err *e)
{
	const cap_value_t pcap = CAP_SETPCAP;
	cap_t caps = cap_init();
	int rc = caps ? 0 : -1;

	for (cap_value_t cap = 0; cap < cap_max_bits() && rc == 0; cap++) {
		if (!kept(iso, cap))
			continue;
		rc |= cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_SET);
		rc |= cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_SET);
		rc |= cap_set_flag(caps, CAP_INHERITABLE, 1, &cap, CAP_SET);
	}
	if (rc == 0 && setpcap) {
		rc |= cap_set_flag(caps, CAP_PERMITTED, 1, &pcap, CAP_SET);
		rc |= cap_set_flag(caps, CAP_EFFECTIVE, 1, &pcap, CAP_SET);
	}
	if (rc == 0)
		rc = cap_set_proc(caps);
	if (rc < 0)
		err_sys(e, "cannot drop the capabilities");
	cap_free(caps);
	return rc < 0 ? -1 : 0;
}

int step_caps(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;
	const cap_value_t last = cap_max_bits();

	if (!guard_on(iso, "caps"))
		return 0;
	for (cap_value_t cap = 0; cap < last; cap++)
		if (!kept(iso, cap) && cap_drop_bound(cap) < 0)
			return err_sys(e, "cannot drop capability %d", cap);
	if (set_sets(iso, true, e) < 0)
		return -1;
	if (cap_reset_ambient() < 0)
		return err_sys(e, "cannot clear the ambient capabilities");
	/* Over an exec they last as ambient ones only, root or not. */
	for (cap_value_t cap = 0; cap < last; cap++)
		if (kept(iso, cap) && cap_set_ambient(cap, CAP_SET) < 0)
			return err_sys(e, "cannot keep capability %d", cap);
	if (lock_securebits(iso, e) < 0)
		return -1;
	return set_sets(iso, kept(iso, CAP_SETPCAP), e);
}

int step_no_new_privs(struct setup *s, struct err *e)
{
	if (!guard_on(s->iso, "no_new_privs"))
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "cannot set no_new_privs");
	return 0;
}

/* Else the command, which has the same uid, could read PID 1 and speak through
 * its pipes: ptrace(2), "access mode checking". */
int step_dumpable(struct setup *s, struct err *e)
{
	if (guard_on(s->iso, "dumpable") && prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(e, "cannot protect the sandbox's init");
	return 0;
}

/* landlock(7), ABI 6 (Linux 6.12); the system headers may be older. */
struct scope_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

int step_landlock(struct setup *s, struct err *e)
{
	const struct scope_attr attr = {
		.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL,
	};
	autoclose int fd = -1;
	long abi;

	if (!guard_on(s->iso, "landlock"))
		return 0;
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 6) {
		/* A second wall only, unless the network is shared. */
		if (s->iso->host_network)
			setup_note(s,
				"with the host's network, its abstract "
				"UNIX sockets can be reached (Landlock ABI 6 "
				"is missing)");
		return 0;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return err_sys(e, "cannot enter a Landlock domain");
	return 0;
}
