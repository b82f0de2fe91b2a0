// SPDX-License-Identifier: Apache-2.0
/*
 * many forks|execs|threads N DIR: so many processes, some at a time, or so
 * many threads, all at once; the i-th opens the name DIR/i, which is absent.
 * Prints the anonymous memory in KiB that the parent of this program, its
 * recorder, had after the first tenth, and at the end.
 *
 * many leaf NAME: opens the name.
 *
 * many reuse DIR: a program that is killed, then a process with the same pid
 * that runs no program, and writes DIR/written. It exits with 9. Ends with 77
 * when this user may not choose pids.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 64

static const char *dir;
static char self[4096];

/* Another errno than ENOENT says that the call was not let through. */
static int look(long i)
{
	char name[4096];

	snprintf(name, sizeof(name), "%s/%ld", dir, i);
	return open(name, O_RDONLY | O_CLOEXEC) < 0 && errno == ENOENT ? 0 : 9;
}

static long memory_of_parent(void)
{
	char line[256], path[64];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", getppid());
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "RssAnon: %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}

static void leaf(long i)
{
	char name[4096];

	snprintf(name, sizeof(name), "%s/%ld", dir, i);
	execl(self, "many", "leaf", name, (char *)NULL);
	_exit(9);
}

static int processes(long n, int executed)
{
	long running = 0, first = 0;
	int status, bad = 0;

	for (long i = 0; i < n || running; i++) {
		if (i < n && fork() == 0) {
			if (executed)
				leaf(i);
			_exit(look(i));
		}
		running += i < n;
		if (i >= n || running == AT_ONCE) {
			wait(&status);
			running--;
			bad |= status;
		}
		if (i == n / 10)
			first = memory_of_parent();
	}
	printf("%ld %ld\n", first, memory_of_parent());
	return bad ? 9 : 0;
}

static pthread_barrier_t all_there;

static void *thread_main(void *arg)
{
	long bad = look((intptr_t)arg);

	pthread_barrier_wait(&all_there);
	return (void *)bad;
}

static int threads(long n)
{
	pthread_t *t = calloc((size_t)n, sizeof(*t));
	pthread_attr_t small;
	long first = 0;
	int bad = 0;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	pthread_barrier_init(&all_there, NULL, (unsigned)n + 1);
	for (long i = 0; i < n; i++) {
		errno = pthread_create(
			&t[i], &small, thread_main, (void *)(intptr_t)i);
		if (errno) {
			perror("pthread_create");
			return 8;
		}
		if (i == n / 10)
			first = memory_of_parent();
	}
	pthread_barrier_wait(&all_there);
	for (long i = 0; i < n; i++) {
		void *r;

		pthread_join(t[i], &r);
		bad |= r != NULL;
	}
	printf("%ld %ld\n", first, memory_of_parent());
	free(t);
	return bad ? 9 : 0;
}

/* A child with this pid, as in the kernel's own clone3(2). */
static pid_t fork_as(pid_t pid)
{
	struct clone_args a = {.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1};

	return (pid_t)syscall(SYS_clone3, &a, sizeof(a));
}

static int reuse(void)
{
	char name[4096];
	int status;
	pid_t pid = fork(), again;

	if (pid == 0) {
		execlp("sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	/* Its name tells that it runs. */
	do {
		FILE *f;

		usleep(1000);
		snprintf(name, sizeof(name), "/proc/%d/comm", pid);
		f = fopen(name, "r");
		if (!f || !fgets(name, sizeof(name), f))
			return 8;
		fclose(f);
	} while (strcmp(name, "sleep\n") != 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	/* Births are told apart by the clock's ticks. */
	usleep(50000);
	again = fork_as(pid);
	if (again < 0)
		return errno == EPERM ? 77 : 8;
	if (again == 0) {
		snprintf(name, sizeof(name), "%s/written", dir);
		_exit(close(creat(name, 0644)) == 0 ? 9 : 1);
	}
	return waitpid(again, &status, 0) == pid && status == 9 << 8 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "leaf"))
		return open(argv[2], O_RDONLY) < 0 && errno == ENOENT ? 0 : 9;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 8;
	dir = argv[argc - 1];
	if (argc == 3 && !strcmp(argv[1], "reuse"))
		return reuse();
	if (argc != 4)
		return 2;
	if (!strcmp(argv[1], "threads"))
		return threads(atol(argv[2]));
	return processes(atol(argv[2]), !strcmp(argv[1], "execs"));
}
