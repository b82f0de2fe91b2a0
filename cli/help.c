/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise help`: the list of commands, or the help of one. */
#include "base/err.h"
#include "cli/cli.h"
#include <stdio.h>

static const struct cli_opt help_opts[] = {{0}};

static void print_commands(void)
{
	printf("usage: reprise COMMAND [OPTIONS]\n\n"
	       "Record everything a training run touches, and play it "
	       "again.\n\n");
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		printf("  %-10s %s\n", cli_commands[i]->name,
			cli_commands[i]->summary);
	printf("\n'reprise COMMAND --help' lists the options of a command; "
	       "reprise(1) explains them.\n");
}

static int help_run(struct invocation *in)
{
	struct err e = ERR_INIT;

	if (in->argc == 0) {
		print_commands();
	} else {
		const struct command *c = cli_find(in->argv[0]);

		if (c == NULL) {
			err_set(&e, "help: unknown command '%s'", in->argv[0]);
			return cli_fail(in, &e);
		}
		cli_print_help(c);
	}
	return cli_flush(&e) < 0 ? cli_fail(in, &e) : CLI_OK;
}

const struct command cmd_help = {
	.name = "help",
	.summary = "list the commands, or explain one",
	.synopsis = "[COMMAND]",
	.opts = help_opts,
	.options_size = sizeof(struct common_options),
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = help_run,
};
