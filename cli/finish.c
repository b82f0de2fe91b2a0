/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise finish`: freeze the journals of runs that were killed. */
#include "base/err.h"
#include "base/log.h"
#include "capture/capture.h"
#include "cli/cli.h"
#include "store/runs.h"
#include "store/store.h"

struct finish_options {
	struct common_options common;
};

static const struct cli_opt finish_opts[] = {
	CLI_COMMON_OPTIONS,
	{0},
};

static int finish_in(struct invocation *in, struct store *s)
{
	char id[RUN_ID_LEN + 1];
	struct err e = ERR_INIT;

	if (capture_freeze_dead(s, &e) < 0)
		return cli_fail(in, &e);
	if (in->argc && run_find(s, in->argv[0], id, &e) < 0)
		return cli_fail(in, &e);
	return CLI_OK;
}

static int finish_main(struct invocation *in)
{
	struct err e = ERR_INIT;
	struct store *s = cli_open_store(in, true, &e);
	int status;

	if (!s)
		return cli_fail(in, &e);
	status = finish_in(in, s);
	store_close(s);
	return status;
}

const struct command cmd_finish = {
	.name = "finish",
	.summary = "complete runs whose recorder was killed",
	.synopsis = "[OPTIONS] [RUN]",
	.opts = finish_opts,
	.options_size = sizeof(struct finish_options),
	.min_operands = 0,
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = finish_main,
};
