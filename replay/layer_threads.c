// SPDX-License-Identifier: Apache-2.0
/* A layer that is filled by several threads. */
#include "replay/layer_threads.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/threads.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

struct layer_team {
	struct layer *layer;
	layer_filler *fill;
	pthread_mutex_t lock;
	pthread_cond_t change;
	/* Directories to be filled, each open: the way to it may be closed. */
	struct {
		const struct node *dir;
		int fd;
	} given[THREADS_MAX];
	_Atomic size_t given_count;
	_Atomic size_t waiting; /* threads with nothing to do */
	size_t busy;            /* threads with a directory */
	bool failed;
	struct err e;
};

/* With the lock held. */
static void put(struct layer_team *t, const struct node *dir, int fd)
{
	t->given[t->given_count].dir = dir;
	t->given[t->given_count].fd = fd;
	t->given_count++;
	pthread_cond_signal(&t->change);
}

bool layer_give(struct layer *l, const struct node *n)
{
	struct layer_team *t = l->team;
	autoclose int fd = -1;
	bool wanted;

	/* Mostly nobody waits, which takes no lock to see. */
	if (!t || t->waiting <= t->given_count)
		return false;
	fd = open(n->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	pthread_mutex_lock(&t->lock);
	wanted = t->waiting > t->given_count;
	if (wanted)
		put(t, n, steal_fd(&fd));
	pthread_mutex_unlock(&t->lock);
	return wanted;
}

/* With the lock held: waits for a directory, or for the end of all. */
static bool take(struct layer_team *t, const struct node **dir, int *fd)
{
	while (!t->given_count && t->busy && !t->failed) {
		t->waiting++;
		pthread_cond_wait(&t->change, &t->lock);
		t->waiting--;
	}
	if (!t->given_count || t->failed)
		return false;
	t->given_count--;
	*dir = t->given[t->given_count].dir;
	*fd = t->given[t->given_count].fd;
	t->busy++;
	return true;
}

static int fill(
	struct layer_team *t, const struct node *dir, int fd, struct err *e)
{
	autoclose int here = fd;

	if (fchdir(here) < 0)
		return err_sys(e, "cannot enter '%s'", dir->path);
	return t->fill(t->layer, dir, e);
}

static void work(void *arg, size_t thread)
{
	struct layer_team *t = arg;
	const struct node *dir;
	int fd;

	/* A working directory of its own; else the others do it all. */
	if (thread > 0 && unshare(CLONE_FS) < 0)
		return;
	pthread_mutex_lock(&t->lock);
	while (take(t, &dir, &fd)) {
		struct err e = ERR_INIT;
		int r;

		pthread_mutex_unlock(&t->lock);
		r = fill(t, dir, fd, &e);
		pthread_mutex_lock(&t->lock);
		t->busy--;
		if (r < 0 && !t->failed) {
			t->failed = true;
			t->e = e;
		}
	}
	pthread_cond_broadcast(&t->change);
	pthread_mutex_unlock(&t->lock);
}

int layer_fill_threads(struct layer *l, const struct node *root, size_t threads,
	layer_filler *filler, struct err *e)
{
	struct layer_team t = {.layer = l, .fill = filler};
	int fd = fcntl(l->root, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return err_sys(e, "cannot enter a layer of the root");
	pthread_mutex_init(&t.lock, NULL);
	pthread_cond_init(&t.change, NULL);
	put(&t, root, fd);
	l->team = &t;
	threads_run(threads, work, &t);
	l->team = NULL;
	while (t.given_count)
		close(t.given[--t.given_count].fd);
	pthread_cond_destroy(&t.change);
	pthread_mutex_destroy(&t.lock);
	if (t.failed && e)
		*e = t.e;
	return t.failed ? -1 : 0;
}
