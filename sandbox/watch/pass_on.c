// SPDX-License-Identifier: Apache-2.0
/*
 * Signals that are meant for the command. It gets each one once: from the
 * keeper when only the keeper was told, and not again when the sender told
 * every process of the job, which shows by the recorder's having it, too.
 */
#include "base/clock.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How long a sender that signals every process of a job may take from the
 * keeper to the recorder before its signal counts as meant for one. */
#define GROUP_SIGNAL_MS 200
/* And from the command to the keeper, with SIGCONT. */
#define GROUP_CONT_MS 100
/* How long a tracer that was stopped may take to see that the command is. */
#define TRACER_MS 2000
/* One that the recorder got so long before the keeper last looked was not
 * sent together with one that the keeper has only now. */
#define STALE_MS 1000

void watch_note_signals(struct watch *w, int signals)
{
	struct watch_shared *s = w->shared;
	struct signalfd_siginfo si;

	while (read(signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo >= NSIG)
			continue;
		atomic_store(&s->recorder_got_at[si.ssi_signo], clock_ms());
		atomic_fetch_add(&s->recorder_got[si.ssi_signo], 1);
	}
}

/* Its recorder reaps the command and then says that it has ended: only where
 * there are no pidfds can its number be another's for a moment. */
static void send_signal(struct keeper *k, int sig)
{
	if (k->command <= 0 || k->ended)
		return;
	if (k->command_fd < 0 ||
		(syscall(SYS_pidfd_send_signal, k->command_fd, sig, NULL, 0) < 0 &&
			errno != ESRCH))
		kill(k->command, sig);
}

/* One that the recorder got and that no signal to the keeper stands for. */
static bool take_match(struct keeper *k, int sig)
{
	struct watch_shared *s = k->w->shared;
	uint32_t got = atomic_load(&s->recorder_got[sig]);

	if ((int32_t)(got - k->matched[sig]) <= 0)
		return false;
	if (atomic_load(&s->recorder_got_at[sig]) + STALE_MS < k->looked_at) {
		k->matched[sig] = got;
		return false;
	}
	k->matched[sig]++;
	return true;
}

static bool recorder_got_it_too(struct keeper *k, int sig)
{
	for (int i = 0; i < GROUP_SIGNAL_MS; i++) {
		if (take_match(k, sig))
			return true;
		/* It will count it when it gets to run. */
		if (watch_process_pending(k->recorder, sig)) {
			k->matched[sig]++;
			return true;
		}
		usleep(1000);
	}
	return take_match(k, sig);
}

/* And nobody has continued it; a tracer may see that later. */
static bool command_is_stopped(struct keeper *k)
{
	uint32_t stop = atomic_load(&k->w->shared->stop);

	return watch_process_state(k->command) == 'T' ||
	       (stop && stop != k->continued);
}

static void continue_command(struct keeper *k)
{
	k->continued = atomic_load(&k->w->shared->stop);
	send_signal(k, SIGCONT);
}

static void pass_on_cont(struct keeper *k)
{
	usleep(GROUP_CONT_MS * 1000);
	/* All were stopped, and only this process was continued. */
	if (watch_process_wake(k->recorder) && k->w->backend == BACKEND_PTRACE)
		for (int i = 0; i < TRACER_MS && !command_is_stopped(k); i++)
			usleep(1000);
	if (command_is_stopped(k))
		continue_command(k);
}

static void handle_signal(struct keeper *k, const struct signalfd_siginfo *si)
{
	int sig = (int)si->ssi_signo;

	if (sig == SIGCHLD)
		watch_relays_reap(k->w);
	if (sig == SIGCHLD || sig >= NSIG)
		return;
	if (sig == SIGWINCH)
		watch_relays_resize(k->w);
	/* Only the record is unfinished: what is hashed so far must do. */
	if (k->ended && (sig == SIGTERM || sig == SIGINT || sig == SIGHUP))
		atomic_store(&k->w->shared->hurry, 1);
	/* From the kernel: the terminal told the whole foreground group, the
	 * command with it (or not, when it left the group: as without us). */
	if (si->ssi_code > 0) {
		take_match(k, sig);
		return;
	}
	if (sig == SIGCONT) {
		pass_on_cont(k);
		return;
	}
	if (!recorder_got_it_too(k, sig))
		send_signal(k, sig);
}

void watch_pass_on(struct keeper *k)
{
	struct signalfd_siginfo si;

	while (read(k->signals, &si, sizeof(si)) == sizeof(si))
		handle_signal(k, &si);
	k->looked_at = clock_ms();
}

/*
 * The shell that started us waits for us, not for the command: stop as it did.
 * SIGSTOP works in orphaned process groups too, where SIGTSTP is dropped.
 */
void watch_stop_like_command(struct keeper *k)
{
	sigset_t cont;
	struct timespec now = {0, 0};

	/* The news may be older than a SIGCONT, which the tracer sees next. */
	if (!command_is_stopped(k))
		return;
	usleep(10000);
	if (!command_is_stopped(k))
		return;
	kill(getpid(), SIGSTOP);
	/* Continued, alone or with the group. */
	if (command_is_stopped(k)) {
		usleep(10000);
		if (command_is_stopped(k))
			continue_command(k);
	}
	/* What has ended this stop must not end the next one. */
	sigemptyset(&cont);
	sigaddset(&cont, SIGCONT);
	sigtimedwait(&cont, NULL, &now);
}
