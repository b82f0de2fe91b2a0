// SPDX-License-Identifier: Apache-2.0
/* The recorder of a guest: traces the command, and publishes the run. */
#include "capture/guest_record.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/packet.h"
#include "capture/command.h"
#include "capture/ending.h"
#include "sandbox/isolation/isolation.h"
#include "store/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void on_exited(void *arg, pid_t pid, int status)
{
	struct capture *cap = arg;

	pthread_mutex_lock(&cap->rec.lock);
	process_ended(cap, pid, status);
	pthread_mutex_unlock(&cap->rec.lock);
}

void guest_record_prepare(struct capture_guest *g)
{
	struct digest none;

	g->spec = (struct watch_spec){
		.backend = BACKEND_PTRACE,
		.handler = {.call = tracers_call,
			.exited = on_exited,
			.arg = &g->cap},
	};
	g->spec.calls = calls_table(&g->spec.call_count);
	/* libcrypto reads its configuration, which may name modules to load,
	 * when it is first used: that must be this host's. */
	digest_bytes("", 0, &none);
}

static void say(int socket, const struct err *e)
{
	struct guest_msg m = {.failed = e != NULL};

	if (e)
		m.e = *e;
	packet_send(socket, &m, sizeof(m), -1);
}

/* A reader of the caller's pipe would wait for an end that does not come. */
static void let_go(void)
{
	autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	isolation_let_go();
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
}

/* From where the command will be, which it is not yet. */
static int name_executable(struct capture_guest *g, struct err *e)
{
	const struct isolation *iso = g->iso;

	if (iso->cwd && chdir(iso->cwd) < 0)
		return err_sys(e, "cannot enter '%s'", iso->cwd);
	g->cap.manifest->command.executable =
		command_absolute(g->cap.arena, iso->executable);
	return chdir("/") < 0 ? err_sys(e, "cannot enter '/'") : 0;
}

static int attach(struct capture_guest *g, pid_t command, struct err *e)
{
	struct capture *cap = &g->cap;

	if (watch_guest_attach(g->watch, command, e) < 0 ||
		isolation_enter(g->iso, command, e) < 0 ||
		name_executable(g, e) < 0)
		return -1;
	/* By /proc/self/fd a link could lead from here to the store, and on. */
	fs_distrust_ways();
	cap->watch = watch_guest_watch(g->watch);
	cap->resolver = resolver_new();
	resolver_proc_differs(cap->resolver);
	pthread_mutex_lock(&cap->rec.lock);
	inherit_all(cap, command);
	pthread_mutex_unlock(&cap->rec.lock);
	return 0;
}

static void note_end(struct capture *cap, const struct guest_msg *m)
{
	struct ending e = ending_now(m->status, &m->usage);

	process_command_ended(cap, m->status);
	record_end(&cap->rec, &e);
	ending_apply(cap->manifest, cap->arena, &e);
}

_Noreturn void guest_record(struct capture_guest *g, pid_t command, int socket)
{
	struct guest_msg m;
	struct err e = ERR_INIT;
	int none;

	let_go();
	if (attach(g, command, &e) < 0) {
		say(socket, &e);
		_exit(125);
	}
	say(socket, NULL);
	watch_guest_trace(g->watch);
	/* Whoever made the sandbox was killed, and the sandbox with it. */
	if (!packet_recv(socket, &m, sizeof(m), &none))
		m = (struct guest_msg){.status = SIGKILL};
	if (m.failed)
		_exit(0);
	note_end(&g->cap, &m);
	if (finish_run(&g->cap, &e) == FINISH_PUBLISHED) {
		unlinkat(g->cap.run.fd, RUN_INSIDE, 0);
		journal_unlock(g->cap.rec.journal);
		say(socket, NULL);
	} else {
		say(socket, &e);
	}
	_exit(0);
}
