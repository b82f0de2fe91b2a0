// SPDX-License-Identifier: Apache-2.0
/*
 * same_tracers [CASE...]: a program that traces others, as debuggers, profilers
 * and sanitizers do.
 */
#include "cases.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

static void traceme(void)
{
	pid_t pid = (pid_t)must(fork());
	int status;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(errno);
		raise(SIGUSR1);
		_exit(access("/etc/passwd", R_OK) ? 1 : 7);
	}
	must(waitpid(pid, &status, 0));
	say("%s", ending(status));
	if (!WIFSTOPPED(status))
		return;
	ptrace(PTRACE_CONT, pid, 0, 0);
	say("%s", ending(end_of(pid)));
}

static pid_t busy(void)
{
	pid_t pid = (pid_t)must(fork());

	if (pid == 0)
		for (;;)
			access("/etc/passwd", R_OK);
	return pid;
}

static void attaches(void)
{
	pid_t pid = busy();
	int status = 0;

	say("attach %s", result(ptrace(PTRACE_ATTACH, pid, 0, 0)));
	say("%s", result(waitpid(pid, &status, WNOHANG) < 0 ? -1 : 0));
	kill(pid, SIGKILL);
	do
		must(waitpid(pid, &status, 0));
	while (WIFSTOPPED(status));
	say("%s", ending(status));
}

static void seizes(void)
{
	pid_t pid = busy();
	int status = 0;
	long word;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0) {
		say("seize %s", result(-1));
		return;
	}
	say("interrupt %s", result(ptrace(PTRACE_INTERRUPT, pid, 0, 0)));
	must(waitpid(pid, &status, 0));
	say("%s", ending(status));
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t) "/etc/passwd", 0);
	say("peek %.4s", word == -1 ? strerrorname_np(errno) : (char *)&word);
	say("detach %s", result(ptrace(PTRACE_DETACH, pid, 0, 0)));
	kill(pid, SIGTERM);
	say("%s", ending(end_of(pid)));
}

/* Each call of the child, as strace shows them: entry and exit. */
static void steps(void)
{
	pid_t pid = (pid_t)must(fork());
	int status, entries = 0, exits = 0, watched = 0;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(99);
		raise(SIGSTOP);
		for (int i = 0; i < 5; i++)
			syscall(SYS_readlink, "/proc/self/exe", (char[100]){0},
				100);
		_exit(7);
	}
	must(waitpid(pid, &status, 0));
	if (WIFSTOPPED(status))
		ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	while (WIFSTOPPED(status)) {
		struct __ptrace_syscall_info i = {0};

		ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(i), &i);
		entries += i.op == PTRACE_SYSCALL_INFO_ENTRY;
		exits += i.op == PTRACE_SYSCALL_INFO_EXIT;
		watched += i.op == PTRACE_SYSCALL_INFO_ENTRY &&
			   i.entry.nr == SYS_readlink;
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		must(waitpid(pid, &status, 0));
	}
	say("calls %d, ended %d more, %s", watched, entries - exits,
		ending(status));
}

/* A debugger: stop at an exec, follow forks, change what a call returns. */
static void debugs(void)
{
	pid_t pid = (pid_t)must(fork());
	int status, execs = 0, forks = 0, exits = 0;
	pid_t any;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(99);
		raise(SIGSTOP);
		execl("/bin/sh", "sh", "-c", "/bin/true; (exit 3); exit 7", NULL);
		_exit(98);
	}
	must(waitpid(pid, &status, 0));
	if (!WIFSTOPPED(status)) {
		say("%s", ending(status));
		return;
	}
	must(ptrace(PTRACE_SETOPTIONS, pid, 0,
		PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			PTRACE_O_TRACECLONE));
	ptrace(PTRACE_CONT, pid, 0, 0);
	while ((any = waitpid(-1, &status, __WALL)) > 0) {
		int event = status >> 16;

		if (!WIFSTOPPED(status)) {
			exits++;
			if (any == pid)
				say("%s", ending(status));
			continue;
		}
		execs += event == PTRACE_EVENT_EXEC;
		forks += event == PTRACE_EVENT_FORK ||
			 event == PTRACE_EVENT_VFORK ||
			 event == PTRACE_EVENT_CLONE;
		ptrace(PTRACE_CONT, any, 0,
			event || WSTOPSIG(status) == SIGSTOP ? 0
							     : WSTOPSIG(status));
	}
	say("execs %d, forks %d, exits %d", execs, forks, exits);
}

static void itself(void)
{
	say("attach to itself %s", result(ptrace(PTRACE_ATTACH, getpid(), 0, 0)));
	say("to the parent %s", result(ptrace(PTRACE_CONT, getppid(), 0, 0)));
	say("to nobody %s", result(ptrace(PTRACE_SEIZE, 999999999, 0, 0)));
	say("dumpable %s", result(prctl(PR_GET_DUMPABLE)));
	say("tracer allowed %s",
		result(prctl(PR_SET_PTRACER, getpid(), 0, 0, 0)));
}

static const struct probe_case cases[] = {
	{"traceme", traceme},
	{"attaches", attaches},
	{"seizes", seizes},
	{"steps", steps},
	{"debugs", debugs},
	{"itself", itself},
};

int main(int argc, char **argv)
{
	return run_cases("tracers", cases, COUNT(cases), argc, argv);
}
