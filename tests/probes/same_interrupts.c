// SPDX-License-Identifier: Apache-2.0
/*
 * same_interrupts [CASE...]: calls that no signal interrupts, under a storm of
 * signals, as a sampling profiler or a runtime that preempts its threads makes
 * one. With SA_RESTART and without.
 */
#include "cases.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define ROUNDS 300

static atomic_int handled, stop;

static void handler(int sig)
{
	(void)sig;
	atomic_fetch_add(&handled, 1);
}

struct storm {
	pid_t tid;
	int sig;
};

/* From another thread to this one, as fast as they are taken. */
static void *send_signals(void *arg)
{
	struct storm *s = arg;

	while (!atomic_load(&stop)) {
		int before = atomic_load(&handled);

		syscall(SYS_tgkill, getpid(), s->tid, s->sig);
		for (int i = 0; i < 200 && atomic_load(&handled) == before; i++)
			sched_yield();
	}
	return NULL;
}

static pthread_t begin_storm(struct storm *s, int sig, int flags)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
	pthread_t t;
	sigset_t set;

	sigaction(sig, &a, NULL);
	*s = (struct storm){gettid(), sig};
	/* The sender takes none itself. */
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&t, NULL, send_signals, s);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return t;
}

static long do_stat(int i)
{
	struct stat st;

	return stat(i % 2 ? "file" : "/etc/passwd", &st);
}

static long do_open(int i)
{
	int fd = open("file", i % 2 ? O_RDONLY : O_RDWR);

	return fd < 0 ? fd : close(fd);
}

static long do_readlink(int i)
{
	char buf[100];

	return readlink(i % 2 ? "link" : "/proc/self/exe", buf, sizeof(buf));
}

static long do_rename(int i)
{
	return rename(i % 2 ? "two" : "one", i % 2 ? "one" : "two");
}

static long do_mkdir(int i)
{
	return i % 2 ? rmdir("dir") : mkdir("dir", 0755);
}

static long do_chdir(int i)
{
	return chdir(i % 2 ? ".." : "sub");
}

static long do_truncate(int i)
{
	return truncate("file", i);
}

static long do_setfl(int i)
{
	return fcntl(0, F_SETFL, i % 2 ? O_APPEND : 0);
}

static long do_bind(int i)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	long r;

	snprintf(a.sun_path, sizeof(a.sun_path), "socket%d", i);
	r = bind(fd, (struct sockaddr *)&a, sizeof(a));
	close(fd);
	return r;
}

static long do_map(int i)
{
	static int fd = -1;
	void *p;

	(void)i;
	/* Not what is asked about here. */
	while (fd < 0)
		fd = open("/bin/true", O_RDONLY);
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED ? -1 : munmap(p, 4096);
}

static long do_fork(int i)
{
	pid_t pid;

	if (i % 10)
		return 0;
	pid = fork();
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : end_of(pid) ? 99 : 0;
}

static long do_exec(int i)
{
	int status;
	pid_t pid;

	if (i % 50)
		return 0;
	pid = fork();
	if (pid == 0) {
		struct itimerval t = {{0, 70}, {0, 70}};

		setitimer(ITIMER_PROF, &t, NULL);
		execl("/no/such/program", "x", NULL);
		if (errno == EINTR)
			_exit(9);
		_exit(0);
	}
	status = end_of(pid);
	errno = EINTR;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static const struct {
	const char *name;
	long (*f)(int i);
} calls[] = {{"stat", do_stat}, {"open", do_open}, {"readlink", do_readlink},
	{"rename", do_rename}, {"mkdir", do_mkdir}, {"chdir", do_chdir},
	{"truncate", do_truncate}, {"setfl", do_setfl}, {"bind", do_bind},
	{"map", do_map}, {"fork", do_fork}, {"exec", do_exec}};

static int home;

static void prepare(void)
{
	home = (int)must(open(".", O_RDONLY | O_DIRECTORY));
	int fd = (int)must(creat("file", 0644));

	close(fd);
	must(creat("one", 0644));
	must(symlink("file", "link"));
	must(mkdir("sub", 0755));
	must(dup2((int)must(open("file", O_RDWR)), 0));
}

static void under_storm(int flags)
{
	struct storm s;
	pthread_t t;

	prepare();
	t = begin_storm(&s, SIGURG, flags);
	sigaction(SIGPROF,
		&(struct sigaction){.sa_handler = handler, .sa_flags = flags},
		NULL);
	for (size_t c = 0; c < COUNT(calls); c++) {
		int interrupted = 0, other = 0;

		while (fchdir(home) < 0)
			;

		for (int i = 0; i < ROUNDS && !interrupted; i++) {
			long r;

			while ((r = calls[c].f(i)) == -1 && errno == EINTR)
				interrupted++;
			if (r < 0)
				other = errno;
		}
		say("%s: EINTR %s, other errors %d", calls[c].name,
			interrupted ? "sometimes" : "never", other);
	}
	atomic_store(&stop, 1);
	pthread_join(t, NULL);
}

static void with_restart(void)
{
	under_storm(SA_RESTART | SA_ONSTACK);
}

static void without_restart(void)
{
	under_storm(0);
}

/* A process of several threads that ends while signals arrive. */
static void *sleeps(void *arg)
{
	pause();
	return arg;
}

static int end_in_storm(int i, int flags)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
	struct itimerval t = {{0, 40}, {0, 40}};
	pthread_t thread;
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, sleeps, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	for (volatile int k = 0; k < i * 100; k++)
		;
	return 7;
}

static void ends(int flags)
{
	int wrong = 0, hung = 0;

	for (int i = 0; i < 150; i++) {
		pid_t pid = (pid_t)must(fork());
		struct pollfd p = {.events = POLLIN};

		if (pid == 0)
			_exit(end_in_storm(i, flags));
		p.fd = (int)must(syscall(SYS_pidfd_open, pid, 0));
		if (poll(&p, 1, hung ? 300 : 10000) == 0) {
			hung++;
			kill(pid, SIGKILL);
		}
		close(p.fd);
		wrong += end_of(pid) != 7 << 8;
	}
	say("ended wrongly %s, hung %s", wrong ? "sometimes" : "never",
		hung ? "sometimes" : "never");
}

static void ends_with_restart(void)
{
	ends(SA_RESTART);
}

static void ends_without_restart(void)
{
	ends(0);
}

/* One kilohertz of a timer, as profilers have it, and time enough. */
static void profiled(void)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct itimerval t = {{0, 1000}, {0, 1000}};
	int failed = 0;

	prepare();
	sigaction(SIGALRM, &a, NULL);
	sigaction(SIGPROF, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	setitimer(ITIMER_PROF, &t, NULL);
	for (int i = 0; i < 3 * ROUNDS || atomic_load(&handled) < 100; i++)
		for (size_t c = 0; c < 3; c++)
			failed += calls[c].f(i) < 0;
	say("failed %d", failed);
}

static const struct probe_case cases[] = {
	{"with-restart", with_restart},
	{"without-restart", without_restart},
	{"ends-with-restart", ends_with_restart},
	{"ends-without-restart", ends_without_restart},
	{"profiled", profiled},
};

int main(int argc, char **argv)
{
	return run_cases("interrupts", cases, COUNT(cases), argc, argv);
}
