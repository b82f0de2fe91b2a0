// SPDX-License-Identifier: Apache-2.0
/*
 * The recorder's process: starts the command under an engine, tells the keeper
 * what happens to it, runs the handler's end, and stays behind to let through
 * what the command left running.
 */
#include "base/fs.h"
#include "base/packet.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long relays may take without a keeper. */
#define ALONE_MS 1000

static void ask(struct watch *w, const struct call *c, struct answer *out)
{
	struct watch_shared *s = w->shared;

	/* Entered first and asked then: freeze() does it the other way round,
	 * so that one of the two sees the other. */
	atomic_fetch_add(&s->inside, 1);
	if (!atomic_load(&s->frozen))
		w->spec->handler.call(w->spec->handler.arg, w, c, out);
	atomic_fetch_sub(&s->inside, 1);
}

static bool is_hello(const struct call *c)
{
	return c->arch == WATCH_NATIVE && c->nr == SYS_seccomp &&
	       c->args[0] == WATCH_HELLO;
}

void watch_dispatch(struct watch *w, const struct call *c, struct answer *out)
{
	struct call known = *c;

	atomic_fetch_add_explicit(&w->shared->calls, 1, memory_order_relaxed);
	if (is_hello(c)) {
		*out = (struct answer){
			.kind = ANSWER_DENY, .error = WATCH_HELLO_BACK};
		return;
	}
	known.spec = filter_lookup(&w->filter, c->arch, c->nr);
	if (known.spec != FILTER_FREE)
		ask(w, &known, out);
	/* From the answer on, not from here: the handler reads, too. */
	if (filter_is_exec(&w->filter, c->arch, c->nr))
		watch_memory_replaced();
}

/* Nothing is recorded from now on. What outlives the command may be in the
 * midst of a call: it is waited for. */
static void freeze(struct watch *w)
{
	atomic_store(&w->shared->frozen, 1);
	while (atomic_load(&w->shared->inside))
		usleep(100);
}

bool watch_hurry(const struct watch *w)
{
	return w && atomic_load(&w->shared->hurry);
}

static void tell(struct watch *w, enum watch_msg_type type, int value, int fd)
{
	struct watch_msg m = {.type = type, .value = value, .pid = w->command};

	packet_send(w->sock, &m, sizeof(m), fd);
}

void watch_command_stopped(struct watch *w, int sig)
{
	if (w->guest)
		return;
	tell(w, MSG_STOPPED, sig, -1);
}

static void fail(struct watch *w, const struct err *e) __attribute__((noreturn));

static void fail(struct watch *w, const struct err *e)
{
	struct watch_msg m = {.type = MSG_FAILED, .err = *e};

	packet_send(w->sock, &m, sizeof(m), -1);
	_exit(125);
}

static bool keeper_is_gone(struct watch *w)
{
	struct pollfd p = {.fd = w->sock, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

void watch_note_end(struct watch *w, int status)
{
	atomic_store(&w->shared->status, status);
	atomic_store(&w->shared->ended, true);
}

/* As wait(2) has it. */
static int status_of(const siginfo_t *si)
{
	if (si->si_code == CLD_EXITED)
		return (si->si_status & 0xff) << 8;
	return si->si_status | (si->si_code == CLD_DUMPED ? WCOREFLAG : 0);
}

/* Reap whatever is there; the command's end is what we wait for, and it is
 * noted first. */
static bool reap(struct watch *w, int *status)
{
	const int look = WEXITED | WSTOPPED | WNOHANG | WNOWAIT;
	bool ended = false;
	siginfo_t si = {0};

	while (waitid(P_ALL, 0, &si, look) == 0 && si.si_pid) {
		bool stopped = si.si_code == CLD_STOPPED;
		pid_t pid = si.si_pid;

		if (pid == w->command && stopped) {
			watch_command_stopped(w, si.si_status);
		} else if (pid == w->command) {
			*status = status_of(&si);
			watch_note_end(w, *status);
			ended = true;
		}
		/* This and nothing that has happened since. */
		waitid(P_PID, (id_t)pid, &si,
			(stopped ? WSTOPPED : WEXITED) | WNOHANG);
		si.si_pid = 0;
	}
	return ended;
}

/* Names of the processes that now are children of this subreaper. */
static bool left_processes(char *names, size_t cap)
{
	char path[64], buf[4096];
	autofile *f = NULL;
	long pid;
	bool any = false;
	size_t len = 0;

	names[0] = 0;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	while (f && fscanf(f, "%ld", &pid) == 1) {
		autoclose int fd = -1;
		ssize_t n;

		any = true;
		snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, buf, sizeof(buf));
		if (n > 0 && len < cap)
			len += (size_t)snprintf(names + len, cap - len,
				"%s%.*s (%ld)", len ? ", " : "", (int)n - 1,
				buf, pid);
	}
	return any;
}

static bool all_gone(struct watch *w)
{
	int status;

	/* Before 6.11 the listener hangs up only after the last task is
	 * reaped, so children come first. */
	reap(w, &status);
	return watch_notify_hangup(w->listener);
}

/* The command never ran: no record, the keeper says why. */
static bool not_started(struct watch *w)
{
	struct watch_msg m = {.type = MSG_FAILED};
	int code = watch_exec_error(w);

	if (code < WATCH_NO_FILTER) {
		if (code)
			tell(w, MSG_NOT_STARTED, code, -1);
		return code != 0;
	}
	errno = code - WATCH_NO_FILTER;
	err_sys(&m.err, "cannot load the seccomp filter");
	packet_send(w->sock, &m, sizeof(m), -1);
	return true;
}

/* A keeper that is gone starts no relay in the place of a killed one. */
static bool wait_for_relays(void *w, int ms)
{
	return ms < ALONE_MS || !keeper_is_gone(w);
}

static void finish(struct watch *w, int status)
{
	struct watch_end end = {.status = status};

	if (not_started(w))
		return;
	/* Processes on their way out need no mention: wait a moment. (With
	 * ptrace the other thread reaps them.) */
	for (int i = 0; i < 20; i++) {
		if (w->backend == BACKEND_NOTIFY
				? all_gone(w)
				: !left_processes(end.left_names,
					  sizeof(end.left_names)))
			break;
		usleep(1000);
	}
	freeze(w);
	tell(w, MSG_ENDED, status, -1);
	end.left_processes =
		left_processes(end.left_names, sizeof(end.left_names));
	end.calls = atomic_load(&w->shared->calls);
	end.vanished = atomic_load(&w->shared->vanished);
	/* The caller must find what the command wrote when it has ended,
	 * however slow a reader is; a signal ends the waiting. */
	watch_relays_flush(w, wait_for_relays, w);
	w->spec->handler.end(w->spec->handler.arg, &end);
	tell(w, MSG_DONE, status, -1);
}

/* The keeper has told the caller; the rest happens behind its back. */
static void detach(struct watch *w)
{
	dup2(STDOUT_FILENO, STDERR_FILENO);
	close(w->sock);
	if (chdir("/") < 0)
		return;
}

struct finisher {
	struct watch *w;
	int status;
};

static void *finisher_main(void *arg)
{
	struct finisher *f = arg;

	finish(f->w, f->status);
	detach(f->w);
	return NULL;
}

static pthread_t finisher_thread;
static bool finisher_started;

/* ptrace: the tracing thread goes on with what is left behind. */
void watch_command_ended(struct watch *w, int status)
{
	static struct finisher f;

	watch_note_end(w, status);
	if (w->guest)
		return;
	f = (struct finisher){w, status};
	atomic_store(&w->shared->frozen, 1);
	finisher_started =
		pthread_create(&finisher_thread, NULL, finisher_main, &f) == 0;
	if (!finisher_started)
		finisher_main(&f);
}

/* ptrace: signals and the keeper, beside the thread that traces. */
static void *attendant_main(void *arg)
{
	struct watch *w = arg;
	int signals = watch_signals_take();

	for (;;) {
		struct pollfd p[] = {
			{.fd = signals, .events = POLLIN},
			{.fd = w->sock, .events = POLLIN},
		};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return NULL;
		watch_note_signals(w, signals);
		if (!atomic_load(&w->shared->frozen) && keeper_is_gone(w))
			kill(w->command, SIGKILL);
		if (p[1].revents)
			return NULL;
	}
}

static void start_command(struct watch *w)
{
	struct err e = ERR_INIT;
	int go;

	if (watch_spawn(w, &go, &e) < 0)
		fail(w, &e);
	watch_let_go(w);
	watch_relays_let_go(w, false);
	/* First of all what the keeper needs to do without us; the listener
	 * before the command, which cannot run without somebody to answer. */
	if (w->backend == BACKEND_NOTIFY)
		tell(w, MSG_LISTENER, 0, w->listener);
	tell(w, MSG_COMMAND, 0, (int)syscall(SYS_pidfd_open, w->command, 0));
	if (w->backend == BACKEND_NOTIFY)
		watch_exits_start(w);
	if (w->spec->handler.start)
		w->spec->handler.start(w->spec->handler.arg, w, w->command);
	if (w->backend == BACKEND_NOTIFY) {
		if (watch_notify_start(w, &e) < 0)
			fail(w, &e);
	} else if (watch_ptrace_attach(w->command) < 0 || write(go, "g", 1) != 1) {
		err_sys(&e, "cannot trace the command");
		kill(w->command, SIGKILL);
		fail(w, &e);
	}
	close(go);
}

static void attend_notify(struct watch *w)
{
	int signals = watch_signals_take(), status = 0;

	/* The command may have ended before the signalfd was there. */
	while (!reap(w, &status)) {
		struct pollfd p[] = {
			{.fd = signals, .events = POLLIN},
			{.fd = w->sock, .events = POLLIN},
		};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		watch_note_signals(w, signals);
		/* Nobody would pass the status on: as if it had been the
		 * command itself that was killed. */
		if (keeper_is_gone(w))
			kill(w->command, SIGKILL);
	}
	finish(w, status);
	detach(w);
	/* SIGCHLD of orphans is consumed here, so that the listener hangs up
	 * on kernels that wait for the reaping. */
	while (!all_gone(w)) {
		struct pollfd p[] = {
			{.fd = signals, .events = POLLIN},
			{.fd = w->listener, .events = 0},
		};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		watch_note_signals(w, signals);
	}
}

static void attend_ptrace(struct watch *w)
{
	pthread_t t;

	if (pthread_create(&t, NULL, attendant_main, w) == 0)
		pthread_detach(t);
	watch_ptrace_loop(w);
	if (finisher_started)
		pthread_join(finisher_thread, NULL);
}

void watch_recorder(struct watch *w)
{
	/* Orphans come here, so that they stay children whose memory yama lets
	 * us read, and are reaped. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	start_command(w);
	if (w->backend == BACKEND_NOTIFY)
		attend_notify(w);
	else
		attend_ptrace(w);
	_exit(0);
}
