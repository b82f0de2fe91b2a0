// SPDX-License-Identifier: Apache-2.0
/*
 * The engine of ptrace: seccomp RET_TRACE stops, attached by PTRACE_SEIZE so
 * that group-stops stay what they are (PTRACE_LISTEN). For kernels and places
 * where a listener cannot be had. A tracee whose tracer dies would get ENOSYS
 * from every watched call (seccomp(2)), so EXITKILL takes it along: this
 * engine cannot survive its recorder.
 */
#include "sandbox/watch/internal.h"
#include "sandbox/watch/arch.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int watch_ptrace_attach(pid_t pid)
{
	long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
		       PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

	return (int)ptrace(PTRACE_SEIZE, pid, 0, options);
}

static void seccomp_stop(struct watch *w, pid_t tid)
{
	struct __ptrace_syscall_info info;
	struct answer out = {.kind = ANSWER_CONTINUE};
	struct call c = {.tid = tid};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info),
		    &info) <= 0 ||
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

/*
 * The request that lets a stopped task go on. ESRCH after any of them means
 * that SIGKILL came first.
 */
static void resume(struct watch *w, pid_t tid, int status)
{
	int sig = WSTOPSIG(status);

	switch (status >> 16) {
	case PTRACE_EVENT_SECCOMP:
		seccomp_stop(w, tid);
		ptrace(PTRACE_CONT, tid, 0, 0);
		return;
	case PTRACE_EVENT_STOP:
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
			sig == SIGTTOU) {
			/* A group-stop: stay stopped, wake up on SIGCONT. */
			if (tid == w->command)
				watch_command_stopped(w, sig);
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

void watch_ptrace_loop(struct watch *w)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return; /* ECHILD: every task is gone */
		if (WIFSTOPPED(status))
			resume(w, tid, status);
		else if (tid == w->command)
			watch_command_ended(w, status);
	}
}
