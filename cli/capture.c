/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise capture`: run a command, unchanged to it, and record it. */
#include "capture/capture.h"
#include "base/arena.h"
#include "base/err.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct capture_cli {
	struct common_options common;
	const char *name;
	const char *id_file;
	const char *backend;
	struct kvlist tags;
	struct strlist redact;
	struct strlist by_reference;
	uint64_t keep;
	const char *packages;
	int64_t finish_within;
	struct kvlist require;
	bool log;
};

#define OPTION(field) offsetof(struct capture_cli, field)

static const struct cli_opt capture_opts[] = {
	{"name", 'n', "NAME", "name the run", CLI_STRING, OPTION(name)},
	{"tag", 't', "KEY=VALUE", "tag the run; may be repeated", CLI_KEYVALUE,
		OPTION(tags)},
	{"id-file", 0, "FILE", "write the run's id to FILE", CLI_STRING,
		OPTION(id_file)},
	{"keep", 0, "SIZE", "keep larger files by digest only (default 1G)",
		CLI_SIZE, OPTION(keep)},
	{"by-reference", 0, "PATH",
		"keep PATH and what is below it by digest "
		"only; may be repeated",
		CLI_LIST, OPTION(by_reference)},
	{"packages", 0, "used|whole",
		"store used files only, or all files of used packages and a "
		"shell",
		CLI_CHOICE, OPTION(packages)},
	{"redact", 0, "PATTERN",
		"variables and options whose values are never "
		"written; may be repeated",
		CLI_LIST, OPTION(redact)},
	{"backend", 0, "auto|notify|ptrace", "how the command is watched",
		CLI_CHOICE, OPTION(backend)},
	{"finish-within", 0, "TIME",
		"hash for at most TIME after the command; the rest is left to "
		"finish",
		CLI_TIME, OPTION(finish_within)},
	{"require", 0, "NAME=DIR",
		"start only when DIR is as the set of files that is named "
		"NAME; may be repeated",
		CLI_KEYVALUE, OPTION(require)},
	{"log", 0, NULL, "record stdout and stderr as outputs, too", CLI_FLAG,
		OPTION(log)},
	CLI_COMMON_OPTIONS,
	{0},
};

static void capture_defaults(void *options)
{
	struct capture_cli *o = options;

	o->keep = CAPTURE_KEEP_DEFAULT;
	o->finish_within = -1;
	o->backend = "auto";
	o->packages = "used";
}

static enum watch_backend backend_of(const char *word)
{
	return !strcmp(word, "notify")   ? BACKEND_NOTIFY
	       : !strcmp(word, "ptrace") ? BACKEND_PTRACE
					 : BACKEND_AUTO;
}

/* Paths are compared with what the kernel names: absolute, no links. */
static void make_real(struct arena *a, struct strlist *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		char *real = realpath(paths->items[i], NULL);

		if (real)
			paths->items[i] = arena_strdup(a, real);
		free(real);
	}
}

static int capture_main(struct invocation *in)
{
	struct capture_cli *o = in->options;
	struct capture_options opt = {
		.argv = in->argv,
		.store = o->common.store,
		.name = o->name,
		.id_file = o->id_file,
		.tags = o->tags,
		.redact = o->redact,
		.by_reference = o->by_reference,
		.whole_packages = !strcmp(o->packages, "whole"),
		.keep = o->keep,
		.finish_within_ms = o->finish_within,
		.require = o->require,
		.log = o->log,
		.backend = backend_of(o->backend),
	};
	struct err e = ERR_INIT;
	int status, exit_status;

	make_real(in->arena, &opt.by_reference);
	if (capture_run(&opt, &status, &exit_status, &e) < 0) {
		cli_fail(in, &e);
		return exit_status;
	}
	watch_die_like(status);
}

const struct command cmd_capture = {
	.name = "capture",
	.summary = "run a command, unchanged to it, and record it",
	.synopsis = "[OPTIONS] [--] COMMAND [ARG...]",
	.opts = capture_opts,
	.options_size = sizeof(struct capture_cli),
	.min_operands = 1,
	.max_operands = -1,
	.operands_last = true,
	.trouble = CLI_FAILED,
	.run = capture_main,
	.defaults = capture_defaults,
};
