// SPDX-License-Identifier: Apache-2.0
/* Choosing an engine, by trying what this machine allows. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* A probe in a child: its exit status is an errno, 0 is success. */
static int probe(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(f());
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return EIO;
	return WEXITSTATUS(status);
}

static int probe_notify(void)
{
	struct sock_filter ok = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {1, &ok};

	return watch_load_filter(&prog, true, NULL) < 0 ? errno : 0;
}

/* May a parent read its child's memory here (yama, containers)? Both engines
 * need it. */
static int probe_memory(void)
{
	static const char word[] = "reprise";
	char buf[sizeof(word)] = "";
	pid_t pid = fork();
	int r = 0;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (pid < 0)
		return errno;
	/* The child has the same bytes at the same place. */
	if (watch_read(pid, (uintptr_t)word, buf, sizeof(buf)) < 0)
		r = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

static int probe_ptrace(void)
{
	pid_t pid = fork();
	int r;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (pid < 0)
		return errno;
	r = watch_ptrace_attach(pid) < 0 ? errno : 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

/* Before 5.19 a call that was received already could be interrupted too. */
static bool kernel_before(unsigned major, unsigned minor)
{
	struct utsname u;
	unsigned a = 0, b = 0;

	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &a, &b) != 2)
		return false;
	return a < major || (a == major && b < minor);
}

static int explain_notify(int code, struct err *e)
{
	errno = code;
	if (code == EBUSY)
		return err_set(e,
			"another program holds a seccomp listener over this "
			"process; only one is possible (--backend ptrace may "
			"work)");
	return err_sys(e, "this kernel or container refuses a seccomp listener "
			  "(kernel 5.5 or later and a seccomp profile that "
			  "allows seccomp(2) are needed)");
}

static int explain_ptrace(int code, struct err *e)
{
	errno = code;
	return err_sys(e, "ptrace is refused here (see "
			  "/proc/sys/kernel/yama/ptrace_scope: 0 or 1 is "
			  "needed; in a container: --cap-add SYS_PTRACE)");
}

static int explain_memory(int code, struct err *e)
{
	errno = code;
	return err_sys(e,
		"the memory of a child process cannot be read (see "
		"/proc/sys/kernel/yama/ptrace_scope: 0 or 1 is needed, or root "
		"at 2; in a container: --cap-add SYS_PTRACE)");
}

/* A number in /proc/PID/status; 0 when there is none. */
static pid_t status_number(pid_t pid, const char *key)
{
	autostrbuf text = STRBUF_INIT;
	char path[64];
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (fs_slurp(path, &text) < 0 || !text.s)
		return 0;
	p = strstr(text.s, key);
	return p ? atoi(p + strlen(key)) : 0;
}

static bool runs_this_program(struct arena *a, pid_t pid)
{
	const char *own = fs_readlink(a, AT_FDCWD, "/proc/self/exe");
	const char *exe =
		fs_readlink(a, AT_FDCWD, arena_printf(a, "/proc/%d/exe", pid));

	return own && exe && strcmp(own, exe) == 0;
}

/*
 * The listener of a capture above us refuses a second one (EBUSY), and its
 * tracer is everybody's tracer. Others have listeners, too: so an ancestor
 * must be this program.
 */
bool watch_is_watched(void)
{
	autoarena *a = arena_new();
	pid_t pid = getppid();

	if (!status_number(getpid(), "\nTracerPid:") &&
		probe(probe_notify) != EBUSY)
		return false;
	for (int i = 0; i < 128 && pid > 1; i++) {
		if (runs_this_program(a, pid))
			return true;
		pid = status_number(pid, "\nPPid:");
	}
	return false;
}

int watch_choose(enum watch_backend *backend, struct err *e)
{
	int memory = probe(probe_memory);
	int notify = -1;
	int ptrace_code;

	if (memory)
		return explain_memory(memory, e);

	if (*backend != BACKEND_PTRACE) {
		notify = probe(probe_notify);
		if (*backend == BACKEND_NOTIFY || notify == EBUSY)
			return notify ? explain_notify(notify, e) : 0;
		if (!notify && !kernel_before(5, 19)) {
			*backend = BACKEND_NOTIFY;
			return 0;
		}
	}
	ptrace_code = probe(probe_ptrace);
	if (!ptrace_code) {
		*backend = BACKEND_PTRACE;
		return 0;
	}
	if (*backend == BACKEND_AUTO && !notify) {
		*backend = BACKEND_NOTIFY;
		return 0;
	}
	return explain_ptrace(ptrace_code, e);
}
