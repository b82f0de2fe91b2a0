/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise finish`: complete runs that were left pending, or were killed. */
#include "base/log.h"
#include "capture/capture.h"
#include "cli/cli.h"
#include "store/runs.h"

struct finish_options {
	struct common_options common;
};

static const struct cli_opt finish_opts[] = {
	CLI_COMMON_OPTIONS,
	{0},
};

static int finish_in(struct invocation *in, struct store *s, struct err *e)
{
	const char *what = in->argc ? in->argv[0] : "";
	char id[RUN_ID_LEN + 1];
	int done;

	if (capture_freeze_dead(s, e) < 0)
		return -1;
	done = capture_finish_pending(s, what, e);
	if (done < 0)
		return -1;
	/* A run that is finished already is no error. */
	if (!done && in->argc && run_find(s, what, id, e) < 0)
		return -1;
	log_info("%d run%s finished", done, done == 1 ? "" : "s");
	return CLI_OK;
}

static int finish_main(struct invocation *in)
{
	return cli_in_store(in, true, finish_in);
}

const struct command cmd_finish = {
	.name = "finish",
	.summary = "hash and store what captures left pending",
	.synopsis = "[OPTIONS] [RUN]",
	.opts = finish_opts,
	.options_size = sizeof(struct finish_options),
	.min_operands = 0,
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = finish_main,
};
