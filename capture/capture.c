// SPDX-License-Identifier: Apache-2.0
/* One capture from its beginning to its summary. */
#include "capture/capture.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "capture/ahead.h"
#include "capture/command.h"
#include "capture/context.h"
#include "capture/ending.h"
#include "capture/freeze.h"
#include "capture/require.h"
#include "capture/rows.h"
#include "capture/summary.h"
#include "capture/surroundings.h"
#include "manifests/manifest.h"
#include "sandbox/watch/support.h"
#include "store/journal.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_start(void *arg, struct watch *w, pid_t command)
{
	struct capture *cap = arg;

	cap->watch = w;
	ahead_share(cap->ahead);
	pthread_mutex_lock(&cap->rec.lock);
	inherit_all(cap, command);
	pthread_mutex_unlock(&cap->rec.lock);
}

static void on_exited(void *arg, pid_t pid, int status)
{
	struct capture *cap = arg;

	pthread_mutex_lock(&cap->rec.lock);
	process_ended(cap, pid, status);
	pthread_mutex_unlock(&cap->rec.lock);
}

static void note_end(struct capture *cap, const struct watch_end *end)
{
	struct rusage usage;
	struct ending e;

	getrusage(RUSAGE_CHILDREN, &usage);
	e = ending_now(end->status, &usage);
	process_command_ended(cap, end->status);
	if (end->left_processes)
		record_gap(&cap->rec, "left-running", NULL,
			"processes outlived the command and are not recorded "
			"from then on: %s",
			end->left_names);
	if (end->vanished)
		record_gap(&cap->rec, "interrupted-call", NULL,
			"%llu calls were interrupted by a signal before they "
			"could be received; the program may have repeated them",
			(unsigned long long)end->vanished);
	record_end(&cap->rec, &e);
	ending_apply(cap->manifest, cap->arena, &e);
}

static bool out_of_time(void *arg)
{
	struct capture *cap = arg;

	return watch_hurry(cap->watch) ||
	       (cap->deadline && now_us() > cap->deadline);
}

static void complete(struct capture *cap)
{
	struct err e = ERR_INIT;

	ahead_stop(cap->ahead, out_of_time, cap);
	switch (finish_run(cap, &e)) {
	case FINISH_FAILED:
		log_error("the run is not published: %s", e.msg);
		log_error("its journal stays in the store; `reprise finish "
			  "%.8s` tries again",
			cap->run.id);
		return;
	case FINISH_PENDING:
		log_info("captured %.8s, but not all of its files are hashed "
			 "yet; complete it with: reprise finish %.8s",
			cap->run.id, cap->run.id);
		return;
	case FINISH_PUBLISHED:
		break;
	}
	/* Only a run that is there can be found by its name. */
	if (cap->opt->name &&
		run_set_name(cap->store, cap->opt->name, cap->run.id, &e) < 0)
		log_error("%s", e.msg);
	summary_print(cap);
}

static void on_lasting(void *arg)
{
	struct capture *cap = arg;

	ahead_start(cap->ahead);
}

static void on_end(void *arg, const struct watch_end *end)
{
	struct capture *cap = arg;

	watch_follow_end(cap->watch);
	pthread_mutex_lock(&cap->rec.lock);
	note_end(cap, end);
	pthread_mutex_unlock(&cap->rec.lock);
	/* A little less: what was hashed has to be written down, too. */
	if (cap->opt->finish_within_ms >= 0)
		cap->deadline = now_us() + cap->opt->finish_within_ms * 970;
	cap->out_of_time = out_of_time;
	complete(cap);
	/* What is left to `finish` must not wait for processes that the
	 * command has left running. */
	journal_unlock(cap->rec.journal);
}

static void on_lost(void *arg, int status)
{
	struct capture *cap = arg;
	struct err e = ERR_INIT;

	ahead_stop(cap->ahead, NULL, NULL);
	if (cap->opt->backend == BACKEND_PTRACE && WIFSIGNALED(status) &&
		WTERMSIG(status) == SIGKILL)
		log_error("the recorder was lost, and the command with it: "
			  "under ptrace it cannot live without its tracer");
	else
		log_error("the recorder was lost; the command was not "
			  "disturbed");
	/* The journal is the recorder's alone: how it ended goes beside it. */
	freeze_note_end(cap->run.fd, status);
	journal_unlock(cap->rec.journal);
	journal_close(cap->rec.journal);
	cap->rec.journal = NULL;
	if (capture_freeze_dead(cap->store, &e) < 0)
		log_error("%s", e.msg);
}

static void index_environment(struct capture *cap)
{
	for (char **p = environ; *p; p++)
		map_puts(&cap->command_env, *p, cap);
}

/* What the command will find, before anything of it is changed. */
static int look_around(struct capture *cap, const char *executable, struct err *e)
{
	struct manifest *m = cap->manifest;

	manifest_init(m, cap->arena);
	m->run.backend = (char *)watch_backend_name(cap->opt->backend);
	index_environment(cap);
	/* A umask like 0177 would lock us out of what we make. */
	cap->umask = umask(0);
	umask(cap->umask & 0077);
	return surroundings_read(m, cap->arena, cap->opt,
		command_absolute(cap->arena, executable), cap->umask,
		cap->caller->limits, e);
}

int capture_begin(struct capture *cap, struct err *e)
{
	struct manifest *m = cap->manifest;
	autostrbuf yaml = STRBUF_INIT;
	struct journal *j;

	m->run.id = cap->run.id;
	j = journal_create(cap->run.fd, "journal", e);
	if (!j)
		return -1;
	record_open(&cap->rec, j);
	/* The beginning is a manifest of a run that is not over. */
	m->run.status = (char *)"killed";
	m->files = (struct m_files){(char *)"files.yaml",
		digest_string(cap->arena, &(struct digest){{0}}), 0};
	m->completeness.aggregate = (char *)"incomplete";
	if (manifest_write_yaml(m, &yaml, e) < 0)
		return -1;
	if (record_begin(&cap->rec, yaml.s, yaml.len, e) < 0)
		return -1;
	record_options(&cap->rec, cap->opt->keep, cap->opt->whole_packages,
		&cap->opt->by_reference);
	record_redact(&cap->rec, &cap->opt->redact);
	return 0;
}

static int write_id(const struct capture *cap, struct err *e)
{
	char line[RUN_ID_LEN + 2];

	if (!cap->opt->id_file)
		return 0;
	memcpy(line, cap->run.id, RUN_ID_LEN);
	line[RUN_ID_LEN] = '\n';
	return fs_write_file(
		AT_FDCWD, cap->opt->id_file, line, RUN_ID_LEN + 1, 0644, e);
}

static int open_store(struct capture *cap, struct err *e)
{
	char *dir;

	if (cap->store)
		return 0;
	dir = store_locate(cap->arena, cap->opt->store, e);
	cap->store = dir ? store_open(dir, STORE_CREATE, e) : NULL;
	return cap->store ? 0 : -1;
}

static int watch_command(struct capture *cap, const char *executable,
	int *status, int *exit_status, struct err *e)
{
	struct watch_spec spec = {
		.backend = cap->opt->backend,
		.executable = executable,
		.argv = cap->opt->argv,
		.envp = environ,
		.umask = cap->umask,
		.relays = cap->logs.relays,
		.relay_count = cap->logs.count,
		.caller = cap->caller,
		.handler = {.call = tracers_call,
			.start = on_start,
			.exited = on_exited,
			.end = on_end,
			.lasting = on_lasting,
			.lost = on_lost,
			.arg = cap},
	};
	struct watch_result result;

	spec.calls = calls_table(&spec.call_count);
	spec.calls = terminal_calls(cap, spec.calls, &spec.call_count);
	if (cap->logs.ioctl)
		spec.handler.call = terminal_call;
	if (watch_run(&spec, &result, e) < 0)
		return -1;
	if (result.outcome == WATCH_NOT_STARTED) {
		*exit_status = result.exec_error == ENOENT ? 127 : 126;
		errno = result.exec_error;
		return err_sys(e, "cannot run '%s'", executable);
	}
	*status = result.status;
	return 0;
}

/*
 * A standard stream that the caller has closed must not become one of our
 * files, which a message would then be written into. The command finds it
 * closed again, as it should.
 */
static void hold_closed_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return;
}

void capture_release(struct capture *cap)
{
	ahead_free(cap->ahead);
	logs_release(&cap->logs);
	journal_close(cap->rec.journal);
	if (cap->rec.arena)
		record_close(&cap->rec);
	resolver_free(cap->resolver);
	seen_release(&cap->seen);
	map_release(&cap->command_env);
	map_release(&cap->met);
	run_dir_release(&cap->run);
	store_close(cap->store);
	arena_free(cap->arena);
}

/* Calls that a listener above takes first never reach this watch. */
static void note_listener(struct capture *cap, const struct watch_support *host)
{
	if (cap->opt->backend == BACKEND_PTRACE && host->notify == EBUSY)
		record_gap(&cap->rec, "seccomp", NULL,
			"another program's seccomp listener stands over this "
			"run: the calls that it takes are not recorded");
}

int capture_run(const struct capture_options *opt, int *status,
	int *exit_status, struct err *e)
{
	struct watch_support host;
	struct capture_options chosen = *opt;
	struct manifest manifest;
	struct watch_caller caller;
	struct capture cap = {.opt = &chosen,
		.caller = &caller,
		.manifest = &manifest,
		.arena = arena_new(),
		.home = getenv("HOME"),
		.run = {.fd = -1}};
	char *executable;
	int r = -1;

	*exit_status = 125;
	watch_caller_take(&caller);
	hold_closed_streams();
	executable = command_find(cap.arena, opt->argv[0], e);
	if (!executable) {
		*exit_status = e->code == ENOENT ? 127 : 126;
		goto out;
	}
	/* Also of a command that then runs plainly. */
	if (opt->require.count && (open_store(&cap, e) < 0 ||
					  require_check(cap.store, &opt->require,
						  cap.arena, e) < 0))
		goto out;
	watch_support_probe(&host, opt->backend, false);
	if (host.captured) {
		log_info("this command is being captured already: it runs "
			 "plainly, and the outer record has it");
		watch_caller_give(&caller);
		execve(executable, opt->argv, environ);
		*exit_status = errno == ENOENT ? 127 : 126;
		err_sys(e, "cannot run '%s'", executable);
		goto out;
	}
	if (opt->name && run_check_name(opt->name, e) < 0)
		goto out;
	if (watch_choose(&host, &chosen.backend, e) < 0 ||
		look_around(&cap, executable, e) < 0 || open_store(&cap, e) < 0)
		goto out;
	if (capture_freeze_dead(cap.store, NULL) < 0)
		log_debug("an older run could not be frozen");
	cap.resolver = resolver_new();
	seen_init(&cap.seen);
	if (run_create(cap.store, &cap.run, e) == 0 &&
		capture_begin(&cap, e) == 0 && logs_open(&cap, e) == 0 &&
		write_id(&cap, e) == 0) {
		note_listener(&cap, &host);
		cap.ahead = ahead_new(&(struct ahead_spec){store_dir(cap.store),
			cap.home, opt->keep, &opt->by_reference});
		r = watch_command(&cap, executable, status, exit_status, e);
		/* The id of a run that there is not would mislead. */
		if (r < 0 && opt->id_file)
			unlink(opt->id_file);
	}
	if (r < 0 && cap.run.fd >= 0)
		run_abandon(cap.store, &cap.run, NULL);
out:
	capture_release(&cap);
	return r;
}
