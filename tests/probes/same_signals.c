// SPDX-License-Identifier: Apache-2.0
/*
 * same_signals [CASE...]: sending, blocking, handling and waiting for signals,
 * timers, and which blocking calls are interrupted by what.
 */
#include "cases.h"

#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static volatile sig_atomic_t count[NSIG];
static volatile int value, code, sender;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	count[sig]++;
	value = info->si_value.sival_int;
	code = info->si_code;
	sender = info->si_pid;
}

static void handle(int sig, int flags)
{
	struct sigaction a = {
		.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigaction(sig, &a, NULL);
}

static void block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(how, &set, NULL);
}

static void to_itself(void)
{
	for (int s = 1; s < NSIG; s++) {
		if (s == SIGKILL || s == SIGSTOP || s == 32 || s == 33)
			continue;
		handle(s, 0);
		kill(getpid(), s);
		raise(s);
		say("%d count %d code %d mine %d", s, count[s], code,
			sender == getpid());
	}
}

static void queued(void)
{
	union sigval v;

	handle(SIGRTMIN, 0);
	handle(SIGUSR1, 0);
	block(SIG_BLOCK, SIGRTMIN);
	block(SIG_BLOCK, SIGUSR1);
	for (int i = 1; i <= 5; i++) {
		v.sival_int = i;
		sigqueue(getpid(), SIGRTMIN, v);
		sigqueue(getpid(), SIGUSR1, v);
	}
	block(SIG_UNBLOCK, SIGRTMIN);
	say("real-time %d value %d code %d", count[SIGRTMIN], value, code);
	block(SIG_UNBLOCK, SIGUSR1);
	say("plain %d value %d", count[SIGUSR1], value);
}

static void permissions(void)
{
	say("nobody %s", result(kill(999999999, 0)));
	say("bad signal %s", result(kill(getpid(), 65)));
	say("no group %s", result(kill(-999999, SIGTERM)));
	say("null %s", result(kill(getpid(), 0)));
	say("tgkill %s", result(syscall(SYS_tgkill, getpid(), 1, SIGUSR1)));
}

static void to_the_group(void)
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0)
		for (;;)
			pause();
	handle(SIGUSR1, SA_RESTART);
	kill(0, SIGUSR1);
	say("child %s", ending(end_of(pid)));
	say("itself %d", count[SIGUSR1]);
}

static void waits_for(void)
{
	struct timespec t = {0, 10000000}, never = {10, 0};
	siginfo_t info;
	sigset_t set;

	block(SIG_BLOCK, SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	say("time-out %s", result(sigtimedwait(&set, &info, &t)));
	raise(SIGUSR1);
	say("there %s", result(sigtimedwait(&set, &info, &never)));
	say("code %d mine %d", info.si_code, info.si_pid == getpid());
	alarm(0);
	sigaddset(&set, SIGALRM);
	block(SIG_BLOCK, SIGALRM);
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 5000}}, NULL);
	say("alarm %s", result(sigwaitinfo(&set, &info)));
	say("code %x", info.si_code);
}

static void suspends(void)
{
	sigset_t empty;

	handle(SIGALRM, 0);
	sigemptyset(&empty);
	block(SIG_BLOCK, SIGALRM);
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 5000}}, NULL);
	say("suspend %s", result(sigsuspend(&empty)));
	block(SIG_UNBLOCK, SIGALRM);
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 5000}}, NULL);
	say("pause %s", result(pause()));
	say("alarms %d", count[SIGALRM]);
}

static void on_stack(void)
{
	static char room[65536];
	stack_t s = {.ss_sp = room, .ss_size = sizeof(room)}, old;

	must(sigaltstack(&s, NULL));
	handle(SIGSEGV, SA_ONSTACK | SA_RESETHAND);
	raise(SIGSEGV);
	must(sigaltstack(NULL, &old));
	say("handled %d, flags %d", count[SIGSEGV], old.ss_flags);
	say("then %s", in_child((void (*)(void))(void *)abort));
	*(volatile int *)NULL = 1;
}

static void timers(void)
{
	struct itimerval it = {{0, 1000}, {0, 1000}};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN,
		.sigev_value.sival_int = 77};
	struct itimerspec spec = {{0, 0}, {0, 5000000}};
	uint64_t ticks = 0;
	timer_t timer;
	int fd;

	handle(SIGPROF, SA_RESTART);
	handle(SIGVTALRM, SA_RESTART);
	must(setitimer(ITIMER_PROF, &it, NULL));
	must(setitimer(ITIMER_VIRTUAL, &it, NULL));
	while (count[SIGPROF] < 3 || count[SIGVTALRM] < 3)
		;
	say("prof and virtual");
	it = (struct itimerval){{0, 0}, {0, 0}};
	setitimer(ITIMER_PROF, &it, NULL);
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	handle(SIGRTMIN, SA_RESTART);
	must(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	must(timer_settime(timer, 0, &spec, NULL));
	while (!count[SIGRTMIN])
		pause_ms(1);
	say("timer value %d code %d", value, code);
	fd = (int)must(timerfd_create(CLOCK_MONOTONIC, 0));
	must(timerfd_settime(fd, 0, &spec, NULL));
	must(read(fd, &ticks, sizeof(ticks)));
	say("timerfd %d", (int)ticks);
}

/* Calls that wait, longer than anybody waits for them here. */
static int sockets[2], pipes[2], polled, watched, queue, semaphores, lock,
	ready[2];
static const struct timespec long_time = {15, 0};

static long in_read(void)
{
	char c;

	return read(pipes[0], &c, 1);
}

static long in_receive(void)
{
	struct timeval t = {15, 0};
	char c;

	setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	return recv(sockets[0], &c, 1, 0);
}

static long in_poll(void)
{
	return poll(NULL, 0, 15000);
}

static long in_epoll(void)
{
	struct epoll_event e;

	return epoll_wait(polled, &e, 1, 15000);
}

static long in_nanosleep(void)
{
	return nanosleep(&long_time, NULL);
}

static long in_sigwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMAX);
	return sigtimedwait(&set, NULL, &long_time);
}

static long in_semaphore(void)
{
	struct sembuf b = {0, -1, 0};

	return semtimedop(semaphores, &b, 1, &long_time);
}

static long in_inotify(void)
{
	char buf[4096];

	return read(watched, buf, sizeof(buf));
}

static long in_message(void)
{
	struct {
		long type;
		char c;
	} m;

	return msgrcv(queue, &m, 1, 0, 0);
}

static long in_wait(void)
{
	return waitpid(-1, NULL, 0);
}

static long in_lock(void)
{
	return flock(lock, LOCK_EX);
}

/* Opening is watched, and may wait, too. */
static long in_open(void)
{
	return open("fifo", O_RDONLY);
}

static const struct {
	const char *name;
	long (*f)(void);
} blocking[] = {{"read", in_read}, {"receive", in_receive}, {"poll", in_poll},
	{"epoll", in_epoll}, {"nanosleep", in_nanosleep},
	{"sigwait", in_sigwait}, {"semaphore", in_semaphore},
	{"inotify", in_inotify}, {"message", in_message}, {"wait", in_wait},
	{"lock", in_lock}, {"open", in_open}};

/* Until it waits and has taken its signals, or is gone. */
static void settle(pid_t pid)
{
	for (int i = 0; i < 10000; i++) {
		char path[64], text[4096], *pending;
		int fd;
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		fd = (int)must(open(path, O_RDONLY));
		n = must(read(fd, text, sizeof(text) - 1));
		text[n] = 0;
		close(fd);
		pending = strstr(text, "\nShdPnd:\t");
		if (strstr(text, "\nState:\tZ") ||
			(strstr(text, "\nState:\tS") && pending &&
				strncmp(pending + 9, "0000000000000000", 16) == 0))
			return;
		pause_ms(1);
	}
}

/* Says when nothing but the call is left to do. */
static int be_disturbed(size_t i, void (*prepare)(void))
{
	long r;

	if (fork() == 0)
		for (;;)
			pause();
	prepare();
	handle(SIGUSR2, 0);
	must(write(ready[1], "", 1));
	r = blocking[i].f();
	return count[SIGUSR2] ? 250 : r == -1 ? errno : 251;
}

/* A child in each of the calls gets `sig`; what does the call say? */
static void disturb(const char *what, void (*prepare)(void), int sig)
{
	for (size_t i = 0; i < COUNT(blocking); i++) {
		pid_t pid = (pid_t)must(fork());
		int status;
		char c;

		if (pid == 0)
			_exit(be_disturbed(i, prepare));
		must(read(ready[0], &c, 1));
		settle(pid);
		kill(pid, sig);
		if (sig == SIGSTOP) {
			waitpid(pid, NULL, WUNTRACED);
			kill(pid, SIGCONT);
		}
		settle(pid);
		kill(pid, SIGUSR2);
		status = WEXITSTATUS(end_of(pid));
		say("%s: %s %s", what, blocking[i].name,
			status == 250 ? "goes on" : (errno = status, result(-1)));
	}
}

static void make_channels(void)
{
	must(pipe(pipes));
	must(pipe(ready));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	polled = (int)must(epoll_create1(0));
	watched = (int)must(inotify_init());
	must(inotify_add_watch(watched, ".", IN_CREATE));
	queue = (int)must(msgget(IPC_PRIVATE, 0600));
	semaphores = (int)must(semget(IPC_PRIVATE, 1, 0600));
	must(flock((int)must(creat("lock", 0600)), LOCK_EX));
	lock = (int)must(open("lock", O_RDWR));
	must(mkfifo("fifo", 0600));
}

static void drop_channels(void)
{
	msgctl(queue, IPC_RMID, NULL);
	semctl(semaphores, 0, IPC_RMID);
}

static void plain(void)
{
	handle(SIGUSR1, 0);
}

static void restarts(void)
{
	handle(SIGUSR1, SA_RESTART);
}

static void nothing(void)
{
}

static void interrupted(void)
{
	make_channels();
	disturb("handler", plain, SIGUSR1);
	drop_channels();
}

static void restarted(void)
{
	make_channels();
	disturb("restart", restarts, SIGUSR1);
	drop_channels();
}

static void stopped(void)
{
	make_channels();
	disturb("stop", nothing, SIGSTOP);
	drop_channels();
}

/* By default nothing happens at these: the kernel drops them. */
static void dropped(void)
{
	make_channels();
	disturb("window", nothing, SIGWINCH);
	drop_channels();
}

static const struct probe_case cases[] = {
	{"to-itself", to_itself},
	{"queued", queued},
	{"permissions", permissions},
	{"to-the-group", to_the_group},
	{"waits-for", waits_for},
	{"suspends", suspends},
	{"on-stack", on_stack},
	{"timers", timers},
	{"interrupted", interrupted},
	{"restarted", restarted},
	{"stopped", stopped},
	{"dropped", dropped},
};

int main(int argc, char **argv)
{
	return run_cases("signals", cases, COUNT(cases), argc, argv);
}
