// SPDX-License-Identifier: Apache-2.0
/*
 * The keeper: the process that the user started. It passes on signals that
 * were meant for the command, stops and ends as the command does, and lets
 * every call through when the recorder is lost.
 */
#include "base/fs.h"
#include "base/log.h"
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
#include <time.h>
#include <unistd.h>

/* How long a sender that signals every process of a job may take from the
 * keeper to the recorder before its signal counts as meant for one. */
#define GROUP_SIGNAL_MS 100
/* How long the command may take to go on after a SIGCONT. */
#define CONTINUED_MS 1000

struct keeper {
	struct watch *w;
	struct watch_result *out;
	struct err *e;
	int signals;
	int listener;
	int command_fd; /* pidfd */
	pid_t command;
	pid_t recorder;
	uint32_t matched[NSIG]; /* of shared->recorder_got */
	struct watchdog dog;
	long long next_look; /* monotonic milliseconds */
	long long continued; /* when SIGCONT was passed on */
	bool ended, done, failed;
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void send_signal(struct keeper *k, int sig)
{
	if (k->command_fd >= 0 && !k->ended)
		syscall(SYS_pidfd_send_signal, k->command_fd, sig, NULL, 0);
}

static bool recorder_got_it_too(struct keeper *k, int sig)
{
	for (int i = 0; i < GROUP_SIGNAL_MS; i++) {
		if (atomic_load(&k->w->shared->recorder_got[sig]) !=
			k->matched[sig]) {
			k->matched[sig]++;
			return true;
		}
		usleep(1000);
	}
	return false;
}

static bool command_is_stopped(struct keeper *k)
{
	return watch_process_state(k->command) == 'T' ||
	       atomic_load(&k->w->shared->stopped);
}

static void handle_signal(struct keeper *k, const struct signalfd_siginfo *si)
{
	int sig = (int)si->ssi_signo;

	if (sig == SIGCHLD || sig >= NSIG)
		return;
	/* Only the record is unfinished: what is hashed so far must do. */
	if (k->ended && (sig == SIGTERM || sig == SIGINT || sig == SIGHUP))
		atomic_store(&k->w->shared->hurry, 1);
	/* From the kernel: the terminal told the whole foreground group, the
	 * command with it (or not, when it left the group: as without us). */
	if (si->ssi_code > 0) {
		if (atomic_load(&k->w->shared->recorder_got[sig]) !=
			k->matched[sig])
			k->matched[sig]++;
		return;
	}
	if (sig == SIGCONT) {
		/* Without it the command could not go on, if all were stopped
		 * and only this process was continued. */
		kill(k->recorder, SIGCONT);
		usleep(GROUP_SIGNAL_MS * 1000);
		if (command_is_stopped(k)) {
			k->continued = now_ms();
			send_signal(k, SIGCONT);
		}
		return;
	}
	if (!recorder_got_it_too(k, sig))
		send_signal(k, sig);
}

static void drain_signals(struct keeper *k)
{
	struct signalfd_siginfo si;

	while (read(k->signals, &si, sizeof(si)) == sizeof(si))
		handle_signal(k, &si);
}

/*
 * The shell that started us waits for us, not for the command: stop as it did.
 * SIGSTOP works in orphaned process groups too, where SIGTSTP is dropped.
 */
static void stop_like_command(struct keeper *k)
{
	/* The news may be older than the SIGCONT that was passed on. */
	while (now_ms() - k->continued < CONTINUED_MS && command_is_stopped(k))
		usleep(10000);
	if (!command_is_stopped(k))
		return;
	kill(getpid(), SIGSTOP);
	/* Continued, alone or with the group. */
	if (command_is_stopped(k)) {
		usleep(10000);
		if (command_is_stopped(k))
			send_signal(k, SIGCONT);
	}
}

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
		stop_like_command(k);
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

static int reap_until(pid_t pid)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(-1, &status, 0);
	while ((got >= 0 && got != pid) || (got < 0 && errno == EINTR));
	return status;
}

/*
 * The recorder is gone before it was done. With a listener the command lives:
 * let its calls through, wait for its end, freeze what was recorded. Whatever
 * outlives the command is let through by a copy of this process.
 */
static int take_over(struct keeper *k)
{
	struct watch *w = k->w;
	pid_t drainer;

	if (k->listener < 0 || k->command_fd < 0) {
		/* ptrace: the kernel killed the command with its tracer. */
		k->out->status = k->ended ? k->out->status : SIGKILL;
		if (k->command <= 0)
			return err_set(k->e, "the recorder died");
	} else {
		watch_notify_takeover(k->listener, w->shared);
		drainer = fork();
		if (drainer == 0) {
			watch_let_go(w);
			dup2(STDOUT_FILENO, STDERR_FILENO);
			watch_notify_drain(k->listener, w->shared);
			_exit(0);
		}
		close(k->listener);
		if (!k->ended)
			k->out->status = reap_until(k->command);
	}
	if (w->spec->handler.lost)
		w->spec->handler.lost(w->spec->handler.arg, k->out->status);
	return 0;
}

/* Once a second while the command runs under a listener. */
static bool recorder_is_stuck(struct keeper *k)
{
	if (k->listener < 0 || k->ended || now_ms() < k->next_look)
		return false;
	k->next_look = now_ms() + 1000;
	return watchdog_stuck(&k->dog, k->listener, k->w->shared, k->recorder);
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
		struct pollfd p[] = {
			{.fd = w->sock, .events = POLLIN},
			{.fd = signals, .events = POLLIN},
		};

		if (poll(p, 2, k.listener < 0 || k.ended ? -1 : 1000) < 0 &&
			errno != EINTR)
			return err_sys(e, "cannot poll");
		if (recorder_is_stuck(&k)) {
			log_error("the recorder does not answer: the command "
				  "goes on without it");
			kill(recorder, SIGKILL);
			return take_over(&k);
		}
		if (p[1].revents)
			drain_signals(&k);
		if (!p[0].revents)
			continue;
		if (watch_recv(w->sock, &m, &fd) == 0)
			return take_over(&k);
		handle_message(&k, &m, fd);
	}
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
