// SPDX-License-Identifier: Apache-2.0
/*
 * same_threads [CASE...]: threads that come and go, are cancelled, die with a
 * lock, and share what a process has.
 */
#include "cases.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/mman.h>

static atomic_int done;

static void *touches(void *arg)
{
	struct stat st;
	char name[32];
	int fd, bad = 0;

	snprintf(name, sizeof(name), "file%d", (int)(intptr_t)arg);
	for (int i = 0; i < 20; i++) {
		fd = open(name, O_CREAT | O_RDWR, 0644);
		bad += fd < 0 || stat(name, &st) < 0 || unlink(name) < 0;
		close(fd);
	}
	atomic_fetch_add(&done, 1);
	return (void *)(intptr_t)bad;
}

static void storm(void)
{
	pthread_t t[200];
	long bad = 0;
	void *r;

	for (int i = 0; i < 200; i++)
		must(pthread_create(&t[i], NULL, touches, (void *)(intptr_t)i)
				? -1
				: 0);
	for (int i = 0; i < 200; i++) {
		pthread_join(t[i], &r);
		bad += (long)(intptr_t)r;
	}
	say("ended %d, failures %ld", atomic_load(&done), bad);
}

static void *reads_forever(void *arg)
{
	char c;

	return (void *)(intptr_t)read((int)(intptr_t)arg, &c, 1);
}

static void *opens_forever(void *arg)
{
	while (!atomic_load(&done))
		close(open("/etc/passwd", O_RDONLY));
	return arg;
}

static void *looks_forever(void *arg)
{
	struct stat st;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	while (!atomic_load(&done))
		stat("/etc/passwd", &st);
	return arg;
}

static void cancels(void)
{
	static const struct {
		const char *name;
		void *(*f)(void *);
	} kinds[] = {{"read", reads_forever}, {"open", opens_forever},
		{"stat", looks_forever}};
	int pipes[2];

	must(pipe(pipes));
	for (size_t k = 0; k < COUNT(kinds); k++) {
		int cancelled = 0;

		for (int i = 0; i < 30; i++) {
			pthread_t t;
			void *r;

			pthread_create(&t, NULL, kinds[k].f,
				(void *)(intptr_t)pipes[0]);
			if (i % 3)
				pause_ms(1);
			pthread_cancel(t);
			pthread_join(t, &r);
			cancelled += r == PTHREAD_CANCELED;
		}
		say("%s %d of 30", kinds[k].name, cancelled);
	}
}

static void robust(void)
{
	pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t a;
	pid_t pid;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(m, &a);
	for (int i = 0; i < 3; i++) {
		pid = (pid_t)must(fork());
		if (pid == 0) {
			pthread_mutex_lock(m);
			if (i == 1)
				kill(getpid(), SIGKILL);
			if (i == 2)
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		say("%s", ending(end_of(pid)));
		errno = pthread_mutex_lock(m);
		say("lock %s", result(errno ? -1 : 0));
		pthread_mutex_consistent(m);
		pthread_mutex_unlock(m);
	}
}

static void shared_semaphore(void)
{
	sem_t *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	must(sem_init(s, 1, 0));
	pid = (pid_t)must(fork());
	if (pid == 0) {
		for (int i = 0; i < 100; i++)
			sem_post(s);
		_exit(0);
	}
	for (int i = 0; i < 100; i++)
		must(sem_wait(s));
	say("%s, %s", ending(end_of(pid)), result(sem_trywait(s)));
}

static void *changes_directory(void *arg)
{
	int own = arg != NULL;

	if (own)
		must(unshare(CLONE_FS));
	must(chdir("sub"));
	return (void *)(intptr_t)access("inner", F_OK);
}

static void directories(void)
{
	pthread_t t;
	void *r;

	must(mkdir("sub", 0755));
	must(creat("sub/inner", 0644));
	pthread_create(&t, NULL, changes_directory, &done);
	pthread_join(t, &r);
	say("own %ld, here %s", (long)(intptr_t)r, result(access("inner", F_OK)));
	pthread_create(&t, NULL, changes_directory, NULL);
	pthread_join(t, &r);
	say("shared %ld, here %s", (long)(intptr_t)r,
		result(access("inner", F_OK)));
}

static void *own_files(void *arg)
{
	int *fd = arg;

	must(unshare(CLONE_FILES));
	close(fd[0]);
	fd[1] = (int)must(open("sub", O_RDONLY | O_DIRECTORY));
	return (void *)(intptr_t)openat(fd[1], "inner", O_RDONLY);
}

static void descriptors(void)
{
	int fd[2];
	pthread_t t;
	void *r;

	must(mkdir("sub", 0755));
	must(creat("sub/inner", 0644));
	fd[0] = (int)must(open(".", O_RDONLY | O_DIRECTORY));
	pthread_create(&t, NULL, own_files, fd);
	pthread_join(t, &r);
	say("its %d, mine %s, its directory here %s", (int)(intptr_t)r > 2,
		result(faccessat(fd[0], "sub/inner", F_OK, 0)),
		result(openat(fd[1], "sub/inner", O_RDONLY) > 2));
}

static void *leaves(void *arg)
{
	pause_ms(20);
	*(int *)arg = access("/etc/passwd", R_OK) == 0;
	_exit(*(int *)arg ? 5 : 6);
}

static void leader_leaves(void)
{
	static int ok;
	pid_t pid = (pid_t)must(fork());
	pthread_t t;

	if (pid == 0) {
		pthread_create(&t, NULL, leaves, &ok);
		pthread_exit(NULL);
	}
	say("%s", ending(end_of(pid)));
}

static void *names_itself(void *arg)
{
	char name[16] = "", path[64];
	FILE *f;

	prctl(PR_SET_NAME, "worker");
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", gettid());
	f = fopen(path, "r");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = 0;
	say("name %s, other id %d, same process %d", name, gettid() != getpid(),
		getpid() == *(pid_t *)arg);
	say("thread-self %s", result(access("/proc/thread-self/comm", R_OK)));
	return NULL;
}

static void names(void)
{
	pid_t me = getpid();
	pthread_t t;

	pthread_create(&t, NULL, names_itself, &me);
	pthread_join(t, NULL);
}

static void *waits_for_ids(void *arg)
{
	while (!atomic_load(&done))
		access("/etc/passwd", R_OK);
	return arg;
}

/* set*id(2) is a signal to every thread (nptl(7)). */
static void ids(void)
{
	pthread_t t[2];
	int r = 0;

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, waits_for_ids, NULL);
	for (int i = 0; i < 10; i++)
		r += setgid(getgid()) | setuid(getuid());
	say("set %d", r);
	atomic_store(&done, 1);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	say("joined");
}

static const struct probe_case cases[] = {
	{"storm", storm},
	{"cancels", cancels},
	{"robust", robust},
	{"shared-semaphore", shared_semaphore},
	{"directories", directories},
	{"descriptors", descriptors},
	{"leader-leaves", leader_leaves},
	{"names", names},
	{"ids", ids},
};

int main(int argc, char **argv)
{
	return run_cases("threads", cases, COUNT(cases), argc, argv);
}
