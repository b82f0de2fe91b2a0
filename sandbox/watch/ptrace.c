// SPDX-License-Identifier: Apache-2.0
/*
 * The engine of ptrace: seccomp RET_TRACE stops, attached by PTRACE_SEIZE so
 * that group-stops stay what they are (PTRACE_LISTEN). For kernels and places
 * where a listener cannot be had. A tracee whose tracer dies would get ENOSYS
 * from every watched call (seccomp(2)), so EXITKILL takes it along: this
 * engine cannot survive its recorder.
 */
#include "base/fs.h"
#include "sandbox/watch/arch.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int watch_ptrace_attach(pid_t pid)
{
	long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
		       PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

	return (int)ptrace(PTRACE_SEIZE, pid, 0, options);
}

/*
 * Most of what a stop costs is waking another, idle CPU. So the tracing thread
 * moves to where the stopped task last ran: 40,000 opens take 0.3 s instead of
 * 0.7. A task rarely moves, so one stop in 16 asks; tasks that run on several
 * CPUs at once are best left to the scheduler.
 */
#define FOLLOW_EVERY 16

struct follower {
	unsigned stops;
	pid_t tid;
	int cpu; /* where this thread is bound, -1 nowhere */
	cpu_set_t all;
	uint32_t group_stops; /* of the command, that began */
};

/* Field 39 of /proc/TID/stat (proc(5)); -1 when it cannot be read. */
static int last_cpu(pid_t tid)
{
	char path[64], buf[1024], *p;
	autoclose int fd = -1;
	ssize_t n;
	int cpu;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);
	if (n <= 0)
		return -1;
	buf[n] = 0;
	p = strrchr(buf, ')');
	for (int field = 2; p && field < 39; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, "%d", &cpu) == 1 ? cpu : -1;
}

static void bind_to(struct follower *f, int cpu)
{
	cpu_set_t one;

	if (cpu == f->cpu || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&one);
	if (cpu >= 0)
		CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), cpu >= 0 ? &one : &f->all);
	f->cpu = cpu;
}

static void follow(struct follower *f, pid_t tid)
{
	if (tid == f->tid && f->stops++ % FOLLOW_EVERY)
		return;
	if (tid != f->tid && f->stops < FOLLOW_EVERY) {
		/* The last one did not stay long: several are at work. */
		f->tid = tid;
		f->stops++;
		bind_to(f, -1);
		return;
	}
	f->tid = tid;
	f->stops = 1;
	bind_to(f, last_cpu(tid));
}

static void seccomp_stop(struct watch *w, pid_t tid)
{
	struct __ptrace_syscall_info info;
	struct answer out = {.kind = ANSWER_CONTINUE};
	struct call c = {.tid = tid};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) <=
			0 ||
		info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return; /* killed meanwhile */
	c.nr = (int)info.seccomp.nr;
	c.arch = arch_from_audit(info.arch, c.nr);
	for (int i = 0; i < 6; i++)
		c.args[i] = info.seccomp.args[i];
	if (!atomic_load(&w->shared->frozen))
		watch_dispatch(w, &c, &out);
	if (out.kind == ANSWER_DENY)
		arch_skip_call(tid, -out.error);
	else if (out.kind == ANSWER_RETURN)
		arch_skip_call(tid, out.value);
}

static bool is_group_stop(int status)
{
	int sig = WSTOPSIG(status);

	return status >> 16 == PTRACE_EVENT_STOP &&
	       (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
		       sig == SIGTTOU);
}

/*
 * The request that lets a stopped task go on. ESRCH after any of them means
 * that SIGKILL came first.
 */
static void resume(struct watch *w, struct follower *f, pid_t tid, int status)
{
	int sig = WSTOPSIG(status);

	if (tid == w->command && !is_group_stop(status))
		atomic_store(&w->shared->stop, 0);
	switch (status >> 16) {
	case PTRACE_EVENT_SECCOMP:
		follow(f, tid);
		seccomp_stop(w, tid);
		ptrace(PTRACE_CONT, tid, 0, 0);
		return;
	case PTRACE_EVENT_STOP:
		if (is_group_stop(status)) {
			/* A group-stop: stay stopped, wake up on SIGCONT. */
			if (tid == w->command) {
				atomic_store(&w->shared->stop, ++f->group_stops);
				watch_command_stopped(w, sig);
			}
			ptrace(PTRACE_LISTEN, tid, 0, 0);
			return;
		}
		ptrace(PTRACE_CONT, tid, 0, 0);
		return;
	case 0:
		/* A signal on its way to the task: deliver it. */
		ptrace(PTRACE_CONT, tid, 0, sig);
		return;
	default:
		ptrace(PTRACE_CONT, tid, 0, 0);
	}
}

/* Of threads, too, whom nobody has asked for. */
static void tell_exit(struct watch *w, pid_t tid, int status)
{
	const struct watch_handler *h = &w->spec->handler;

	if (h->exited && !atomic_load(&w->shared->frozen))
		h->exited(h->arg, tid, status);
}

void watch_ptrace_loop(struct watch *w)
{
	struct follower f = {.cpu = -1};

	sched_getaffinity(0, sizeof(f.all), &f.all);
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return; /* ECHILD: every task is gone */
		if (WIFSTOPPED(status)) {
			resume(w, &f, tid, status);
			continue;
		}
		tell_exit(w, tid, status);
		if (tid == w->command) {
			/* The threads that finish may use every CPU. */
			bind_to(&f, -1);
			watch_command_ended(w, status);
		}
	}
}
