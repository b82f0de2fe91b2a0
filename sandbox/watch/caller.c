// SPDX-License-Identifier: Apache-2.0
/*
 * What the user's process hands on by exec(2) and a fork would lose, and what
 * is meant for the command and would hinder this program: interval timers, the
 * duty of a subreaper, scheduling that is reset on fork; resource limits,
 * ignored children.
 */
#include "sandbox/watch/internal.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>

/* Threads get as much stack as RLIMIT_STACK said at the start (pthread_create
 * (3)), which may be too little; this is enough for any of ours. */
#define THREAD_STACK (1u << 20)

/* Limits that this program could run into, on behalf of the command. */
static const __rlimit_resource_t raised[] = {RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA,
	RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_STACK};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void raise_limits(const struct watch_caller *c)
{
	for (size_t i = 0; i < COUNT(raised); i++) {
		struct rlimit l = c->limits[raised[i]];

		/* Beyond the hard limit only with CAP_SYS_RESOURCE; and
		 * descriptors not beyond fs.nr_open (setrlimit(2)). */
		if (raised[i] != RLIMIT_NOFILE) {
			const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

			if (setrlimit(raised[i], &none) == 0)
				continue;
		}
		l.rlim_cur = l.rlim_max;
		setrlimit(raised[i], &l);
	}
}

void watch_caller_take(struct watch_caller *c)
{
	pthread_attr_t attr;
	int subreaper = 0;

	memset(c, 0, sizeof(*c));
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit((__rlimit_resource_t)i, &c->limits[i]);
	raise_limits(c);
	/* Children that nobody need wait for cannot be waited for. */
	sigaction(SIGCHLD, NULL, &c->child);
	signal(SIGCHLD, SIG_DFL);
	/* A write beyond RLIMIT_FSIZE is an error like any other. */
	sigaction(SIGXFSZ, NULL, &c->file_size);
	signal(SIGXFSZ, SIG_IGN);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	c->subreaper = subreaper != 0;
	c->policy = sched_getscheduler(0);
	sched_getparam(0, &c->scheduling);
	c->nice = getpriority(PRIO_PROCESS, 0);
	if (pthread_attr_init(&attr) == 0) {
		pthread_attr_setstacksize(&attr, THREAD_STACK);
		pthread_setattr_default_np(&attr);
		pthread_attr_destroy(&attr);
	}
}

void watch_timers_take(struct itimerval timers[WATCH_TIMERS])
{
	static const struct itimerval none;

	for (int i = 0; i < WATCH_TIMERS; i++)
		setitimer((__itimer_which_t)i, &none, &timers[i]);
}

void watch_timers_give(const struct itimerval timers[WATCH_TIMERS])
{
	for (int i = 0; i < WATCH_TIMERS; i++)
		if (timerisset(&timers[i].it_value))
			setitimer((__itimer_which_t)i, &timers[i], NULL);
}

void watch_caller_give(const struct watch_caller *c)
{
	/* SCHED_RESET_ON_FORK: policy and a nice value below 0 are not for
	 * children (sched(7)). */
	if (c->policy >= 0 && sched_getscheduler(0) != c->policy) {
		sched_setscheduler(0, c->policy, &c->scheduling);
		setpriority(PRIO_PROCESS, 0, c->nice);
	}
	if (c->subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigaction(SIGCHLD, &c->child, NULL);
	sigaction(SIGXFSZ, &c->file_size, NULL);
	for (size_t i = 0; i < COUNT(raised); i++)
		setrlimit(raised[i], &c->limits[raised[i]]);
}
