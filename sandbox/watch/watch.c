// SPDX-License-Identifier: Apache-2.0
/* The fork into keeper and recorder. */
#include "sandbox/watch/watch.h"
#include "base/arena.h"
#include "base/fs.h"
#include "sandbox/watch/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

const char *watch_backend_name(enum watch_backend b)
{
	return b == BACKEND_NOTIFY   ? "notify"
	       : b == BACKEND_PTRACE ? "ptrace"
				     : "auto";
}

/* Descriptors from 3 on that the caller gave; ours are all close-on-exec. */
static void find_inherited(struct watch *w)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *ent;

	while (d && (ent = readdir(d))) {
		int fd = atoi(ent->d_name);

		if (fd < 3 || (fcntl(fd, F_GETFD) & FD_CLOEXEC))
			continue;
		w->inherited = xrealloc(w->inherited,
			(w->inherited_count + 1) * sizeof(*w->inherited));
		w->inherited[w->inherited_count++] = fd;
	}
	if (d)
		closedir(d);
}

void watch_let_go(const struct watch *w)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < w->inherited_count; i++)
		close(w->inherited[i]);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

static void watch_release(struct watch *w)
{
	filter_release(&w->filter);
	free(w->inherited);
	if (w->shared != MAP_FAILED)
		munmap(w->shared, sizeof(*w->shared));
}

static int fork_recorder(struct watch *w, struct watch_result *out, struct err *e)
{
	autoclose int signals = -1;
	int pair[2];
	pid_t recorder;
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	watch_signals_save(w);
	signals = watch_signals_take();
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (watch_relays_start(w, e) < 0)
		return -1;
	watch_timers_take(w->timers);
	recorder = fork();
	if (recorder < 0)
		return err_sys(e, "cannot fork");
	if (recorder == 0) {
		close(pair[0]);
		close(signals);
		w->sock = pair[1];
		watch_recorder(w);
	}
	close(pair[1]);
	w->sock = pair[0];
	watch_let_go(w);
	watch_relays_let_go(w, true);
	r = watch_keeper(w, recorder, signals, out, e);
	close(w->sock);
	return r;
}

int watch_run(
	const struct watch_spec *spec, struct watch_result *out, struct err *e)
{
	struct watch w = {.spec = spec,
		.backend = spec->backend,
		.listener = -1,
		.sock = -1,
		.exec_pipe = -1,
		.shared = MAP_FAILED};
	int r = -1;

	*out = (struct watch_result){.outcome = WATCH_ENDED};
	find_inherited(&w);
	if (filter_build(&w.filter, spec->calls, spec->call_count,
		    w.backend == BACKEND_NOTIFY ? SCMP_ACT_NOTIFY
						: SCMP_ACT_TRACE(0),
		    e) < 0)
		goto out;
	w.shared = mmap(NULL, sizeof(*w.shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.shared == MAP_FAILED) {
		err_sys(e, "cannot share memory");
		goto out;
	}
	r = fork_recorder(&w, out, e);
out:
	watch_release(&w);
	return r;
}
