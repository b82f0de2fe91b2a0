// SPDX-License-Identifier: Apache-2.0
/* Choosing an engine by what works here, or saying what would help. */
#include "base/err.h"
#include "sandbox/watch/support.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CONTAINER_PTRACE "in a container: start it with --cap-add SYS_PTRACE"
#define CONTAINER_SECCOMP                                                     \
	"a seccomp profile that allows seccomp(2) (in a container: start it " \
	"with --security-opt seccomp=unconfined)"

static bool refuse(struct watch_refusal *why, const char *remedy,
	const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool refuse(
	struct watch_refusal *why, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->detail, sizeof(why->detail), fmt, ap);
	va_end(ap);
	snprintf(why->remedy, sizeof(why->remedy), "%s", remedy);
	return true;
}

bool watch_explain_common(const struct watch_support *s, struct watch_refusal *why)
{
	if (s->proc)
		return refuse(
			why, "mount -t proc proc /proc (unshare(1) has --mount-proc)",
			s->proc == EXDEV
				? "/proc belongs to another PID namespace"
				: "/proc is not mounted");
	if (!s->memory)
		return false;
	/* Documentation/admin-guide/LSM/Yama.rst: 2 wants CAP_SYS_PTRACE, 3
	 * cannot be left again. */
	if (s->yama == 3)
		return refuse(why,
			"kernel.yama.ptrace_scope=1 in /etc/sysctl.d and a "
			"restart",
			"kernel.yama.ptrace_scope is 3: nobody may read a "
			"command's memory");
	if (s->yama == 2)
		return refuse(why,
			"sysctl kernel.yama.ptrace_scope=1, or root (in a "
			"container with --cap-add SYS_PTRACE)",
			"kernel.yama.ptrace_scope is 2: only root may read a "
			"command's memory");
	return refuse(why,
		CONTAINER_PTRACE ", or with --security-opt apparmor=unconfined "
				 "(SELinux: setsebool deny_ptrace=0)",
		"a command's memory cannot be read: %s", strerror(s->memory));
}

bool watch_explain_notify(const struct watch_support *s, struct watch_refusal *why)
{
	switch (s->notify) {
	case 0:
	case WATCH_UNTRIED:
		return false;
	case EBUSY:
		return refuse(why, "run it outside of that program",
			"another program's seccomp listener stands over this "
			"process");
	case EINVAL:
	case ENOSYS:
		return refuse(why, "Linux 5.5 or later, and " CONTAINER_SECCOMP,
			"there are no seccomp listeners: %s",
			strerror(s->notify));
	default:
		return refuse(why, CONTAINER_SECCOMP,
			"a seccomp listener is refused: %s", strerror(s->notify));
	}
}

bool watch_explain_ptrace(const struct watch_support *s, struct watch_refusal *why)
{
	if (!s->ptrace || s->ptrace == WATCH_UNTRIED)
		return false;
	if (s->ptrace == EBUSY)
		return refuse(why, "run it outside of that program",
			"another program's seccomp listener takes the calls "
			"before ptrace");
	if (s->tracer)
		return refuse(why, "run it outside of that tracer",
			"this process is being traced, by process %d", s->tracer);
	if (s->ptrace == EOPNOTSUPP)
		return refuse(why, "Linux 5.3 or later",
			"ptrace cannot say which call has stopped");
	return refuse(why, CONTAINER_PTRACE, "ptrace is refused: %s",
		strerror(s->ptrace));
}

static int both(const struct watch_support *s, struct watch_refusal *why)
{
	struct watch_refusal n, p;

	watch_explain_notify(s, &n);
	watch_explain_ptrace(s, &p);
	if (s->notify == EBUSY && s->ptrace == EBUSY) {
		*why = n;
		return -1;
	}
	/* Two of them would be too long for one line. */
	refuse(why, s->tracer ? p.remedy : n.remedy, "%.110s, and %.110s",
		n.detail, p.detail);
	if (!s->tracer && s->notify != EBUSY)
		snprintf(why->remedy, sizeof(why->remedy), "%.150s; or %.80s",
			n.remedy, p.remedy);
	return -1;
}

int watch_decide(const struct watch_support *s, enum watch_backend *backend,
	struct watch_refusal *why)
{
	if (watch_explain_common(s, why))
		return -1;
	if (*backend == BACKEND_NOTIFY)
		return watch_explain_notify(s, why) ? -1 : 0;
	if (*backend == BACKEND_PTRACE)
		return watch_explain_ptrace(s, why) ? -1 : 0;
	/* Gdb and the like work under a listener, and it survives its
	 * recorder. */
	if (!s->notify && !s->interrupts)
		*backend = BACKEND_NOTIFY;
	else if (!s->ptrace)
		*backend = BACKEND_PTRACE;
	else if (!s->notify)
		*backend = BACKEND_NOTIFY;
	else
		return both(s, why);
	return 0;
}

int watch_choose(const struct watch_support *s, enum watch_backend *backend,
	struct err *e)
{
	struct watch_refusal why;

	if (watch_decide(s, backend, &why) < 0)
		return err_set(e, "%s; remedy: %s", why.detail, why.remedy);
	return 0;
}
