/* SPDX-License-Identifier: Apache-2.0 */
/* The command table, and the way to a command. */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "cli/cli.h"
#include <stdio.h>
#include <string.h>

const struct command *const cli_commands[] = {
#if __has_include("capture.c")
	&cmd_capture,
#endif
#if __has_include("doctor.c")
	&cmd_doctor,
#endif
#if __has_include("export.c")
	&cmd_export,
#endif
#if __has_include("finish.c")
	&cmd_finish,
#endif
	&cmd_help,
#if __has_include("import.c")
	&cmd_import,
#endif
#if __has_include("list.c")
	&cmd_list,
#endif
#if __has_include("replay.c")
	&cmd_replay,
#endif
#if __has_include("show.c")
	&cmd_show,
#endif
#if __has_include("verify.c")
	&cmd_verify,
#endif
	&cmd_version,
	NULL,
};

const struct command *cli_find(const char *name)
{
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

/* Edits (insert, remove, change one letter) between two short words. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[32];
	size_t n = strlen(b);

	if (n >= sizeof(row) / sizeof(*row))
		return 99;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

static int unknown_command(const char *name)
{
	const char *near = NULL;
	unsigned best = 3;

	for (size_t i = 0; cli_commands[i] != NULL; i++) {
		unsigned d = distance(name, cli_commands[i]->name);

		if (d < best) {
			best = d;
			near = cli_commands[i]->name;
		}
	}
	if (near != NULL)
		log_error("unknown command '%s'; did you mean '%s'?", name, near);
	else
		log_error("unknown command '%s'; see 'reprise help'", name);
	return CLI_TROUBLE;
}

static int run_command(const struct command *c, int argc, char **argv)
{
	autoarena *arena = arena_new();
	struct invocation in = {.command = c, .arena = arena};
	struct err config_err = ERR_INIT, e = ERR_INIT;
	const struct common_options *common;
	int configured, parsed;

	in.options = arena_alloc(arena, c->options_size);
	if (c->defaults != NULL)
		c->defaults(in.options);
	configured = cli_configure(&in, &config_err);
	parsed = cli_parse(&in, argc, argv, &e);
	/* Help must come even when a configuration file is broken. */
	if (parsed == 1) {
		cli_print_help(c);
		return cli_flush(&e) < 0 ? cli_fail(&in, &e) : CLI_OK;
	}
	if (parsed < 0)
		return cli_fail(&in, &e);
	if (configured < 0)
		return cli_fail(&in, &config_err);
	common = in.options;
	if (common->quiet)
		log_set_level(LOG_ERRORS);
	return c->run(&in);
}

int main(int argc, char **argv)
{
	static char help[] = "help", version[] = "version";
	char *words[] = {NULL, NULL};
	const struct command *c;

	if (argc < 2) {
		log_error("a command is missing; see 'reprise help'");
		return CLI_TROUBLE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		words[0] = help;
	else if (strcmp(argv[1], "--version") == 0)
		words[0] = version;
	if (words[0] != NULL)
		return run_command(cli_find(words[0]), 1, words);
	if (argv[1][0] == '-') {
		log_error("unknown option '%s'; see 'reprise help'", argv[1]);
		return CLI_TROUBLE;
	}
	c = cli_find(argv[1]);
	if (c == NULL)
		return unknown_command(argv[1]);
	return run_command(c, argc - 1, argv + 1);
}
