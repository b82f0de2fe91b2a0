/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise version`: which reprise this is. */
#include "base/err.h"
#include "cli/cli.h"
#include <jansson.h>
#include <stdio.h>

struct version_options {
	struct common_options common;
	bool json;
};

static const struct cli_opt version_opts[] = {
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct version_options, json)},
	{0},
};

static int version_run(struct invocation *in)
{
	const struct version_options *o = in->options;
	struct err e = ERR_INIT;

	if (!o->json) {
		printf("reprise %s\n", REPRISE_VERSION);
		return cli_flush(&e) < 0 ? cli_fail(in, &e) : CLI_OK;
	}
	if (cli_print_json(
		    json_pack("{s:s, s:s, s:s}", "name", "reprise", "version",
			    REPRISE_VERSION, "schema", MANIFEST_SCHEMA),
		    &e) < 0)
		return cli_fail(in, &e);
	return CLI_OK;
}

const struct command cmd_version = {
	.name = "version",
	.summary = "print the version of reprise",
	.synopsis = "[OPTIONS]",
	.opts = version_opts,
	.options_size = sizeof(struct version_options),
	.trouble = CLI_TROUBLE,
	.run = version_run,
};
