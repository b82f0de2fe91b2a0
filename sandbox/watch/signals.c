// SPDX-License-Identifier: Apache-2.0
/*
 * Signals: keeper and recorder take everything by signalfd, so that neither a
 * terminal's Ctrl-C nor a scheduler's SIGTERM ends them before the command;
 * the command gets the dispositions and mask that the user's shell gave.
 */
#include "sandbox/watch/internal.h"

#include <sys/signalfd.h>

void watch_signals_save(struct watch *w)
{
	sigprocmask(SIG_SETMASK, NULL, &w->mask);
	for (int s = 1; s < NSIG; s++)
		sigaction(s, NULL, &w->actions[s]);
}

int watch_signals_take(void)
{
	static const int faults[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		sigdelset(&all, faults[i]);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* Ignored signals never reach a signalfd; SIGCHLD ignored would also
	 * let children vanish unreaped. */
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

void watch_signals_restore(const struct watch *w)
{
	for (int s = 1; s < NSIG; s++)
		sigaction(s, &w->actions[s], NULL);
	if (w->spec->caller)
		watch_caller_give(w->spec->caller);
	/* Whatever fires from now on is the command's. */
	watch_timers_give(w->timers);
	sigprocmask(SIG_SETMASK, &w->mask, NULL);
}
