// SPDX-License-Identifier: Apache-2.0
/*
 * The recorder is lost before the command has ended. With a listener the
 * command lives: a stand-in lets its calls through, the keeper waits for its
 * end, and what was recorded is frozen.
 */
#include "base/fs.h"
#include "base/log.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A scheduler's SIGKILL follows its SIGTERM by a second or more. */
#define HURRY_MS 200

struct stand_in {
	struct watch *w;
	int listener, command_fd;
	int sock; /* to the keeper; closed when that is gone */
};

static void *attendant_main(void *arg)
{
	struct stand_in *s = arg;
	int signals = watch_signals_take();

	for (;;) {
		struct pollfd p[] = {
			{.fd = signals, .events = POLLIN},
			{.fd = s->sock, .events = POLLIN},
		};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return NULL;
		watch_note_signals(s->w, signals);
		if (!p[1].revents)
			continue;
		/* Nobody would pass the status on. */
		if (!atomic_load(&s->w->shared->ended))
			syscall(SYS_pidfd_send_signal, s->command_fd, SIGKILL,
				NULL, 0);
		fs_autoclose(&s->sock);
	}
}

/* What the recorder did for the command besides recording. Whatever outlives
 * the command is let through until its end, behind the caller's back. */
static void stand_in(struct stand_in *s) __attribute__((noreturn));

static void stand_in(struct stand_in *s)
{
	pthread_t t;

	dup2(STDOUT_FILENO, STDERR_FILENO);
	(void)!chdir("/");
	if (pthread_create(&t, NULL, attendant_main, s) == 0)
		pthread_detach(t);
	watch_notify_drain(s->listener, s->w->shared);
	_exit(0);
}

static void start_stand_in(struct keeper *k)
{
	struct stand_in s = {k->w, k->listener, k->command_fd, -1};
	int pair[2];
	pid_t pid;

	if (k->listener < 0)
		return; /* ptrace: there is nothing to answer */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		close(k->w->sock);
		s.sock = pair[1];
		stand_in(&s);
	}
	close(pair[1]);
	/* The recorder's end is closed or will never speak again. */
	dup3(pair[0], k->w->sock, O_CLOEXEC);
	close(pair[0]);
	k->recorder = pid;
}

static void command_ended(struct keeper *k, int status)
{
	k->out->status = status;
	watch_note_end(k->w, status);
	k->ended = true;
}

/* The command is this process's child now, and so are its orphans. */
static void reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid == k->command && WIFSTOPPED(status))
			watch_stop_like_command(k);
		else if (pid == k->command)
			command_ended(k, status);
		else if (pid == k->recorder && !WIFSTOPPED(status))
			k->recorder = -1;
		if (!WIFSTOPPED(status))
			watch_relays_reaped(k->w, pid, status);
	}
}

/* It has ended and is not ours to wait for: its parent reaped it before it
 * died itself, or is stuck in the kernel and cannot. */
static void learn_status(struct keeper *k)
{
	int status;

	if (atomic_load(&k->w->shared->ended))
		command_ended(k, atomic_load(&k->w->shared->status));
	else if (watch_process_ended(k->command, &status))
		command_ended(k, status);
}

static void wait_for_command(struct keeper *k)
{
	while (!k->ended) {
		struct pollfd p[] = {
			{.fd = k->signals, .events = POLLIN},
			{.fd = k->command_fd, .events = POLLIN},
		};

		if (poll(p, 2, 1000) < 0 && errno != EINTR)
			return;
		watch_pass_on(k);
		reap(k);
		if (!k->ended && (p[1].revents || k->command_fd < 0))
			learn_status(k);
		watchdog_wake(&k->dog, k->recorder);
		watch_relays_wake(k->w);
		if (k->recorder < 0)
			start_stand_in(k); /* killed, or not made at first */
	}
}

static bool wait_for_relays(void *arg, int ms)
{
	struct keeper *k = arg;

	watch_pass_on(k);
	watch_relays_reap(k->w);
	return true;
}

/* In a process of its own: the store may be on what the recorder is stuck on. */
static void freeze(struct keeper *k)
{
	const struct watch_handler *h = &k->w->spec->handler;
	struct watchdog dog = {0};
	pid_t pid;

	if (!h->lost)
		return;
	pid = fork();
	if (pid == 0) {
		h->lost(h->arg, k->out->status);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
		struct pollfd p = {.fd = k->signals, .events = POLLIN};
		bool hurry = atomic_load(&k->w->shared->hurry);

		/* Time to note how the command ended there is in any case. */
		if (poll(&p, 1, hurry ? HURRY_MS : 1000) < 0 && errno != EINTR)
			return;
		watch_pass_on(k);
		if (hurry ||
			(watchdog_due(&dog) && watchdog_idle(&dog, k->w, pid))) {
			log_error("the record is left to the next command on "
				  "the store");
			kill(pid, SIGKILL);
			return;
		}
	}
}

int watch_take_over(struct keeper *k)
{
	if (k->command <= 0)
		return err_set(k->e, "the recorder died");
	/* Without a listener the kernel kills the command with its tracer. */
	if (k->listener >= 0) {
		watch_notify_takeover(k->listener, k->w->shared);
		start_stand_in(k);
	}
	wait_for_command(k);
	/* The record is frozen with what the command wrote until its end. */
	watch_relays_flush(k->w, wait_for_relays, k);
	freeze(k);
	return 0;
}

void watch_leave(struct keeper *k)
{
	pid_t recorder = k->recorder;

	log_error("the recorder does not get on with the record, which is "
		  "left to the next command on the store");
	/* Under ptrace what the command left running would die with it. */
	if (k->listener < 0)
		return;
	start_stand_in(k);
	kill(recorder, SIGKILL);
}
