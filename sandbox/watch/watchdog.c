// SPDX-License-Identifier: Apache-2.0
/*
 * The keeper's eye on a recorder that is alive but does not answer: stopped by
 * somebody, or stuck on a file system that went away.
 */
#include "base/clock.h"
#include "sandbox/watch/internal.h"

/* Seconds without an answer after which the command is let go on: when the
 * recorder does nothing (or is stopped again and again), or when it does but
 * has not said that it takes long. One that said so may take its time, as long
 * as it works. */
#define STUCK_S 5
#define STUCK_BUSY_S 60
/* Once the command has ended, only the caller waits. A flush to a slow disk
 * takes no processor time. */
#define PATIENCE_S 120

static bool waits_for_receipt(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

bool watchdog_due(struct watchdog *d)
{
	int64_t now = clock_ms();
	bool due = d->next && now >= d->next;

	if (!d->next || due)
		d->next = now + 1000;
	return due;
}

bool watch_process_wake(pid_t pid)
{
	bool stopped = watch_process_state(pid) == 'T';

	if (stopped)
		kill(pid, SIGCONT);
	return stopped;
}

void watchdog_wake(struct watchdog *d, pid_t pid)
{
	d->stopped = watch_process_wake(pid) ? d->stopped + 1 : 0;
}

/* Seconds that the process has not used a processor. */
static void count_idle(struct watchdog *d, pid_t pid)
{
	uint64_t cpu = watch_process_cpu(pid);

	d->idle = cpu == d->cpu ? d->idle + 1 : 0;
	d->cpu = cpu;
}

bool watchdog_idle(struct watchdog *d, const struct watch *w, pid_t pid)
{
	unsigned patience = w->spec->patience_s;

	count_idle(d, pid);
	return d->idle >= (patience ? patience : PATIENCE_S);
}

bool watchdog_stuck(struct watchdog *d, int listener, struct watch_shared *s,
	pid_t recorder)
{
	uint64_t calls = atomic_load(&s->calls);
	bool busy = waits_for_receipt(listener), slow = false;

	for (int i = 0; i < RECEIVERS; i++) {
		uint64_t id = s->slots[i].notif.id;

		if (!id || id == atomic_load(&s->slots[i].answered))
			continue;
		busy = true;
		slow |= atomic_load(&s->slots[i].slow);
	}
	count_idle(d, recorder);
	d->quiet = busy && calls == d->calls ? d->quiet + 1 : 0;
	d->calls = calls;
	if (d->idle > d->quiet)
		d->idle = d->quiet;
	if (slow)
		return d->idle >= STUCK_BUSY_S;
	return d->idle >= STUCK_S || d->quiet >= STUCK_BUSY_S ||
	       d->stopped > STUCK_S;
}
