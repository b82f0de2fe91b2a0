/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise import`: takes a bundle into the store. */
#include "base/arena.h"
#include "base/log.h"
#include "cli/cli.h"
#include "store/bundle.h"
#include "store/runs.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct import_options {
	struct common_options common;
	bool json;
};

static const struct cli_opt import_opts[] = {
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct import_options, json)},
	CLI_COMMON_OPTIONS,
	{0},
};

static int print_json(char **ids, const struct bundle_totals *t, struct err *e)
{
	json_t *runs = json_array();

	for (uint64_t i = 0; i < t->runs; i++)
		json_array_append_new(runs, json_string(ids[i]));
	return cli_print_json(
		json_pack("{s:o, s:I, s:I}", "runs", runs, "objects",
			(json_int_t)t->objects, "bytes", (json_int_t)t->bytes),
		e);
}

/* Names travel in the manifests. One that another run has here stays with it:
 * what a user typed yesterday must not mean something else today. */
static int take_names(struct store *s, char **ids, uint64_t n, struct err *e)
{
	for (uint64_t i = 0; i < n; i++) {
		autoarena *a = arena_new();
		char other[RUN_ID_LEN + 1];
		struct manifest m;

		if (run_read_manifest(s, ids[i], a, &m, e) < 0)
			return -1;
		if (m.run.name == NULL)
			continue;
		if (run_find(s, m.run.name, other, NULL) < 0) {
			if (run_set_name(s, m.run.name, ids[i], e) < 0)
				return -1;
		} else if (strcmp(other, ids[i]) != 0) {
			log_warn("run %.8s is not '%s' here: run %.8s is",
				ids[i], m.run.name, other);
		}
	}
	return 0;
}

static int import_into(struct invocation *in, struct store *s, struct err *e)
{
	const struct import_options *o = in->options;
	struct bundle_totals t = {0};
	char **ids;

	if (bundle_import(s, in->argv[0], in->arena, &ids, &t, e) < 0 ||
		take_names(s, ids, t.runs, e) < 0)
		return -1;
	if (o->json)
		return print_json(ids, &t, e) < 0 ? -1 : CLI_OK;
	for (uint64_t i = 0; i < t.runs; i++)
		printf("%s\n", ids[i]);
	log_info("imported %llu run%s, %llu objects (%s)",
		(unsigned long long)t.runs, t.runs == 1 ? "" : "s",
		(unsigned long long)t.objects,
		cli_bytes_text(in->arena, t.bytes));
	return cli_flush(e) < 0 ? -1 : CLI_OK;
}

static int import_run(struct invocation *in)
{
	return cli_in_store(in, true, import_into);
}

const struct command cmd_import = {
	.name = "import",
	.summary = "take a bundle into the store",
	.synopsis = "[OPTIONS] BUNDLE",
	.opts = import_opts,
	.options_size = sizeof(struct import_options),
	.min_operands = 1,
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = import_run,
};
