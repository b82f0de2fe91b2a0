// SPDX-License-Identifier: Apache-2.0
/*
 * The engine of seccomp user notification: receivers take calls and answer
 * them.
 *
 * A call that nobody has received yet turns into EINTR when a signal with a
 * handler arrives (TASK_INTERRUPTIBLE wait in seccomp_do_user_notification;
 * WAIT_KILLABLE_RECV, kernel 5.19, closes only the window after receipt). So
 * somebody must always be about to receive. One thread receives and answers
 * itself, which costs no hand-over between threads (40,000 opens: 0.38 s,
 * with four threads taking turns 0.66 s); when an answer takes long, the
 * handler says so with watch_slow() and the next thread takes its place.
 */
#include "sandbox/watch/arch.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

struct receiver {
	struct watch *w;
	struct watch_slot *slot;
};

/* Held by the thread that receives; others wait for it. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static __thread bool my_turn;
static __thread struct watch_slot *my_slot;

void watch_slow(struct watch *w)
{
	if (my_slot)
		atomic_store(&my_slot->slow, true);
	if (my_turn) {
		my_turn = false;
		pthread_mutex_unlock(&turn);
	}
}

static int respond(int listener, uint64_t id, const struct answer *a)
{
	struct seccomp_notif_resp r = {.id = id};

	switch (a->kind) {
	case ANSWER_CONTINUE:
		r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		break;
	case ANSWER_DENY:
		r.error = -a->error;
		break;
	case ANSWER_RETURN:
		r.val = a->value;
		break;
	}
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

int watch_notify_continue(int listener, uint64_t id)
{
	static const struct answer go = {.kind = ANSWER_CONTINUE};

	return respond(listener, id, &go);
}

bool watch_notify_hangup(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

/* 1 received, 0 nothing (a call vanished), -1 the end. */
static int receive(int listener, struct watch_shared *s, struct seccomp_notif *n)
{
	int code;

	/* The kernel insists on zeros (seccomp_unotify(2)). */
	memset(n, 0, sizeof(*n));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, n) == 0)
		return 1;
	code = errno;
	if (watch_notify_hangup(listener))
		return -1;
	if (code == ENOENT)
		atomic_fetch_add(&s->vanished, 1);
	return code == ENOENT || code == EINTR ? 0 : -1;
}

static void answer_one(struct watch *w, struct watch_slot *slot)
{
	const struct seccomp_notif *n = &slot->notif;
	struct answer out = {.kind = ANSWER_CONTINUE};
	struct call c = {
		.tid = (pid_t)n->pid,
		.nr = n->data.nr,
		.arch = arch_from_audit(n->data.arch, n->data.nr),
		.id = n->id,
	};

	for (int i = 0; i < 6; i++)
		c.args[i] = n->data.args[i];
	if (!atomic_load_explicit(&w->shared->frozen, memory_order_relaxed))
		watch_dispatch(w, &c, &out);
	/* ENOENT: the task was killed meanwhile; nothing waits any more. */
	respond(w->listener, n->id, &out);
	atomic_store(&slot->answered, n->id);
	atomic_store(&slot->slow, false);
}

static void *receiver_main(void *arg)
{
	struct receiver *r = arg;
	struct watch *w = r->w;

	my_slot = r->slot;
	for (;;) {
		int got;

		if (!my_turn) {
			pthread_mutex_lock(&turn);
			my_turn = true;
		}
		got = receive(w->listener, w->shared, &r->slot->notif);
		if (got > 0)
			answer_one(w, r->slot);
		else if (got < 0)
			break;
	}
	watch_slow(w);
	return NULL;
}

bool watch_call_valid(struct watch *w, const struct call *c)
{
	if (w->backend != BACKEND_NOTIFY)
		return true; /* a ptrace-stop holds the task */
	return ioctl(w->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &c->id) == 0;
}

int watch_notify_start(struct watch *w, struct err *e)
{
	static struct receiver receivers[RECEIVERS];

	/* Kernel 6.6: hand the CPU over with the wake-up. Elsewhere EINVAL. */
	ioctl(w->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
		SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	for (int i = 0; i < RECEIVERS; i++) {
		pthread_t t;

		receivers[i] = (struct receiver){w, &w->shared->slots[i]};
		errno = pthread_create(&t, NULL, receiver_main, &receivers[i]);
		if (errno)
			return err_sys(e, "cannot start a thread");
		pthread_detach(t);
	}
	return 0;
}

void watch_notify_takeover(int listener, struct watch_shared *s)
{
	atomic_store(&s->frozen, 1);
	for (int i = 0; i < RECEIVERS; i++) {
		uint64_t id = s->slots[i].notif.id;

		if (id && id != atomic_load(&s->slots[i].answered))
			watch_notify_continue(listener, id);
	}
}

void watch_notify_drain(int listener, struct watch_shared *s)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};
	struct seccomp_notif n;

	while (poll(&p, 1, -1) >= 0 || errno == EINTR) {
		if (p.revents & POLLIN) {
			if (receive(listener, s, &n) > 0)
				watch_notify_continue(listener, n.id);
		} else if (p.revents) {
			break;
		}
	}
}
