// SPDX-License-Identifier: Apache-2.0
/* The steps of the set-up in their order, and the walk over them. */
#include "sandbox/isolation/setup.h"

#include "base/fault.h"
#include "base/fs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

bool guard_on(const struct isolation *iso, const char *name)
{
	const char *list = iso->without_guard;
	size_t len = strlen(name);

	while (list && *list) {
		const char *end = strchrnul(list, ',');

		if ((size_t)(end - list) == len && !memcmp(list, name, len))
			return false;
		list = *end ? end + 1 : end;
	}
	return true;
}

void setup_send(struct setup *s, const struct msg *m)
{
	/* A caller that is gone cannot be told; PDEATHSIG is on its way. */
	(void)!write(s->up, m, sizeof(*m));
}

void setup_note(struct setup *s, const char *fmt, ...)
{
	struct msg m = {.kind = MSG_NOTE};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m.e.msg, sizeof(m.e.msg), fmt, ap);
	va_end(ap);
	setup_send(s, &m);
}

int steps_run(
	const struct step *steps, size_t count, struct setup *s, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		char fault[64];

		snprintf(fault, sizeof(fault), "isolation.%s", steps[i].name);
		errno = 0;
		if (FAULT(fault))
			err_sys(e, "injected fault");
		else if (steps[i].run(s, e) == 0)
			continue;
		return err_wrap(e, "%s", steps[i].name);
	}
	return 0;
}

/* Dispositions of the caller are its own: an inherited SIG_IGN for SIGCHLD
 * would take the command's status away. Nothing reaches PID 1 but by pipe. */
static int step_signals(struct setup *s, struct err *e)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t all;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_sys(e, "cannot tie the sandbox to its caller");
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL); /* KILL, STOP, libc's: refused */
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return err_sys(e, "cannot block signals");
	umask(0);
	return 0;
}

static const struct step steps[] = {
	{"signals", step_signals},
	{"ids-outer", step_ids_outer},
	{"private", step_private},
	{"volume-ids", step_volume_ids},
	{"hostname", step_hostname},
	{"loopback", step_loopback},
	{"root", step_root},
	{"read-only", step_read_only},
	{"dev", step_dev},
	{"devices", step_devices},
	{"proc", step_proc},
	{"pids", step_pids},
	{"sys", step_sys},
	{"covers", step_covers},
	{"binds", step_binds},
	{"volumes", step_volumes},
	{"fakes", step_fakes},
	{"masks", step_masks},
	{"dev-seal", step_dev_seal},
	{"pivot", step_pivot},
	{"limits-raise", step_limits_raise},
	{"enter-group", step_enter_group},
	{"groups", step_groups},
	{"process-limit", step_process_limit},
	{"userns", step_userns},
	{"ids", step_ids},
	{"terminal", step_terminal},
	{"keyring", step_keyring},
	{"caps", step_caps},
	{"no-new-privs", step_no_new_privs},
	{"landlock", step_landlock},
	{"fds", step_fds},
	{"dumpable", step_dumpable},
	{"seccomp", step_seccomp},
};

_Noreturn void setup_main(struct setup *s)
{
	struct msg m = {.kind = MSG_FAILED};

	if (steps_run(steps, sizeof(steps) / sizeof(*steps), s, &m.e) < 0) {
		setup_send(s, &m);
		_exit(125);
	}
	init_main(s);
}
