// SPDX-License-Identifier: Apache-2.0
/* The command's process, from fork to its first execve. */
#include "base/fs.h"
#include "base/packet.h"
#include "sandbox/watch/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Values of <linux/seccomp.h> that Debian 12's headers may lack. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static bool has_sys_admin(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t v = CAP_CLEAR;

	if (caps) {
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &v);
		cap_free(caps);
	}
	return v == CAP_SET;
}

int watch_load_filter(const struct sock_fprog *prog, bool listener, struct err *e)
{
	/* Before kernel 5.16 a filter without SPEC_ALLOW switches the
	 * speculative-store-bypass mitigation on for the whole program. */
	unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	int fd;

	/* With CAP_SYS_ADMIN setuid programs keep working under the filter;
	 * without it the kernel insists on no_new_privs (seccomp(2)). */
	if (!has_sys_admin() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "cannot set no_new_privs");
	if (listener)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER |
			 SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, prog);
	if (fd < 0 && errno == EINVAL && listener)
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			flags & ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, prog);
	/* The older way for the same, where a profile refuses seccomp(2) or
	 * the kernel has no SPEC_ALLOW (4.17). */
	if (fd < 0 && !listener)
		fd = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog);
	return fd < 0 ? err_sys(e, "cannot load the seccomp filter") : fd;
}

static void command(struct watch *w, int go, int errors, int sock)
	__attribute__((noreturn));

static void command(struct watch *w, int go, int errors, int sock)
{
	const struct watch_spec *spec = w->spec;
	struct watch_msg m = {.type = MSG_LISTENER};
	char **sh;
	size_t n = 0;
	int code, fd;
	char c;

	/* Nothing is read when the recorder died meanwhile. */
	if (read(go, &c, 1) != 1)
		_exit(125);
	fd = watch_load_filter(
		&w->filter.prog, w->backend == BACKEND_NOTIFY, NULL);
	if (fd < 0) {
		code = WATCH_NO_FILTER + errno;
		fs_write_all(errors, &code, sizeof(code));
		_exit(125);
	}
	if (w->backend == BACKEND_NOTIFY) {
		packet_send(sock, &m, sizeof(m), fd);
		close(fd);
	}
	watch_relays_attach(w);
	umask(spec->umask);
	watch_signals_restore(w);
	execve(spec->executable, spec->argv, spec->envp);
	/* A script without #! is the shell's, as for every execvp(3) user. */
	if (errno == ENOEXEC) {
		while (spec->argv[n])
			n++;
		sh = calloc(n + 3, sizeof(*sh));
		if (sh) {
			sh[0] = (char *)"/bin/sh";
			sh[1] = (char *)spec->executable;
			for (size_t i = 1; i < n; i++)
				sh[i + 1] = spec->argv[i];
			execve(sh[0], sh, spec->envp);
		}
		errno = ENOEXEC;
	}
	code = errno;
	fs_write_all(errors, &code, sizeof(code));
	_exit(code == ENOENT ? 127 : 126);
}

pid_t watch_spawn(struct watch *w, int *go, struct err *e)
{
	int gate[2], errors[2], sock[2];
	struct watch_msg m;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) < 0)
		return err_sys(e, "cannot make a pipe");
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot fork");
	if (pid == 0) {
		close(gate[1]);
		close(errors[0]);
		close(sock[0]);
		command(w, gate[0], errors[1], sock[1]);
	}
	close(gate[0]);
	close(errors[1]);
	close(sock[1]);
	w->command = pid;
	w->exec_pipe = errors[0];
	*go = gate[1];
	if (w->backend == BACKEND_PTRACE) {
		close(sock[0]);
		return pid;
	}
	/* The listener comes as soon as the filter is loaded; the command then
	 * waits in its execve until somebody receives. */
	if (write(*go, "g", 1) != 1 ||
		!packet_recv(sock[0], &m, sizeof(m), &w->listener)) {
		close(sock[0]);
		errno = watch_exec_error(w) - WATCH_NO_FILTER;
		return err_sys(e, "cannot load the seccomp filter");
	}
	close(sock[0]);
	return pid;
}

int watch_exec_error(struct watch *w)
{
	int code = 0;
	ssize_t r = fs_read_all(w->exec_pipe, &code, sizeof(code));

	close(w->exec_pipe);
	w->exec_pipe = -1;
	return r == (ssize_t)sizeof(code) ? code : 0;
}
