/* SPDX-License-Identifier: Apache-2.0 */
/* What every command needs: the store, errors, standard output. */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "capture/capture.h"
#include "cli/cli.h"
#include "store/index.h"
#include "store/runs.h"
#include "store/store.h"
#include <jansson.h>
#include <stdio.h>

int cli_fail(const struct invocation *in, const struct err *e)
{
	log_error("%s", e->msg);
	return in->command->trouble;
}

/*
 * What a killed capture left is a run, too: freeze it before anything is asked.
 * One that cannot be frozen now, or a store that is not ours to write, hinders
 * no other run.
 */
static void freeze_dead(struct invocation *in, struct store *s, bool writable)
{
	struct err why = ERR_INIT;
	struct store *w = s;
	struct strlist dead;

	if (runs_dead(s, in->arena, &dead, &why) < 0 || !dead.count)
		return;
	if (!writable)
		w = store_open(store_dir(s), STORE_WRITE, &why);
	if (w == NULL || capture_freeze_dead(w, &why) < 0)
		log_warn("%s", why.msg);
	if (w != s)
		store_close(w);
}

struct store *cli_open_store(
	struct invocation *in, bool must_write, struct err *e)
{
	const struct common_options *o = in->options;
	char *dir = store_locate(in->arena, o->store, e);
	struct store *s;

	if (dir == NULL)
		return NULL;
	s = store_open(dir, must_write ? STORE_CREATE : STORE_READ, e);
	if (s != NULL)
		freeze_dead(in, s, must_write);
	return s;
}

struct index *cli_open_index(struct store *s, struct err *e)
{
	struct index *ix = index_open(s, e);
	const struct index_trouble *t = NULL;
	size_t n = 0;

	if (ix != NULL)
		t = index_troubles(ix, &n);
	for (size_t i = 0; i < n; i++)
		log_warn("%s", t[i].message);
	return ix;
}

int cli_in_store(struct invocation *in, bool must_write,
	int (*work)(struct invocation *in, struct store *s, struct err *e))
{
	struct err e = ERR_INIT;
	struct store *s = cli_open_store(in, must_write, &e);
	int status = s ? work(in, s, &e) : -1;

	store_close(s);
	return status < 0 ? cli_fail(in, &e) : status;
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
