// SPDX-License-Identifier: Apache-2.0
/*
 * Who the command is. Without root: a first user namespace in which we are 0
 * owns the mounts, and in it a second one maps the recorded ids to that 0. As
 * root: only the second, which maps a range of ids that nobody else has.
 */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534u
/* Above all that are mapped: none of the command's ids. */
#define OWNER (ISO_ID_BASE + ISO_ID_COUNT + ISO_EXTRA_IDS)

/* Index of `shown` among the extra ids, the command's own id being one; -1. */
static long extra_index(
	uint32_t own, const uint32_t *extra, size_t count, uint32_t shown)
{
	long n = 0;

	if (own >= ISO_ID_COUNT && own == shown)
		return 0;
	n = own >= ISO_ID_COUNT;
	for (size_t i = 0; i < count && n < ISO_EXTRA_IDS; i++) {
		if (extra[i] < ISO_ID_COUNT || extra[i] == own)
			continue;
		if (extra[i] == shown)
			return n;
		n++;
	}
	return -1;
}

static uint32_t in_range(uint32_t base, uint32_t own, const uint32_t *extra,
	size_t count, uint32_t shown)
{
	long n;

	if (shown < ISO_ID_COUNT)
		return base + shown;
	n = extra_index(own, extra, count, shown);
	return base + (n < 0 ? NOBODY : ISO_ID_COUNT + (uint32_t)n);
}

static uid_t range_uid(const struct iso_ids *ids, uint32_t shown)
{
	const struct isolation *iso = ids->iso;

	return in_range(ids->base, iso->uid, iso->extra_uids,
		iso->extra_uid_count, shown);
}

static gid_t range_gid(const struct iso_ids *ids, uint32_t shown)
{
	const struct isolation *iso = ids->iso;

	return in_range(ids->base, iso->gid, iso->extra_gids,
		iso->extra_gid_count, shown);
}

static uint32_t single(const struct iso_ids *ids, uint32_t shown)
{
	return 0;
}

void ids_init(struct iso_ids *ids, const struct isolation *iso, bool range)
{
	*ids = (struct iso_ids){
		.uid = range ? range_uid : single,
		.gid = range ? range_gid : single,
		.iso = iso,
		.base = ISO_ID_BASE,
		.range = range,
	};
}

/* Does the map at `path` (see user_namespaces(7)) hold the whole range? */
static bool map_holds_range(const char *path)
{
	const uint64_t last =
		(uint64_t)ISO_ID_BASE + ISO_ID_COUNT + ISO_EXTRA_IDS;
	uint64_t inside, outside, count;
	autofile *f = fopen(path, "re");
	bool found = false;

	while (f && fscanf(f, "%" SCNu64 " %" SCNu64 " %" SCNu64, &inside,
			    &outside, &count) == 3)
		found |= inside <= ISO_ID_BASE && last < inside + count;
	return found;
}

bool ids_can_range(void)
{
	static const cap_value_t needed[] = {CAP_SYS_ADMIN, CAP_SETUID,
		CAP_SETGID, CAP_CHOWN, CAP_SETPCAP, CAP_NET_ADMIN};
	cap_t caps;
	bool all = geteuid() == 0;

	caps = cap_get_proc();
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		cap_flag_value_t on = CAP_CLEAR;

		if (caps)
			cap_get_flag(caps, needed[i], CAP_EFFECTIVE, &on);
		all &= on == CAP_SET;
	}
	cap_free(caps);
	return all && map_holds_range("/proc/self/uid_map") &&
	       map_holds_range("/proc/self/gid_map");
}

static int write_text(
	int dirfd, const char *path, const char *text, struct err *e)
{
	autoclose int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || fs_write_all(fd, text, strlen(text)) < 0)
		return err_sys(e, "cannot write '%s'", path);
	return 0;
}

int ids_own(struct setup *s, int dirfd, const char *name)
{
	return fchownat(dirfd, name, s->ids.uid(&s->ids, 0),
		s->ids.gid(&s->ids, 0), AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
}

static int write_map(pid_t pid, const char *name, uint32_t base, uint32_t own,
	const uint32_t *extra, size_t count, struct err *e)
{
	autostrbuf text = STRBUF_INIT;
	long last = own >= ISO_ID_COUNT ? 0 : -1;
	char path[64];

	strbuf_addf(&text, "0 %u %u\n", base, ISO_ID_COUNT);
	if (own >= ISO_ID_COUNT)
		strbuf_addf(&text, "%u %u 1\n", own, base + ISO_ID_COUNT);
	for (size_t i = 0; i < count; i++) {
		long n = extra_index(own, extra, count, extra[i]);

		if (n <= last)
			continue; /* nobody, the own id, or met before */
		strbuf_addf(&text, "%u %u 1\n", extra[i],
			base + ISO_ID_COUNT + (uint32_t)n);
		last = n;
	}
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return write_text(AT_FDCWD, path, text.s, e);
}

int ids_write_range(const struct iso_ids *ids, pid_t pid, struct err *e)
{
	const struct isolation *iso = ids->iso;

	if (write_map(pid, "gid_map", ids->base, iso->gid, iso->extra_gids,
		    iso->extra_gid_count, e) < 0)
		return -1;
	return write_map(pid, "uid_map", ids->base, iso->uid, iso->extra_uids,
		iso->extra_uid_count, e);
}

/* A process in a new user namespace, which tells its number as the host's
 * /proc has it, and then waits to be killed. */
static pid_t start_holder(char number[16], struct err *e)
{
	int ends[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	pid = (pid_t)syscall(
		SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		n = readlink("/proc/self", number, 15);
		if (n < 0 || fs_write_all(ends[1], number, (size_t)n) < 0)
			_exit(1);
		close(ends[1]);
		for (;;)
			pause();
	}
	if (pid < 0)
		err_sys(e, "cannot make a user namespace");
	close(ends[1]);
	n = pid < 0 ? 0 : fs_read_all(ends[0], number, 15);
	number[n < 0 ? 0 : n] = 0;
	close(ends[0]);
	return pid;
}

/*
 * For idmapped mounts, while user namespaces can still be made: not once the
 * new root lies over the old one (user_namespaces(7)).
 */
int step_volume_ids(struct setup *s, struct err *e)
{
	char number[16], path[48];
	pid_t pid;

	if (!s->ids.range || !s->iso->volume_count)
		return 0;
	pid = start_holder(number, e);
	if (pid < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%s/ns/user", number);
	if (ids_write_range(&s->ids, atoi(number), e) == 0) {
		s->userns = open(path, O_RDONLY | O_CLOEXEC);
		if (s->userns < 0)
			err_sys(e, "cannot open a user namespace");
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return s->userns < 0 ? -1 : 0;
}

/* One id each, by the process itself: all that an ordinary user may map. */
static int map_single(uint32_t uid, uint32_t outer_uid, uint32_t gid,
	uint32_t outer_gid, struct err *e)
{
	char text[64];

	if (write_text(AT_FDCWD, "/proc/self/setgroups", "deny", e) < 0)
		return -1;
	snprintf(text, sizeof(text), "%u %u 1", uid, outer_uid);
	if (write_text(AT_FDCWD, "/proc/self/uid_map", text, e) < 0)
		return -1;
	snprintf(text, sizeof(text), "%u %u 1", gid, outer_gid);
	return write_text(AT_FDCWD, "/proc/self/gid_map", text, e);
}

int step_ids_outer(struct setup *s, struct err *e)
{
	if (s->ids.range)
		return 0;
	if (map_single(0, s->caller_uid, 0, s->caller_gid, e) == 0)
		return 0;
	/* Ubuntu's AppArmor lets the namespace be made, but not used. */
	return host_add_remedy(e);
}

/* The caller writes the maps: it alone has the capability for a range. */
static int map_range(struct setup *s, struct err *e)
{
	struct msg m = {.kind = MSG_MAP};
	unsigned char answer = 1;

	setup_send(s, &m);
	if (fs_read_all(s->down, &answer, 1) != 1 || answer != MAP_DONE)
		return err_set(e, "the ids were not mapped");
	return 0;
}

/* The namespaces of the command's own user namespace end here: with a limit
 * of 0 that needs CAP_SYS_RESOURCE in it to change. */
static int forbid_more(struct setup *s, struct err *e)
{
	if (write_text(s->proc_user, "max_user_namespaces", "0", e) < 0)
		return -1;
	if (unshare(CLONE_NEWUSER) == 0)
		return err_set(e, "a further user namespace could be made");
	return 0;
}

/* Before the user namespace is made: no group of the host (of a device node)
 * can be named in one that does not map it. */
int step_groups(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;
	size_t n = iso->group_count, more = iso->host_group_count;
	autofree gid_t *all = NULL;

	if (!s->ids.range || !guard_on(iso, "userns2"))
		return 0;
	all = xcalloc(n + more + 1, sizeof(*all));
	for (size_t i = 0; i < n; i++)
		all[i] = s->ids.gid(&s->ids, iso->groups[i]);
	for (size_t i = 0; i < more; i++)
		all[n + i] = iso->host_groups[i];
	if (setgroups(n + more, all) < 0)
		return err_sys(e, "cannot set the groups");
	return 0;
}

/*
 * Without root's exception, which is for the real user id 0 in the first user
 * namespace: enforced_nproc_rlimit() of kernel/user_namespace.c. The owner of
 * the new namespace, whose processes are counted, is then an id that nobody
 * else has.
 */
static int be_nobody(struct err *e)
{
	const cap_value_t admin = CAP_SYS_ADMIN;
	cap_t caps;
	int rc;

	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setresuid(OWNER, OWNER, OWNER) < 0)
		return err_sys(e, "cannot leave root's user id");
	caps = cap_get_proc();
	rc = caps ? cap_set_flag(caps, CAP_EFFECTIVE, 1, &admin, CAP_SET) : -1;
	if (rc == 0)
		rc = cap_set_proc(caps);
	if (rc < 0)
		err_sys(e, "cannot keep CAP_SYS_ADMIN");
	cap_free(caps);
	return rc;
}

/*
 * A user namespace is held to the soft RLIMIT_NPROC that its maker has, all
 * processes in it counted (Linux 5.14), whatever the limit is later on.
 */
int step_process_limit(struct setup *s, struct err *e)
{
	rlim_t most = s->iso->group.processes;
	struct rlimit low;

	if (getrlimit(RLIMIT_NPROC, &s->nproc) < 0)
		return err_sys(e, "cannot read limit 'nproc'");
	if (!most || !guard_on(s->iso, "userns2"))
		return 0;
	low = s->nproc;
	if (low.rlim_cur > most)
		low.rlim_cur = most;
	if (setrlimit(RLIMIT_NPROC, &low) < 0)
		return err_sys(e, "cannot set limit 'nproc'");
	return s->ids.range ? be_nobody(e) : 0;
}

int step_userns(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;

	if (!guard_on(iso, "userns2"))
		return 0;
	/* Nor can it be left by a sibling: the first namespace has room for
	 * just this one (bubblewrap's --disable-userns does the same). As
	 * root that limit would be the host's own. */
	if (!s->ids.range &&
		write_text(s->proc_user, "max_user_namespaces", "1", e) < 0)
		return -1;
	if (unshare(CLONE_NEWUSER) < 0)
		return err_sys(e, "cannot make the command's user namespace");
	if (s->ids.range ? map_range(s, e)
			 : map_single(iso->uid, 0, iso->gid, 0, e))
		return -1;
	return forbid_more(s, e);
}

int step_ids(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;

	if (!guard_on(iso, "userns2"))
		return 0;
	/* With one mapped id the caller's groups stay: they cannot be given
	 * up, and a store may be readable through one of them only. With a
	 * range they are right already: see step_groups(). */
	if (setresgid(iso->gid, iso->gid, iso->gid) < 0)
		return err_sys(e, "cannot become group %u", iso->gid);
	if (setresuid(iso->uid, iso->uid, iso->uid) < 0)
		return err_sys(e, "cannot become user %u", iso->uid);
	/* A change of ids has switched it off: prctl(2). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_sys(e, "cannot tie the sandbox to its caller");
	return 0;
}
