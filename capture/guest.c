// SPDX-License-Identifier: Apache-2.0
/* The side of a guest that makes the sandbox: the run, and the recorder. */
#include "capture/guest.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/packet.h"
#include "capture/guest_record.h"
#include "capture/secrets.h"
#include "capture/surroundings.h"
#include "host/hardware.h"
#include "sandbox/isolation/isolation.h"
#include "sandbox/watch/support.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where tracing a command is possible at all. */
static int check_support(struct err *e)
{
	enum watch_backend backend = BACKEND_PTRACE;
	struct watch_support host;

	watch_support_probe(&host, backend, false);
	if (host.captured)
		return err_set(e,
			"this command is being captured already, and the "
			"replay's could not be; remedy: run it outside of that "
			"capture");
	return watch_choose(&host, &backend, e);
}

static void read_command(struct capture *cap, const struct isolation *iso)
{
	struct m_command *c = &cap->manifest->command;
	struct m_stream *streams[] = {&c->stdin_, &c->stdout_, &c->stderr_};
	struct strlist argv = {0};
	bool hidden = false;

	for (char *const *p = iso->argv; *p; p++)
		*ARENA_PUSH(cap->arena, argv.items, argv.count) = *p;
	secret_argv(cap->arena, &argv, &cap->opt->redact, &c->argv, &hidden);
	c->executable = arena_strdup(cap->arena, iso->executable);
	c->cwd = arena_strdup(cap->arena, iso->cwd ? iso->cwd : "/");
	c->umask = arena_printf(cap->arena, "%04o", (unsigned)iso->umask);
	for (int i = 0; i < 3; i++) {
		surroundings_stream(streams[i], i, cap->arena);
		/* A file of this host has no name in the sandbox. */
		if (!strcmp(streams[i]->kind, "file"))
			*streams[i] =
				(struct m_stream){(char *)"other", NULL, ABSENT};
	}
	if (iso->stdin_kind == ISO_STDIN_FILE)
		c->stdin_ = (struct m_stream){(char *)"file",
			arena_strdup(cap->arena, iso->stdin_path),
			iso->stdin_offset};
}

static void read_user(struct capture *cap, const struct isolation *iso)
{
	struct m_run *run = &cap->manifest->run;

	run->user.uid = iso->uid;
	run->user.gid = iso->gid;
	run->user.groups.count = 0;
	for (size_t i = 0; i < iso->group_count; i++)
		*ARENA_PUSH(cap->arena, run->user.groups.items,
			run->user.groups.count) =
			arena_printf(cap->arena, "%u", iso->groups[i]);
	if (iso->hostname)
		run->host.name = arena_strdup(cap->arena, iso->hostname);
}

static void read_environment(struct capture *cap, const struct isolation *iso)
{
	struct rlimit limits[RLIM_NLIMITS];

	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit((__rlimit_resource_t)i, &limits[i]);
	for (size_t i = 0; i < iso->limit_count; i++) {
		struct rlimit *l = &limits[iso->limits[i].resource];
		struct rlimit want = iso->limits[i].value;

		/* Raising a hard limit takes CAP_SYS_RESOURCE. */
		if (want.rlim_max > l->rlim_max && geteuid() != 0)
			want.rlim_max = l->rlim_max;
		if (want.rlim_cur > want.rlim_max)
			want.rlim_cur = want.rlim_max;
		*l = want;
	}
	surroundings_environment(&cap->manifest->environment, cap->arena,
		&cap->opt->redact, iso->envp, limits);
	for (char *const *p = iso->envp; *p; p++) {
		map_puts(&cap->command_env, *p, cap);
		if (!strncmp(*p, "HOME=", 5))
			cap->home = *p + 5;
	}
}

/* The command as the sandbox shows it to itself, on this machine. */
static void describe(struct capture_guest *g, const struct capture_guest_spec *s)
{
	struct capture *cap = &g->cap;
	struct manifest *m = cap->manifest;

	manifest_init(m, cap->arena);
	m->run.backend = (char *)watch_backend_name(BACKEND_PTRACE);
	for (size_t i = 0; i < s->tags.count; i++)
		*ARENA_PUSH(cap->arena, m->run.tags.items,
			m->run.tags.count) = (struct kv){
			arena_strdup(cap->arena, s->tags.items[i].key),
			arena_strdup(cap->arena, s->tags.items[i].value)};
	surroundings_run(&m->run, cap->arena);
	read_user(cap, s->iso);
	read_command(cap, s->iso);
	read_environment(cap, s->iso);
	hardware_read(&m->hardware, cap->arena, "");
	if (s->cpu)
		m->hardware.cpu = *s->cpu;
	if (s->memory)
		m->hardware.memory = *s->memory;
	cap->umask = s->iso->umask;
}

static int make_run(struct capture_guest *g, struct err *e)
{
	struct capture *cap = &g->cap;

	if (run_create(cap->store, &cap->run, e) < 0)
		return -1;
	/* First: whoever finds the rest must know. */
	if (fs_write_file(cap->run.fd, RUN_INSIDE, "", 0, 0600, e) < 0)
		return -1;
	return capture_begin(cap, e);
}

struct capture_guest *capture_guest_new(
	const struct capture_guest_spec *spec, struct err *e)
{
	struct capture_guest *g = xcalloc(1, sizeof(*g));
	struct capture *cap = &g->cap;

	g->socket = -1;
	g->iso = spec->iso;
	g->options = (struct capture_options){.keep = CAPTURE_KEEP_DEFAULT,
		.by_reference = spec->by_reference,
		.finish_within_ms = -1,
		.backend = BACKEND_PTRACE};
	*cap = (struct capture){.opt = &g->options,
		.store = spec->store,
		.manifest = &g->manifest,
		.arena = arena_new(),
		.in_sandbox = true,
		.run = {.fd = -1}};
	seen_init(&cap->seen);
	guest_record_prepare(g);
	if (check_support(e) == 0) {
		describe(g, spec);
		g->watch = watch_guest_new(&g->spec, e);
		if (g->watch && make_run(g, e) == 0)
			return g;
	}
	if (cap->run.fd >= 0)
		run_abandon(cap->store, &cap->run, NULL);
	capture_guest_free(g);
	return NULL;
}

int capture_guest_begin(void *guest, struct err *e)
{
	struct capture_guest *g = guest;

	return watch_guest_confine(g->watch, e);
}

/* What the recorder says; false: it is dead. */
static bool hear(struct capture_guest *g, struct guest_msg *m)
{
	int none;

	return packet_recv(g->socket, m, sizeof(*m), &none);
}

int capture_guest_attach(void *guest, pid_t command, struct err *e)
{
	struct capture_guest *g = guest;
	struct guest_msg m;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot make a socket pair");
	g->recorder = fork();
	if (g->recorder == 0) {
		close(pair[0]);
		guest_record(g, command, pair[1]);
	}
	close(pair[1]);
	g->socket = pair[0];
	if (g->recorder < 0)
		return err_sys(e, "cannot fork");
	if (!hear(g, &m))
		return err_set(e, "the recorder was lost");
	if (m.failed)
		*e = m.e;
	return m.failed ? -1 : 0;
}

/* As wait(2) has it. */
static int status_of(const struct iso_result *end)
{
	return end->signal ? end->signal : (end->exit_code & 0xff) << 8;
}

/* When it says nothing more it has ended, or does so now. */
static void reap(struct capture_guest *g)
{
	fs_autoclose(&g->socket);
	while (g->recorder > 0 && waitpid(g->recorder, NULL, 0) < 0 &&
		errno == EINTR)
		;
	g->recorder = 0;
}

static void give_up(struct capture_guest *g)
{
	run_abandon(g->cap.store, &g->cap.run, NULL);
	run_dir_release(&g->cap.run);
}

int capture_guest_end(struct capture_guest *g, const struct iso_result *end,
	char id[RUN_ID_LEN + 1], struct err *e)
{
	struct guest_msg m = {.failed = !end};
	bool heard = false;

	if (end) {
		m.status = status_of(end);
		m.usage = end->usage;
	}
	if (g->socket >= 0 && packet_send(g->socket, &m, sizeof(m), -1) == 0 &&
		end)
		heard = hear(g, &m);
	reap(g);
	if (end && heard && !m.failed) {
		memcpy(id, g->cap.run.id, RUN_ID_LEN + 1);
		return 0;
	}
	/* Its files are gone with the sandbox: nobody could finish it. */
	give_up(g);
	if (!end)
		return 0;
	if (heard)
		*e = m.e;
	return heard ? -1
		     : err_set(e, "the recorder was lost, and the command with "
				  "it: it cannot live without its tracer");
}

void capture_guest_free(struct capture_guest *g)
{
	if (!g)
		return;
	reap(g);
	/* The store is the caller's. */
	g->cap.store = NULL;
	watch_guest_free(g->watch);
	capture_release(&g->cap);
	free(g);
}
