// SPDX-License-Identifier: Apache-2.0
/* The same work in several threads. */
#include "base/threads.h"
#include "base/clock.h"
#include "base/progress.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whatever RLIMIT_STACK says: enough for a tree as deep as a path can be. */
#define STACK_BYTES ((size_t)8 << 20)

#define WAIT_MS 1000

struct thread {
	pthread_t id;
	void (*work)(void *arg, size_t n);
	void *arg;
	size_t n;
};

size_t threads_for(size_t items)
{
	cpu_set_t set;
	size_t n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (size_t)CPU_COUNT(&set);
	if (n > THREADS_MAX)
		n = THREADS_MAX;
	return items < n ? items : n;
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	t->work(t->arg, t->n);
	return NULL;
}

static bool start(struct thread *t)
{
	pthread_attr_t attr;
	bool started;

	if (pthread_attr_init(&attr) != 0)
		return false;
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	started = pthread_create(&t->id, &attr, thread_main, t) == 0;
	pthread_attr_destroy(&attr);
	return started;
}

/* A thread that was joined may have some microseconds yet to end; one that a
 * sanitizer has started never does. */
static void wait_until_alone(nlink_t before)
{
	int64_t end = clock_ms() + WAIT_MS;
	struct stat st;

	while (stat("/proc/self/task", &st) == 0 && st.st_nlink > before &&
		clock_ms() < end)
		sched_yield();
}

void threads_run(size_t count, void (*work)(void *arg, size_t n), void *arg)
{
	struct thread threads[THREADS_MAX];
	size_t started = 1;
	struct stat st;

	/* One link for each thread, and two more: proc_pid_task(5). */
	if (count > 1 && stat("/proc/self/task", &st) < 0)
		st.st_nlink = (nlink_t)-1;
	for (; started < count && started < THREADS_MAX; started++) {
		struct thread *t = &threads[started];

		*t = (struct thread){.work = work, .arg = arg, .n = started};
		if (!start(t))
			break;
	}
	work(arg, 0);
	if (started == 1)
		return;
	for (size_t i = 1; i < started; i++)
		pthread_join(threads[i].id, NULL);
	wait_until_alone(st.st_nlink);
}

/* --- one item after another ------------------------------------------- */

struct share {
	void (*each)(void *arg, size_t i);
	void *arg;
	size_t count;
	_Atomic size_t next;
	struct progress progress; /* the first thread's */
};

static void take_items(void *arg, size_t n)
{
	struct share *s = arg;
	size_t i;

	while ((i = atomic_fetch_add(&s->next, 1)) < s->count) {
		s->each(s->arg, i);
		if (n == 0)
			progress_step(&s->progress, i + 1);
	}
}

void threads_each(size_t count, const char *words,
	void (*each)(void *arg, size_t i), void *arg)
{
	struct share s = {.each = each, .arg = arg, .count = count};

	progress_begin(&s.progress, words, count, words && isatty(STDERR_FILENO));
	threads_run(threads_for(count), take_items, &s);
	progress_end(&s.progress);
}
