// SPDX-License-Identifier: Apache-2.0
/* A command that somebody else starts: traced from outside its sandbox. */
#include "base/arena.h"
#include "sandbox/watch/internal.h"

#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct watch_guest {
	struct watch w;
};

struct watch_guest *watch_guest_new(const struct watch_spec *spec, struct err *e)
{
	struct watch_guest *g = xcalloc(1, sizeof(*g));

	g->w = (struct watch){.spec = spec,
		.backend = BACKEND_PTRACE,
		.guest = true,
		.listener = -1,
		.sock = -1,
		.exec_pipe = -1,
		.shared = MAP_FAILED};
	g->w.shared = mmap(NULL, sizeof(*g->w.shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (g->w.shared == MAP_FAILED)
		err_sys(e, "cannot share memory");
	else if (filter_build(&g->w.filter, spec->calls, spec->call_count,
			 SCMP_ACT_TRACE(0), e) == 0)
		return g;
	watch_guest_free(g);
	return NULL;
}

void watch_guest_free(struct watch_guest *g)
{
	if (!g)
		return;
	filter_release(&g->w.filter);
	if (g->w.shared != MAP_FAILED)
		munmap(g->w.shared, sizeof(*g->w.shared));
	free(g);
}

int watch_guest_confine(struct watch_guest *g, struct err *e)
{
	return watch_load_filter(&g->w.filter.prog, false, e) < 0 ? -1 : 0;
}

int watch_guest_attach(struct watch_guest *g, pid_t command, struct err *e)
{
	/* Nobody asks what came: it was for the group. */
	close(watch_signals_take());
	g->w.command = command;
	if (watch_ptrace_attach(command) < 0)
		return err_sys(e, "cannot trace the command");
	return 0;
}

struct watch *watch_guest_watch(struct watch_guest *g)
{
	return &g->w;
}

void watch_guest_trace(struct watch_guest *g)
{
	watch_ptrace_loop(&g->w);
}
