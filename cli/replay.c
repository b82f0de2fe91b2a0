/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise replay`: run a recorded command again, in its own root. */
#include "replay/replay.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "cli/bundle_run.h"
#include "cli/cli.h"
#include "cli/replay_trace.h"
#include "store/runs.h"
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct replay_cli_options {
	struct common_options common;
	bool check, dry_run, trace;
	struct strlist ignore;
	const char *output, *result, *cpus, *gpus, *network;
	double tolerance;
	struct replay_parts parts;
};

#define PART(field)                                   \
	(offsetof(struct replay_cli_options, parts) + \
		offsetof(struct replay_parts, field))

static const struct cli_opt replay_opts[] = {
	{"check", 0, NULL, "exit 0 when all is as recorded, 1 when not",
		CLI_FLAG, offsetof(struct replay_cli_options, check)},
	{"dry-run", 0, NULL, "print the plan, run nothing", CLI_FLAG,
		offsetof(struct replay_cli_options, dry_run)},
	{"gpus", 0, "recorded|any|none",
		"the recorded GPUs, as many of any model, or none", CLI_CHOICE,
		offsetof(struct replay_cli_options, gpus)},
	{"ignore", 0, "GLOB", "do not judge outputs that match GLOB", CLI_LIST,
		offsetof(struct replay_cli_options, ignore)},
	{"output", 'o', "DIR", "copy what the replay wrote to DIR, as a tree",
		CLI_STRING, offsetof(struct replay_cli_options, output)},
	{"result", 0, "FILE", "write the verdict to FILE, as JSON", CLI_STRING,
		offsetof(struct replay_cli_options, result)},
	{"input", 0, "PATH=FILE",
		"FILE or directory stands in for the recorded PATH; may be "
		"repeated",
		CLI_KEYVALUE, PART(inputs)},
	{"env", 'e', "K=V",
		"set a variable; K alone: as it is here; may be repeated",
		CLI_LIST, PART(env)},
	{"workdir", 'w', "DIR", "begin in DIR", CLI_STRING, PART(workdir)},
	{"volume", 'v', "SRC:DST[:ro]",
		"give SRC of this host at DST, to be written unless :ro; may "
		"be repeated",
		CLI_LIST, PART(volumes)},
	{"device", 0, "PATH", "give a device node of this host; may be repeated",
		CLI_LIST, PART(devices)},
	{"network", 0, "none|host", "give this host's network (default none)",
		CLI_CHOICE, offsetof(struct replay_cli_options, network)},
	{"cpus", 0, "recorded|host",
		"show the recorded processors and memory (default), or this "
		"host's",
		CLI_CHOICE, offsetof(struct replay_cli_options, cpus)},
	{"trace", 0, NULL,
		"capture the replay, too, and name what it used otherwise",
		CLI_FLAG, offsetof(struct replay_cli_options, trace)},
	{"tolerance", 0, "REL", "numbers that differ by less are close",
		CLI_NUMBER, offsetof(struct replay_cli_options, tolerance)},
	CLI_COMMON_OPTIONS,
	{0},
};

static void replay_defaults(void *options)
{
	struct replay_cli_options *o = options;

	/* Not 0, with which equal numbers in other bytes are close. */
	o->tolerance = -1;
	o->gpus = "recorded";
}

static bool is_bundle(const char *what)
{
	struct stat st;

	return stat(what, &st) == 0 && S_ISREG(st.st_mode);
}

static struct store *open_run(struct invocation *in, struct bundle_run *own,
	char id[RUN_ID_LEN + 1], struct err *e)
{
	const char *what = in->argv[0];
	struct store *s;

	if (is_bundle(what))
		return bundle_run_open(own, in, what, "replay", id, e);
	s = cli_open_store(in, false, e);
	if (s && run_find(s, what, id, e) < 0) {
		store_close(s);
		return NULL;
	}
	return s;
}

/* For tests and for comparing the two: the one to use, whatever is better. */
static int forced_root(char *out, struct err *e)
{
	const char *env = getenv("REPRISE_ROOT");

	if (!env || !*env)
		return 0;
	if ((*env != 'A' && *env != 'B') || env[1])
		return err_set(e, "REPRISE_ROOT is '%s', and not A or B", env);
	*out = *env;
	return 0;
}

static enum gpus gpus_of(const char *word)
{
	return !strcmp(word, "any")    ? GPUS_ANY
	       : !strcmp(word, "none") ? GPUS_NONE
				       : GPUS_RECORDED;
}

static int run(struct invocation *in)
{
	const struct replay_cli_options *o = in->options;
	struct bundle_run own = BUNDLE_RUN_INIT;
	struct replay_request r = {
		.check = o->check,
		.dry_run = o->dry_run,
		.criteria = {o->tolerance, o->ignore},
		.output = o->output,
		.result = o->result,
		.parts = o->parts,
		.options.gpus = gpus_of(o->gpus),
	};
	struct replay_tracing tracing = {0};
	char id[RUN_ID_LEN + 1];
	struct err e = ERR_INIT;
	int status = REPLAY_FAILED;
	struct store *s = NULL;

	if (in->before_dashes != 1) {
		err_set(&e, "one RUN is needed; another command follows '--'");
		return cli_fail(in, &e);
	}
	if (in->argc > 1)
		r.options.argv = in->argv + 1;
	r.parts.host_network = o->network && !strcmp(o->network, "host");
	r.options.host_cpus = o->cpus && !strcmp(o->cpus, "host");
	if (forced_root(&r.options.strategy, &e) == 0)
		s = open_run(in, &own, id, &e);
	if (s && o->trace)
		r.tracer = replay_tracing_open(&tracing, in, o->dry_run, &e);
	if (s && (!o->trace || r.tracer)) {
		r.id = id;
		status = replay_run(s, &r, in->arena, &e);
	}
	if (*e.msg)
		log_error("%s", e.msg);
	replay_tracing_close(&tracing);
	if (s && s != own.store)
		store_close(s);
	bundle_run_release(&own);
	return status;
}

const struct command cmd_replay = {
	.name = "replay",
	.summary = "run a recorded command again, in its own root",
	.synopsis = "[OPTIONS] RUN [-- COMMAND [ARG...]]",
	.opts = replay_opts,
	.options_size = sizeof(struct replay_cli_options),
	.min_operands = 1,
	.max_operands = -1,
	.trouble = CLI_FAILED,
	.run = run,
	.defaults = replay_defaults,
};
