// SPDX-License-Identifier: Apache-2.0
/*
 * The keeper: the process that the user started. It hears from the recorder,
 * watches over it, and ends as the command does.
 */
#include "base/fs.h"
#include "base/log.h"
#include "base/packet.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A command that runs longer than this is no short one. */
#define LASTING_MS 100

static void handle_message(struct keeper *k, const struct watch_msg *m, int fd)
{
	switch (m->type) {
	case MSG_LISTENER:
		k->listener = fd;
		return;
	case MSG_COMMAND:
		k->command = m->pid;
		k->command_fd = fd;
		return;
	case MSG_STOPPED:
		watch_stop_like_command(k);
		return;
	case MSG_NOT_STARTED:
		k->out->outcome = WATCH_NOT_STARTED;
		k->out->exec_error = m->value;
		k->ended = k->done = true;
		return;
	case MSG_FAILED:
		*k->e = m->err;
		k->failed = true;
		return;
	case MSG_ENDED:
		k->out->status = m->value;
		k->ended = true;
		return;
	case MSG_DONE:
		k->done = true;
		return;
	}
}

enum sight { IN_ORDER, STUCK, IDLE };

static enum sight look_at_recorder(struct keeper *k)
{
	if (!watchdog_due(&k->dog))
		return IN_ORDER;
	watchdog_wake(&k->dog, k->recorder);
	watch_relays_wake(k->w);
	if (k->ended)
		return watchdog_idle(&k->dog, k->w, k->recorder) ? IDLE
								 : IN_ORDER;
	/* A tracer cannot be replaced. */
	return k->listener >= 0 && watchdog_stuck(&k->dog, k->listener,
					   k->w->shared, k->recorder)
		       ? STUCK
		       : IN_ORDER;
}

/* The time of a poll without an event has passed. */
static void note_lasting(struct keeper *k)
{
	const struct watch_handler *h = &k->w->spec->handler;

	if (k->lasted || k->command <= 0 || k->ended)
		return;
	k->lasted = true;
	if (!h->lasting)
		return;
	/* Orphans of the recorder come here, those of the handler do not. */
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	h->lasting(h->arg);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

int watch_keeper(struct watch *w, pid_t recorder, int signals,
	struct watch_result *out, struct err *e)
{
	struct keeper k = {.w = w,
		.out = out,
		.e = e,
		.signals = signals,
		.listener = -1,
		.command_fd = -1,
		.recorder = recorder};
	struct watch_msg m;
	int fd;

	while (!k.done && !k.failed) {
		/* Before there is a command, signals for it wait. */
		bool started = k.command > 0;
		struct pollfd p[] = {
			{.fd = w->sock, .events = POLLIN},
			{.fd = started ? signals : -1, .events = POLLIN},
		};
		int got = poll(p, 2, k.lasted ? 1000 : LASTING_MS);

		if (got < 0 && errno != EINTR)
			return err_sys(e, "cannot poll");
		if (got == 0)
			note_lasting(&k);
		if (started)
			watch_pass_on(&k);
		switch (look_at_recorder(&k)) {
		case IN_ORDER:
			break;
		case STUCK:
			log_error("the recorder does not answer: the command "
				  "goes on without it");
			kill(recorder, SIGKILL);
			return watch_take_over(&k);
		case IDLE:
			watch_leave(&k);
			return 0;
		}
		if (!p[0].revents)
			continue;
		if (!packet_recv(w->sock, &m, sizeof(m), &fd))
			return watch_take_over(&k);
		handle_message(&k, &m, fd);
	}
	watch_relays_end(w);
	return k.failed ? -1 : 0;
}

void watch_die_like(int status)
{
	struct rlimit none = {0, 0};
	sigset_t all;
	int sig;

	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	sig = WTERMSIG(status);
	/* The command has left its core; ours would only hide it. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(sig, SIG_DFL);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	kill(getpid(), sig);
	_exit(128 + sig);
}
