/* SPDX-License-Identifier: Apache-2.0 */
/* What every command needs: the store, errors, standard output. */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "capture/capture.h"
#include "cli/cli.h"
#include "store/store.h"
#include <jansson.h>
#include <stdio.h>

int cli_fail(const struct invocation *in, const struct err *e)
{
	log_error("%s", e->msg);
	return in->command->trouble;
}

struct store *cli_open_store(
	struct invocation *in, bool must_write, struct err *e)
{
	const struct common_options *o = in->options;
	char *dir = store_locate(in->arena, o->store, e);
	struct err why = ERR_INIT;
	struct store *s;

	if (dir == NULL)
		return NULL;
	s = store_open(dir, must_write ? STORE_CREATE : STORE_READ, e);
	if (s == NULL)
		return NULL;
	/* What a killed capture left is a run, too. One that cannot be frozen
	 * now, in a store of somebody else's, hinders no other. */
	if (capture_freeze_dead(s, &why) < 0)
		log_warn("%s", why.msg);
	return s;
}

int cli_flush(struct err *e)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(e, "cannot write to standard output");
	return 0;
}

int cli_print_json(struct json_t *doc, struct err *e)
{
	int r = doc == NULL ? -1
			    : json_dumpf(doc, stdout,
				      JSON_INDENT(2) | JSON_REAL_PRECISION(15));

	json_decref(doc);
	if (r < 0 && !ferror(stdout))
		return err_set(e, "cannot make the JSON document");
	putchar('\n');
	return cli_flush(e);
}
