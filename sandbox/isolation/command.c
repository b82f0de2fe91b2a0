// SPDX-License-Identifier: Apache-2.0
/* The last things before the command: limits, directory, stdin, exec. */
#include "base/fault.h"
#include "base/fs.h"
#include "base/packet.h"
#include "sandbox/isolation/emulate.h"
#include "sandbox/isolation/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	int resource;
	const char *name;
} limit_names[] = {
	{RLIMIT_AS, "as"},
	{RLIMIT_CORE, "core"},
	{RLIMIT_CPU, "cpu"},
	{RLIMIT_DATA, "data"},
	{RLIMIT_FSIZE, "fsize"},
	{RLIMIT_LOCKS, "locks"},
	{RLIMIT_MEMLOCK, "memlock"},
	{RLIMIT_MSGQUEUE, "msgqueue"},
	{RLIMIT_NICE, "nice"},
	{RLIMIT_NOFILE, "nofile"},
	{RLIMIT_NPROC, "nproc"},
	{RLIMIT_RSS, "rss"},
	{RLIMIT_RTPRIO, "rtprio"},
	{RLIMIT_RTTIME, "rttime"},
	{RLIMIT_SIGPENDING, "sigpending"},
	{RLIMIT_STACK, "stack"},
};

static const char *limit_name(int resource)
{
	for (size_t i = 0; i < sizeof(limit_names) / sizeof(*limit_names); i++)
		if (limit_names[i].resource == resource)
			return limit_names[i].name;
	return "unknown";
}

static const char *limit_text(char buf[24], rlim_t value)
{
	if (value == RLIM_INFINITY)
		return "unlimited";
	snprintf(buf, 24, "%" PRIu64, (uint64_t)value);
	return buf;
}

/*
 * Raise hard limits while we may: the rest is set in the command, so that a
 * low one does not hurt the set-up. It takes CAP_SYS_RESOURCE, which an
 * ordinary user lacks, and often a container's root: then the caller is told.
 */
int step_limits_raise(struct setup *s, struct err *e)
{
	for (size_t i = 0; i < s->iso->limit_count; i++) {
		const struct iso_limit *want = &s->iso->limits[i];
		const char *name = limit_name(want->resource);
		char a[24], b[24];
		struct rlimit now;

		if (getrlimit((__rlimit_resource_t)want->resource, &now) < 0)
			return err_sys(e, "cannot read limit '%s'", name);
		if (want->value.rlim_max <= now.rlim_max)
			continue;
		limit_text(b, now.rlim_max);
		if (setrlimit((__rlimit_resource_t)want->resource,
			    &(struct rlimit){
				    now.rlim_cur, want->value.rlim_max}) == 0)
			continue;
		if (errno != EPERM)
			return err_sys(e, "cannot raise limit '%s' to %s", name,
				limit_text(a, want->value.rlim_max));
		setup_note(s,
			"limit '%s' is %s here, not %s: raising it takes "
			"CAP_SYS_RESOURCE",
			name, limit_text(b, now.rlim_max),
			limit_text(a, want->value.rlim_max));
	}
	return 0;
}

/* In a cgroup namespace that begins there. */
int step_enter_group(struct setup *s, struct err *e)
{
	const struct msg m = {.kind = MSG_GROUP};
	unsigned char answer = 0;

	if (!s->group)
		return 0;
	setup_send(s, &m);
	if (fs_read_all(s->down, &answer, 1) != 1 || answer != GROUP_DONE)
		return err_set(e, "the control group was not entered");
	if (guard_on(s->iso, "cgroupns") && unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(e, "cannot make a cgroup namespace");
	return 0;
}

static int step_limits(struct setup *s, struct err *e)
{
	/* It was lower for the user namespace only. */
	if (s->iso->group.processes && setrlimit(RLIMIT_NPROC, &s->nproc) < 0)
		return err_sys(e, "cannot set limit 'nproc'");
	for (size_t i = 0; i < s->iso->limit_count; i++) {
		struct iso_limit want = s->iso->limits[i];
		struct rlimit now;

		if (getrlimit((__rlimit_resource_t)want.resource, &now) < 0)
			return err_sys(e, "cannot read limit '%s'",
				limit_name(want.resource));
		/* Noted above when it could not be raised. */
		if (want.value.rlim_max > now.rlim_max)
			want.value.rlim_max = now.rlim_max;
		if (want.value.rlim_cur > want.value.rlim_max)
			want.value.rlim_cur = want.value.rlim_max;
		if (setrlimit((__rlimit_resource_t)want.resource, &want.value) < 0)
			return err_sys(e, "cannot set limit '%s'",
				limit_name(want.resource));
	}
	return 0;
}

static int step_affinity(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;

	if (iso->affinity &&
		sched_setaffinity(0, iso->affinity_size, iso->affinity) < 0)
		return err_sys(e, "cannot use the recorded CPUs");
	return 0;
}

/*
 * After the last call of ours that it would answer. Another listener above us
 * (a replay that is being captured, say), or a container that allows none, is
 * no reason not to run.
 */
static int step_emulate(struct setup *s, struct err *e)
{
	const struct msg m = {.kind = MSG_LISTENER};
	autoclose int fd = -1;

	if (!s->iso->emulation)
		return 0;
	fd = emulate_filter(s->iso->emulation);
	if (fd < 0)
		setup_note(s,
			"sched_getaffinity and sysinfo tell of this host: no "
			"seccomp listener is possible here (%s)",
			strerror(errno));
	else if (packet_send(s->up, &m, sizeof(m), fd) < 0)
		return err_sys(e, "cannot hand the listener over");
	return 0;
}

static int step_cwd(struct setup *s, struct err *e)
{
	const char *cwd = s->iso->cwd;

	if (chdir(cwd ? cwd : "/") < 0)
		return err_sys(e, "cannot enter '%s'", cwd ? cwd : "/");
	return 0;
}

static int step_stdin(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;
	autoclose int fd = -1;

	if (iso->stdin_kind != ISO_STDIN_FILE)
		return 0;
	fd = open(iso->stdin_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || (iso->stdin_offset &&
			      lseek(fd, iso->stdin_offset, SEEK_SET) < 0))
		return err_sys(e, "cannot read '%s'", iso->stdin_path);
	if (dup2(fd, STDIN_FILENO) < 0)
		return err_sys(e, "cannot set stdin");
	if (fd == STDIN_FILENO) /* it was closed: keep it over the exec */
		fcntl(steal_fd(&fd), F_SETFD, 0);
	return 0;
}

/*
 * The other end of the socket tells the caller who we are: by our number in its
 * own namespace (SO_PEERCRED). Still a copy of this program, we could be looked
 * into by root only: mm_struct is the one of before the user namespace.
 */
static int step_watch(struct setup *s, struct err *e)
{
	const struct iso_watcher *watcher = s->iso->watcher;
	const struct msg m = {.kind = MSG_WATCH};
	autoclose int ours = -1, theirs = -1;
	int pair[2];
	char go;

	if (!watcher)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	if (prctl(PR_SET_DUMPABLE, 1) < 0 ||
		packet_send(s->up, &m, sizeof(m), theirs) < 0)
		return err_sys(e, "cannot ask for the watcher");
	fs_autoclose(&theirs);
	if (read(ours, &go, 1) != 1)
		return err_set(e, "the watcher did not come");
	return watcher->begin(watcher->arg, e);
}

static int step_exec(struct setup *s, struct err *e)
{
	const struct isolation *iso = s->iso;

	umask(iso->umask);
	for (const int *sig = signals_passed; *sig; sig++)
		if (sigismember(&s->ignored, *sig))
			signal(*sig, SIG_IGN);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	execve(iso->executable, iso->argv, iso->envp);
	return err_sys(e, "cannot run '%s'", iso->executable);
}

static const struct step steps[] = {
	{"process-group", step_process_group},
	{"cwd", step_cwd},
	{"stdin", step_stdin},
	{"affinity", step_affinity},
	{"emulate", step_emulate},
	{"watch", step_watch},
	{"limits", step_limits},
	{"exec", step_exec},
};

_Noreturn void command_main(struct setup *s, int error_pipe)
{
	struct err e = ERR_INIT;

	steps_run(steps, sizeof(steps) / sizeof(*steps), s, &e);
	(void)!write(error_pipe, &e, sizeof(e));
	_exit(125);
}
