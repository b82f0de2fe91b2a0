// SPDX-License-Identifier: Apache-2.0
/* Threads that take one item after another. */
#include "base/threads.h"
#include "base/progress.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREADS_MAX 8

struct work {
	void (*each)(void *arg, size_t i);
	void *arg;
	size_t count;
	_Atomic size_t next;
};

static void work(struct work *w, struct progress *p)
{
	size_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->count) {
		w->each(w->arg, i);
		if (p)
			progress_step(p, i + 1);
	}
}

static void *worker(void *arg)
{
	work(arg, NULL);
	return NULL;
}

static size_t thread_count(size_t items)
{
	cpu_set_t set;
	size_t n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (size_t)CPU_COUNT(&set);
	if (n > THREADS_MAX)
		n = THREADS_MAX;
	return items < n ? items : n;
}

void threads_each(size_t count, const char *words,
	void (*each)(void *arg, size_t i), void *arg)
{
	struct work w = {each, arg, count, 0};
	size_t n = thread_count(count), started = 0;
	pthread_t threads[THREADS_MAX];
	struct progress progress;

	progress_begin(&progress, words, count, isatty(STDERR_FILENO));
	/* One that cannot be started is not missed. */
	while (started + 1 < n &&
		pthread_create(&threads[started], NULL, worker, &w) == 0)
		started++;
	work(&w, &progress);
	progress_end(&progress);
	while (started)
		pthread_join(threads[--started], NULL);
}
