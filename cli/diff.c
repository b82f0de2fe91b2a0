/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise diff`: what differs between two runs. */
#include "audit/diff.h"
#include "base/arena.h"
#include "cli/cli.h"
#include "store/runs.h"
#include <stdio.h>

struct diff_options {
	struct common_options common;
	bool json;
};

static const struct cli_opt diff_opts[] = {
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct diff_options, json)},
	CLI_COMMON_OPTIONS,
	{0},
};

static void print_run(
	struct arena *a, const char *which, const struct diff_run *r)
{
	printf("%s  %.8s%s%s  %.19s  %s\n", which, r->id,
		r->m.run.name ? "  " : "",
		r->m.run.name ? cli_printable(a, r->m.run.name) : "",
		r->m.run.started, cli_command_text(a, &r->m.command.argv));
}

static void print_difference(struct arena *a, const struct difference *x)
{
	const char *what = cli_printable(a, x->what);

	if (x->change == DIFF_ADDED)
		printf("  %s: only in the second: %s\n", what,
			cli_printable(a, x->after));
	else if (x->change == DIFF_REMOVED)
		printf("  %s: only in the first: %s\n", what,
			cli_printable(a, x->before));
	else if (x->before)
		printf("  %s: %s -> %s\n", what, cli_printable(a, x->before),
			cli_printable(a, x->after));
	else
		printf("  %s\n", what);
	for (size_t i = 0; i < x->lines.count; i++)
		printf("      %s\n", cli_printable(a, x->lines.items[i]));
}

static void print_person(struct arena *a, const struct diff *d)
{
	int part = -1;

	print_run(a, "first ", &d->a);
	print_run(a, "second", &d->b);
	for (size_t i = 0; i < d->count; i++) {
		if ((int)d->items[i].part != part) {
			part = (int)d->items[i].part;
			printf("%s\n", diff_part_name(d->items[i].part));
		}
		print_difference(a, &d->items[i]);
	}
	if (d->count == 0)
		puts("no difference");
	for (size_t i = 0; i < d->notes.count; i++)
		printf("not compared: %s\n", cli_printable(a, d->notes.items[i]));
}

static int compare(struct invocation *in, struct store *s, struct err *e)
{
	const struct diff_options *o = in->options;
	char a[RUN_ID_LEN + 1], b[RUN_ID_LEN + 1];
	struct diff d = {0};
	int status;

	if (run_find(s, in->argv[0], a, e) < 0 ||
		run_find(s, in->argv[1], b, e) < 0)
		return -1;
	status = diff_runs(&d, s, a, b, in->arena, e);
	if (status == 0) {
		if (o->json)
			cli_print_json(diff_json(&d), e);
		else
			print_person(in->arena, &d);
		status = cli_flush(e) < 0 ? -1 : d.count ? CLI_DIFFERS : CLI_OK;
	}
	diff_release(&d);
	return status;
}

static int diff_run(struct invocation *in)
{
	return cli_in_store(in, false, compare);
}

const struct command cmd_diff = {
	.name = "diff",
	.summary = "say what differs between two runs, likely causes first",
	.synopsis = "[OPTIONS] RUN RUN",
	.opts = diff_opts,
	.options_size = sizeof(struct diff_options),
	.min_operands = 2,
	.max_operands = 2,
	.trouble = CLI_TROUBLE,
	.run = diff_run,
};
