// SPDX-License-Identifier: Apache-2.0
/*
 * The caller's side of a sandbox: makes the process with its namespaces,
 * hears what becomes of it, forwards signals, waits.
 */
#include "base/fs.h"
#include "base/packet.h"
#include "sandbox/isolation/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* For a process that is forked meanwhile. */
static struct sandbox *running;

static const struct {
	const char *guard;
	uint64_t flag;
} namespaces[] = {
	{"pidns", CLONE_NEWPID},
	{"netns", CLONE_NEWNET},
	{"ipcns", CLONE_NEWIPC},
	{"utsns", CLONE_NEWUTS},
	{"cgroupns", CLONE_NEWCGROUP},
};

static uint64_t clone_flags(const struct isolation *iso, bool range)
{
	uint64_t flags = CLONE_NEWNS | (range ? 0 : CLONE_NEWUSER);

	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++)
		if (guard_on(iso, namespaces[i].guard))
			flags |= namespaces[i].flag;
	if (iso->host_network)
		flags &= ~(uint64_t)CLONE_NEWNET;
	return flags;
}

/* As fork(), in new namespaces. */
static pid_t clone_with(uint64_t flags)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	/* Containers' filters refuse what they cannot look into. */
	if (pid < 0 && (errno == ENOSYS || errno == EPERM))
		pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	return (pid_t)pid;
}

/* Ends that are no standard stream, even if the caller's are closed. */
static int raise_ends(const int low[2], int ends[2])
{
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
		close(low[i]);
	}
	return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static int high_pipe(int ends[2])
{
	int low[2];

	return pipe2(low, O_CLOEXEC) < 0 ? -1 : raise_ends(low, ends);
}

/* Unlike a pipe it passes descriptors on. */
static int high_sockets(int ends[2])
{
	int low[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, low) < 0)
		return -1;
	return raise_ends(low, ends);
}

static int start(struct sandbox *b, struct err *e)
{
	autoclose int up_in = -1, down_out = -1;
	int up[2] = {-1, -1}, down[2] = {-1, -1};
	struct setup s = {
		.iso = b->iso,
		.ids = b->ids,
		.mask = b->mask,
		.ignored = b->ignored,
		.caller_uid = geteuid(),
		.caller_gid = getegid(),
		.root = -1,
		.dev = -1,
		.userns = -1,
		.proc_user = -1,
		.terminals = &b->terminals,
		.tty = -1,
		.group = b->group.own >= 0,
	};

	if (high_sockets(up) < 0 || high_pipe(down) < 0)
		return err_sys(e, "cannot make a pipe");
	b->up = up[0];
	b->down = down[1];
	s.up = up_in = up[1];
	s.down = down_out = down[0];
	b->pid = clone_with(clone_flags(b->iso, b->ids.range));
	if (b->pid < 0) {
		err_sys(e, "cannot make namespaces");
		return host_add_remedy(e);
	}
	if (b->pid == 0) {
		close(b->up);
		close(b->down);
		setup_main(&s);
	}
	return 0;
}

static void give_note(struct iso_result *out, const char *text)
{
	if (out->note_count < ISO_NOTES)
		snprintf(out->notes[out->note_count++], sizeof(*out->notes),
			"%.*s", (int)sizeof(*out->notes) - 1, text);
}

static void give_status(struct iso_result *out, const struct msg *m)
{
	out->usage = m->usage;
	out->signal = WIFSIGNALED(m->status) ? WTERMSIG(m->status) : 0;
	out->exit_code = out->signal ? 128 + out->signal : WEXITSTATUS(m->status);
}

/* The command's process waits for somebody to watch it. */
static int attach(struct sandbox *b, int socket, struct err *e)
{
	const struct iso_watcher *w = b->iso->watcher;
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return err_sys(e, "cannot tell the command's process");
	if (w->attach(w->arg, peer.pid, e) < 0)
		return -1;
	return write(socket, "g", 1) == 1
		       ? 0
		       : err_set(e, "the command's process has ended");
}

/* What the command's process says of it is less than what is known here. */
static void fail(struct sandbox *b, const char *step)
{
	err_wrap(&b->failure, "%s", step);
	kill(b->pid, SIGKILL);
}

static void take_terminal(struct sandbox *b, const struct msg *m, int fd)
{
	struct terminals *t = &b->terminals;

	if (fd < 0 || m->status < 0 || (size_t)m->status >= t->count)
		return;
	t->items[m->status].inner = fd;
	fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
}

static void hear(struct sandbox *b, struct msg *m, int fd)
{
	autoclose int socket = m->kind == MSG_WATCH ? fd : -1;

	m->e.msg[sizeof(m->e.msg) - 1] = '\0';
	switch (m->kind) {
	case MSG_NOTE:
		give_note(b->out, m->e.msg);
		break;
	case MSG_MAP:
		if (ids_write_range(&b->ids, b->pid, &b->failure) == 0)
			sandbox_order(b, MAP_DONE);
		else
			fail(b, "userns");
		break;
	case MSG_WATCH:
		if (attach(b, socket, &b->failure) < 0)
			fail(b, "watch");
		break;
	case MSG_GROUP:
		if (group_enter(&b->group, b->pid, &b->failure) == 0)
			sandbox_order(b, GROUP_DONE);
		else
			fail(b, "enter-group");
		break;
	case MSG_FAILED:
		if (!b->failure.msg[0])
			b->failure = m->e;
		break;
	case MSG_TERMINAL:
		take_terminal(b, m, fd);
		break;
	case MSG_READY:
		b->ready = true;
		terminal_decide(&b->terminals);
		break;
	case MSG_LISTENER:
		b->emulator.listener = fd;
		b->emulator.init = b->pid;
		break;
	case MSG_STARTED:
		b->started = true;
		break;
	case MSG_STOPPED:
		sandbox_stopped(b, m->status);
		break;
	case MSG_EXITED:
		b->ended = true;
		give_status(b->out, m);
		break;
	}
}

/* Until its end of the pipe is closed, which is when the sandbox has ended. */
static void listen_to(struct sandbox *b)
{
	for (;;) {
		struct pollfd fds[3 + 2 * TERMINALS] = {
			{b->up, POLLIN, 0},
			{b->signals, POLLIN, 0},
			{b->emulator.listener, POLLIN, 0},
		};
		/* Once the caller's is in the right mode. */
		size_t n = b->ready ? terminals_poll(&b->terminals, fds + 3) : 0;
		struct msg m;
		int fd;

		if (poll(fds, 3 + n, -1) < 0)
			continue;
		if (n)
			terminals_copy(&b->terminals, fds + 3);
		if (fds[2].revents)
			emulator_answer(&b->emulator);
		if (fds[0].revents) {
			if (!packet_recv(b->up, &m, sizeof(m), &fd))
				return;
			hear(b, &m, fd);
		} else if (fds[1].revents) {
			/* Only now: what was said decides what they mean. */
			sandbox_pass_on(b);
		}
	}
}

/* What became of it, from what was heard and the first process's status. */
static int conclude(struct sandbox *b, int status, struct err *e)
{
	if (b->ended)
		return 0;
	if (b->started) {
		/* Our init was killed from outside, and all with it. */
		b->out->signal = SIGKILL;
		b->out->exit_code = 128 + SIGKILL;
		return 0;
	}
	if (b->failure.msg[0]) {
		if (e)
			*e = b->failure;
		return -1;
	}
	if (b->interrupted) {
		err_set(e, "interrupted by signal %d", b->interrupted);
		if (e)
			e->code = EINTR;
		return -1;
	}
	if (WIFSIGNALED(status))
		return err_set(e, "the set-up process was killed by signal %d",
			WTERMSIG(status));
	return err_set(e, "the set-up process ended too early");
}

static void release(struct sandbox *b)
{
	fs_autoclose(&b->up);
	fs_autoclose(&b->down);
	fs_autoclose(&b->signals);
	emulator_release(&b->emulator);
	terminals_release(&b->terminals);
	group_remove(&b->group);
}

void isolation_let_go(void)
{
	struct sandbox *b = running;

	if (!b)
		return;
	fs_autoclose(&b->up);
	fs_autoclose(&b->down);
	fs_autoclose(&b->signals);
	fs_autoclose(&b->emulator.listener);
	terminals_let_go(&b->terminals);
	group_let_go(&b->group);
}

/* Who ends a job does not want to wait for a terminal that takes nothing. */
static bool is_sent_away(const struct iso_result *out)
{
	return out->signal == SIGTERM || out->signal == SIGHUP;
}

static int prepare(struct sandbox *b, struct err *e)
{
	if (group_make(&b->group, b->iso, e) < 0)
		return err_wrap(e, "group");
	return start(b, e) < 0 ? err_wrap(e, "namespaces") : 0;
}

int isolation_run(
	const struct isolation *iso, struct iso_result *out, struct err *e)
{
	struct sandbox b = {
		.iso = iso,
		.out = out,
		.up = -1,
		.down = -1,
		.signals = -1,
		.group = GROUP_INIT,
	};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int status = 0, rc;

	memset(out, 0, sizeof(*out));
	ids_init(&b.ids, iso, ids_can_range());
	emulator_init(&b.emulator, iso->emulation);
	terminals_find(&b.terminals, iso);
	if (sandbox_block_signals(&b, e) < 0) {
		release(&b);
		return err_wrap(e, "signals");
	}
	sigaction(SIGPIPE, &ignore, &before);
	running = &b;
	rc = prepare(&b, e);
	if (rc == 0) {
		listen_to(&b);
		/* ECHILD when the caller ignores SIGCHLD: it was reaped. */
		while (waitpid(b.pid, &status, 0) < 0 && errno == EINTR)
			;
		terminals_drain(&b.terminals, is_sent_away(out) ? -1 : b.signals);
		rc = conclude(&b, status, e);
		if (b.started)
			sandbox_discard_signals(&b);
	}
	running = NULL;
	release(&b);
	sigaction(SIGPIPE, &before, NULL);
	sigprocmask(SIG_SETMASK, &b.mask, NULL);
	if (b.interrupted)
		raise(b.interrupted);
	return rc;
}
