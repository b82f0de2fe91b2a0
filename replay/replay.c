// SPDX-License-Identifier: Apache-2.0
/* A replay from its beginning to its verdict. */
#include "replay/replay.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "manifests/table.h"
#include "replay/compare.h"
#include "replay/cpu_tree.h"
#include "replay/host.h"
#include "replay/keep.h"
#include "replay/objects.h"
#include "replay/result.h"
#include "replay/scratch.h"
#include "replay/stage.h"
#include "replay/upper.h"
#include "store/cache_dir.h"
#include "store/runs.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct replay {
	const struct replay_request *request;
	struct store *store;
	struct arena *arena;
	struct replay_options options;
	struct parts parts;
	struct manifest manifest;
	struct host_view host;
	struct plan plan;
	struct replay_scratch scratch;
	struct stage stage;
	struct trace trace;
	struct replay_outcome outcome;
	int output; /* -o */
};

static int add_rows(struct replay *r, const char *base, int fd,
	const char *name, struct err *e);

/* A root of data is one row; its table is an object. */
static int add_data_root(
	struct replay *r, const struct file_row *row, struct err *e)
{
	const char *path = arena_strdup(r->arena, row->path);
	struct digest digest = row->digest;
	autoclose int fd = -1;

	if (!row->has_digest || row->not_stored) {
		note_add(&r->plan.notes, "not-stored", path,
			"its content was not stored: empty in the replay");
		return 0;
	}
	fd = objects_open_table(r->store, &digest, e);
	if (fd < 0)
		return err_wrap(e, "the table of '%s'", path);
	return add_rows(r, path, fd, path, e);
}

static int add_rows(struct replay *r, const char *base, int fd,
	const char *name, struct err *e)
{
	struct table_reader *t = table_reader_new(fd, name);
	struct file_row row;
	int n;

	while ((n = table_next(t, &row, e)) > 0) {
		if (base && row.kind == KIND_TREE) {
			n = err_set(e, "%s: a tree in a tree", name);
			break;
		}
		if (plan_add(&r->plan, base, &row, e) < 0 ||
			(row.kind == KIND_TREE && !(row.access & ACCESS_N) &&
				add_data_root(r, &row, e) < 0)) {
			n = -1;
			break;
		}
	}
	table_reader_free(t);
	return n;
}

static int make_plan(struct replay *r, struct err *e)
{
	const struct replay_options *o = &r->options;
	autoclose int fd = -1;

	r->options.parts = &r->parts;
	if (parts_read(&r->parts, r->arena, &r->request->parts, e) < 0)
		return -1;
	if (run_read_manifest(
		    r->store, r->request->id, r->arena, &r->manifest, e) < 0)
		return -1;
	host_look(&r->host, r->arena, &r->manifest, o->strategy);
	if (plan_init(&r->plan, r->arena, &r->manifest, o, &r->host, e) < 0)
		return -1;
	fd = run_open_files(r->store, r->request->id, &r->manifest, e);
	if (fd < 0 || add_rows(r, NULL, fd, "files.yaml", e) < 0 ||
		plan_places(&r->plan, o, e) < 0 ||
		inputs_apply(&r->plan, &r->parts, e) < 0)
		return -1;
	return plan_finish(&r->plan, o, &r->host, e);
}

/* The directories of /sys about processors: from the cache when they are
 * large, else from the memory that the root's builder has. */
static void show_cpus(struct replay *r)
{
	const char *cache = cache_dir(r->arena), *path = NULL;
	struct cpu_tree *t = arena_alloc(r->arena, sizeof(*t));

	if (!r->plan.cpu_view)
		return;
	cpu_tree_init(t, r->arena, r->plan.cpu_view);
	if (cache && cpu_dir_is_large(t))
		path = cpu_dir_cached(t, fs_join(r->arena, cache, "cpus"),
			r->host.ranges, NULL);
	if (!path) {
		r->stage.cpus = t;
		path = stage_cpus_path(&r->stage);
	}
	r->plan.iso.binds = cpu_dir_binds(t, path, &r->plan.iso.bind_count);
}

static int prepare(struct replay *r, struct err *e)
{
	struct notes *notes = &r->plan.notes;

	if (objects_check(r->store, r->plan.objects, r->plan.object_count, e) < 0)
		return -1;
	if (r->request->output) {
		r->output = keep_prepare(r->request->output, e);
		if (r->output < 0)
			return -1;
	}
	if (replay_scratch_make(&r->scratch, r->arena, e) < 0)
		return -1;
	if (r->scratch.elsewhere)
		note_add(notes, "scratch", NULL, "written files lie in '%s': %s",
			r->scratch.path, r->scratch.elsewhere);
	if (r->scratch.in_memory)
		note_add(notes, "scratch", NULL,
			"written files lie in '%s', which is in memory",
			r->scratch.path);
	/* The builder is another process: what it finds comes back here. */
	r->stage.report = mmap(NULL, sizeof(*r->stage.report),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->stage.report == MAP_FAILED) {
		r->stage.report = NULL;
		return err_sys(e, "cannot share memory");
	}
	r->stage.plan = &r->plan;
	r->stage.store = r->store;
	r->stage.scratch = &r->scratch;
	show_cpus(r);
	r->plan.iso.build_root = stage_build;
	r->plan.iso.build_arg = &r->stage;
	return r->plan.strategy == 'B'
		       ? stage_b_prepare(&r->stage, r->host.ranges, e)
		       : 0;
}

/* A signal that ends a run from outside says nothing about the run. */
static bool is_outside(const char *signal)
{
	static const char *const names[] = {"SIGHUP", "SIGINT", "SIGQUIT",
		"SIGKILL", "SIGTERM", "SIGSTOP", "SIGXCPU"};

	for (size_t i = 0; signal && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(signal, names[i]))
			return true;
	return false;
}

/* NULL when outputs can be judged. */
static const char *why_not_judged(const struct replay *r)
{
	const struct m_run *run = &r->manifest.run;
	const char *name = r->outcome.end.signal
				   ? sigabbrev_np(r->outcome.end.signal)
				   : NULL;

	if (!r->plan.recorded_command)
		return "another command was run";
	if (run->status && (!strcmp(run->status, "killed") ||
				   !strcmp(run->status, "incomplete")))
		return arena_printf(
			r->arena, "the recorded run is %s", run->status);
	if (is_outside(run->signal))
		return arena_printf(r->arena,
			"the recorded run was killed from outside (%s)",
			run->signal);
	if (name && is_outside(arena_printf(r->arena, "SIG%s", name)))
		return arena_printf(r->arena,
			"the replay was killed from outside (SIG%s)", name);
	return NULL;
}

/* What the command left is read once, for the verdict and for -o. */
static int judge(struct replay *r, struct err *e)
{
	autoclose int fd = openat(r->scratch.fd, "upper",
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct upper u = {.by_path = MAP_INIT};
	int ret = -1;

	r->outcome.not_judged = why_not_judged(r);
	if (fd < 0)
		return err_sys(e, "cannot open what the replay wrote");
	if (upper_read(&u, r->arena, fd, e) == 0) {
		ret = 0;
		if (!r->outcome.not_judged) {
			ret = compare_outputs(&r->outcome.comparison, &r->plan,
				&r->request->criteria, r->store, &u, e);
			r->outcome.compared = ret == 0;
		}
		if (ret == 0 && r->output >= 0)
			ret = keep_written(r->output, &u, &r->plan.tree, e);
	}
	upper_release(&u);
	return ret;
}

static void note_set_up(struct replay *r)
{
	struct iso_result *end = &r->outcome.end;
	struct notes *notes = &r->plan.notes;
	size_t before = notes->count;

	if (r->stage.report->order_lost)
		note_add(notes, "listing-order", NULL,
			"this kernel's tmpfs lists names in another order: "
			"so do listed directories");
	if (r->stage.report->lost.devices)
		note_add(notes, "device-node", NULL,
			"this host allows no device nodes outside of /dev");
	if (r->stage.report->lost.xattrs)
		note_add(notes, "xattrs", NULL,
			"this host's file systems have no extended attributes");
	for (size_t i = 0; i < end->note_count; i++)
		note_add(notes, "sandbox", NULL, "%s", end->notes[i]);
	sources_check_again(&r->plan);
	for (size_t i = before; i < notes->count; i++)
		log_info("not as recorded: %s", notes->items[i].detail);
}

/* As a shell says it, when the program itself could not be executed. */
static int failed_status(const struct err *e)
{
	if (strncmp(e->msg, "exec", 4) != 0)
		return REPLAY_FAILED;
	return e->code == ENOENT   ? 127
	       : e->code == EACCES ? 126
				   : REPLAY_FAILED;
}

static int status_of(const struct replay *r)
{
	if (!r->request->check)
		return r->outcome.end.exit_code;
	if (!r->outcome.compared)
		return REPLAY_FAILED;
	return result_same(&r->outcome) ? 0 : 1;
}

static int run_command(struct replay *r, struct err *e)
{
	const struct replay_tracer *tracer = r->request->tracer;

	if (tracer && trace_begin(&r->trace, tracer, &r->plan, e) < 0)
		return -1;
	result_announce(&r->plan);
	gpu_bind(&r->plan);
	if (isolation_run(&r->plan.iso, &r->outcome.end, e) < 0) {
		if (tracer)
			trace_abandon(tracer);
		return -1;
	}
	note_set_up(r);
	if (tracer)
		trace_end(&r->trace, tracer, &r->plan, r->store, &r->outcome.end);
	return 0;
}

static int play(struct replay *r, struct err *e)
{
	struct err why = ERR_INIT;

	if (run_command(r, e) < 0)
		return failed_status(e);
	/* The command has run: its status is passed on, whatever comes. */
	if (judge(r, &why) < 0) {
		log_error("%s", why.msg);
		r->outcome.not_judged = "what it left could not be read";
		r->outcome.compared = false;
	}
	result_print(&r->outcome);
	if (r->request->result &&
		result_write(&r->outcome, r->request->result, &why) < 0) {
		log_error("%s", why.msg);
		if (r->request->check)
			return REPLAY_FAILED;
	}
	return status_of(r);
}

static void release(struct replay *r)
{
	if (r->stage.report)
		munmap(r->stage.report, sizeof(*r->stage.report));
	fs_autoclose(&r->stage.tree_lock);
	fs_autoclose(&r->output);
	replay_scratch_remove(&r->scratch);
	plan_release(&r->plan);
}

int replay_run(struct store *s, const struct replay_request *request,
	struct arena *a, struct err *e)
{
	struct replay r = {
		.request = request,
		.options = request->options,
		.store = s,
		.arena = a,
		.scratch = REPLAY_SCRATCH_INIT,
		.stage.tree_lock = -1,
		.outcome.plan = &r.plan,
		.outcome.trace = request->tracer ? &r.trace : NULL,
		.outcome.tolerance = request->criteria.tolerance,
		.output = -1,
	};
	int status = REPLAY_FAILED;

	if (make_plan(&r, e) < 0) {
		/* Only the search for another command sets these. */
		if (request->options.argv && e->code)
			status = e->code == ENOENT   ? 127
				 : e->code == EACCES ? 126
						     : status;
	} else if (request->dry_run) {
		plan_print(&r.plan, stdout);
		if (request->tracer)
			plan_print_line(stdout, "trace",
				"the command is captured, as a run of its own");
		status = 0;
	} else if (prepare(&r, e) == 0) {
		status = play(&r, e);
	}
	release(&r);
	return status;
}
