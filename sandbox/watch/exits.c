// SPDX-License-Identifier: Apache-2.0
/*
 * How processes ended that are no children of this one. A pidfd tells it once
 * the process has been reaped (PIDFD_INFO_EXIT, kernel 6.15; a pidfd then hangs
 * up). Watching exit_group(2) instead is no choice: a signal can interrupt it
 * there, and a C library that finds itself still alive ends one thread only or
 * crashes.
 */
#include "base/arena.h"
#include "base/fs.h"
#include "sandbox/watch/internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/pidfd.h> of 6.15; Debian 12's headers lack all of it. */
struct pidfd_exit_info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code; /* as wait(2) gives it */
};
#define INFO_EXIT (1u << 3)
#define GET_INFO _IOWR(0xff, 11, struct pidfd_exit_info)

struct followed {
	pid_t pid;
	int fd;
};

struct exits {
	struct watch *w;
	int epoll;
	atomic_int count;
	int most;
	pthread_mutex_t lock; /* while something is reported */
	bool over;
};

static void report(struct exits *x, struct followed *f)
{
	const struct watch_handler *h = &x->w->spec->handler;
	struct pidfd_exit_info info = {.mask = INFO_EXIT};

	if (ioctl(f->fd, GET_INFO, &info) == 0 && (info.mask & INFO_EXIT))
		h->exited(h->arg, f->pid, info.exit_code);
	close(f->fd);
	free(f);
	atomic_fetch_sub(&x->count, 1);
}

/* With the lock held. */
static void report_all(struct exits *x)
{
	struct epoll_event ready[16];
	int n;

	while ((n = epoll_wait(x->epoll, ready, 16, 0)) > 0)
		while (n)
			report(x, ready[--n].data.ptr);
}

static void *exits_main(void *arg)
{
	struct exits *x = arg;
	struct epoll_event any;
	bool over = false;

	while (!over) {
		epoll_wait(x->epoll, &any, 1, -1);
		pthread_mutex_lock(&x->lock);
		over = x->over;
		if (!over)
			report_all(x);
		pthread_mutex_unlock(&x->lock);
	}
	return NULL;
}

void watch_exits_start(struct watch *w)
{
	struct exits *x;
	pthread_t t;

	if (!w->spec->handler.exited)
		return;
	x = xcalloc(1, sizeof(*x));
	*x = (struct exits){.w = w,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		/* The rest is for files. */
		.most = (int)(sysconf(_SC_OPEN_MAX) / 2),
		.lock = PTHREAD_MUTEX_INITIALIZER};
	if (x->epoll < 0 || pthread_create(&t, NULL, exits_main, x) != 0) {
		fs_autoclose(&x->epoll);
		free(x);
		return;
	}
	pthread_detach(t);
	w->exits = x;
}

void watch_follow(struct watch *w, pid_t pid)
{
	struct exits *x = w ? w->exits : NULL;
	struct epoll_event hang_up = {0};
	struct followed *f;

	if (!x || atomic_load(&x->count) >= x->most)
		return;
	f = xcalloc(1, sizeof(*f));
	*f = (struct followed){pid, (int)syscall(SYS_pidfd_open, pid, 0)};
	hang_up.data.ptr = f;
	if (f->fd >= 0 &&
		epoll_ctl(x->epoll, EPOLL_CTL_ADD, f->fd, &hang_up) == 0) {
		atomic_fetch_add(&x->count, 1);
		return;
	}
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

void watch_follow_end(struct watch *w)
{
	struct exits *x = w ? w->exits : NULL;

	if (!x)
		return;
	pthread_mutex_lock(&x->lock);
	report_all(x);
	x->over = true;
	pthread_mutex_unlock(&x->lock);
}
