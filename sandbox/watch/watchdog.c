// SPDX-License-Identifier: Apache-2.0
/*
 * The keeper's eye on a recorder that is alive but does not answer: stopped by
 * somebody, or stuck on a file system that went away.
 */
#include "base/fs.h"
#include "sandbox/watch/internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Seconds without an answer after which the command is let go on. An answer
 * that copies a file may take longer than others. */
#define STUCK_S 5
#define STUCK_SLOW_S 60

/* Field 3 of /proc/PID/stat, proc(5); '?' when there is none. */
char watch_process_state(pid_t pid)
{
	char path[64], buf[512], *paren;
	autoclose int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);
	if (n <= 0)
		return '?';
	buf[n] = 0;
	paren = strrchr(buf, ')');
	return paren && paren[1] ? paren[2] : '?';
}

static bool waits_for_receipt(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
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
	if (watch_process_state(recorder) == 'T')
		kill(recorder, SIGCONT);
	if (!busy || calls != d->calls)
		d->seconds = 0;
	else
		d->seconds++;
	d->calls = calls;
	return d->seconds >= (slow ? STUCK_SLOW_S : STUCK_S);
}
