// SPDX-License-Identifier: Apache-2.0
/* The relays of one watch: each step of its life, for all of them. */
#include "sandbox/watch/internal.h"
#include "sandbox/watch/relay.h"

#include <sys/wait.h>
#include <unistd.h>

#define each_relay(r, w)                                 \
	for (struct relay *const *r = (w)->spec->relays; \
		r < (w)->spec->relays + (w)->spec->relay_count; r++)

int watch_relays_start(struct watch *w, struct err *e)
{
	each_relay (r, w)
		if (relay_start(*r, e) < 0)
			return -1;
	return 0;
}

void watch_relays_attach(struct watch *w)
{
	each_relay (r, w)
		relay_attach(*r);
}

void watch_relays_let_go(struct watch *w, bool keeper)
{
	each_relay (r, w)
		relay_let_go(*r, keeper);
}

void watch_relays_resize(struct watch *w)
{
	each_relay (r, w)
		relay_resize(*r);
}

void watch_relays_wake(struct watch *w)
{
	each_relay (r, w)
		if (relay_pid(*r) > 0)
			watch_process_wake(relay_pid(*r));
}

void watch_relays_reap(struct watch *w)
{
	each_relay (r, w) {
		pid_t pid = relay_pid(*r);
		int status;

		if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid)
			relay_ended(*r, pid, status);
	}
}

void watch_relays_reaped(struct watch *w, pid_t pid, int status)
{
	each_relay (r, w)
		relay_ended(*r, pid, status);
}

void watch_relays_flush(
	struct watch *w, bool (*wait)(void *arg, int ms), void *arg)
{
	int ms = 0;

	each_relay (r, w)
		relay_flush(*r);
	each_relay (r, w)
		while (!relay_flushed(*r) && !watch_hurry(w) && wait(arg, ms++))
			usleep(1000);
}

void watch_relays_end(struct watch *w)
{
	each_relay (r, w)
		relay_reap(*r);
}
