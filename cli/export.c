/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise export`: writes runs in a form that leaves the store. */
#include "cli/export.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "cli/cli.h"
#include "store/bundle.h"
#include "store/needs.h"
#include "store/runs.h"
#include <stdio.h>
#include <string.h>

struct export_options {
	struct common_options common;
	const char *format;
	const char *output;
	bool dry_run;
};

static const struct cli_opt export_opts[] = {
	{"dry-run", 0, NULL, "list what would leave, write nothing", CLI_FLAG,
		offsetof(struct export_options, dry_run)},
	{"format", 0, "bundle|cyclonedx|ro-crate|requirements|sha256sums",
		"the form to write (default: bundle)", CLI_CHOICE,
		offsetof(struct export_options, format)},
	{"output", 'o', "PATH", "write to PATH; '-' is standard output",
		CLI_STRING, offsetof(struct export_options, output)},
	CLI_COMMON_OPTIONS,
	{0},
};

static void export_defaults(void *options)
{
	struct export_options *o = options;

	o->format = "bundle";
}

struct listing {
	struct arena *arena;
	struct map seen; /* digests */
};

static int print_need(void *ctx, const struct need *n, struct err *e)
{
	struct listing *l = ctx;
	char text[DIGEST_TEXT];
	struct digest *key;

	if (map_get(&l->seen, &n->digest, sizeof(n->digest)) != NULL)
		return 0;
	key = arena_alloc(l->arena, sizeof(*key));
	*key = n->digest;
	map_put(&l->seen, key, sizeof(*key), key);
	digest_text(key, text);
	printf("%s  %s  %s\n", n->stored ? "content" : "digest ", text,
		cli_printable(l->arena, n->path));
	return 0;
}

/* Each content once, with the first path that has it. */
static int list_what_leaves(struct store *s, const char *id, struct err *e)
{
	autoarena *a = arena_new();
	struct listing l = {.arena = a, .seen = MAP_INIT};
	const struct needs_walk w = {.visit = print_need, .ctx = &l};
	int r;

	printf("run      %s\n", id);
	r = needs_of_run(s, id, &w, e);
	map_release(&l.seen);
	return r;
}

static int export_runs(struct invocation *in, struct store *s, struct err *e)
{
	const struct export_options *o = in->options;
	struct bundle_totals t = {0};
	const char **ids = arena_array(in->arena, (size_t)in->argc, sizeof(*ids));

	for (int i = 0; i < in->argc; i++) {
		char *id = arena_alloc(in->arena, RUN_ID_LEN + 1);

		if (run_find(s, in->argv[i], id, e) < 0)
			return -1;
		ids[i] = id;
		if (o->dry_run && list_what_leaves(s, id, e) < 0)
			return -1;
	}
	if (o->dry_run)
		return cli_flush(e) < 0 ? -1 : CLI_OK;
	if (bundle_export(s, ids, (size_t)in->argc, o->output, &t, e) < 0)
		return -1;
	log_info("exported %llu run%s, %llu objects (%s) to %s",
		(unsigned long long)t.runs, t.runs == 1 ? "" : "s",
		(unsigned long long)t.objects,
		cli_bytes_text(in->arena, t.bytes), o->output);
	if (t.missing > 0)
		log_warn("%llu contents are known by digest only and are not "
			 "in the bundle",
			(unsigned long long)t.missing);
	return CLI_OK;
}

/* All but a bundle are of one run. */
static int export_form(struct invocation *in, struct store *s, struct err *e)
{
	const struct export_options *o = in->options;
	const char *output = o->output ? o->output : "-";
	char id[RUN_ID_LEN + 1];
	bool crate = !strcmp(o->format, "ro-crate");

	if (in->argc != 1)
		return err_set(e, "export: --format %s takes one run", o->format);
	if (crate && !strcmp(output, "-") && !o->dry_run)
		return err_set(e, "export: an RO-Crate is a directory, and "
				  "cannot go to standard output");
	if (run_find(s, in->argv[0], id, e) < 0)
		return -1;
	if ((crate ? export_crate_dir(in, s, id, output, o->dry_run, e)
		   : export_document(
			     in, s, o->format, id, output, o->dry_run, e)) < 0)
		return -1;
	return cli_flush(e) < 0 ? -1 : CLI_OK;
}

static int export_run(struct invocation *in)
{
	const struct export_options *o = in->options;
	struct err e = ERR_INIT;

	if (o->output == NULL && !o->dry_run) {
		err_set(&e, "export: option '--output' is missing");
		return cli_fail(in, &e);
	}
	return cli_in_store(in, false,
		strcmp(o->format, "bundle") ? export_form : export_runs);
}

const struct command cmd_export = {
	.name = "export",
	.summary =
		"write runs in a form that travels, or that other tools read",
	.synopsis = "[OPTIONS] -o PATH RUN...",
	.opts = export_opts,
	.options_size = sizeof(struct export_options),
	.min_operands = 1,
	.max_operands = -1,
	.trouble = CLI_TROUBLE,
	.run = export_run,
	.defaults = export_defaults,
};
