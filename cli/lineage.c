/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise lineage`: where a run or a file comes from, and what it led to. */
#include "audit/lineage.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/subject.h"
#include <stdio.h>
#include <string.h>

struct lineage_options {
	struct common_options common;
	const char *format;
	bool json;
};

static const struct cli_opt lineage_opts[] = {
	{"format", 0, "text|dot|json", "how it is printed (default: text)",
		CLI_CHOICE, offsetof(struct lineage_options, format)},
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct lineage_options, json)},
	CLI_COMMON_OPTIONS,
	{0},
};

static void lineage_defaults(void *options)
{
	struct lineage_options *o = options;

	o->format = "text";
}

static int print(
	const struct invocation *in, const struct lineage *l, struct err *e)
{
	const struct lineage_options *o = in->options;
	autostrbuf out = STRBUF_INIT;

	if (o->json || !strcmp(o->format, "json"))
		return cli_print_json(lineage_json(l), e);
	if (!strcmp(o->format, "dot"))
		lineage_dot(l, &out);
	else
		lineage_text(l, cli_printable, &out);
	fputs(out.s, stdout);
	return cli_flush(e);
}

static int find(struct lineage *l, const struct subject *s, struct err *e)
{
	char digest[DIGEST_TEXT];
	int r;

	if (!s->is_content)
		return lineage_of_run(l, s->id, e);
	r = lineage_of_content(l, s->name, &s->digest, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	digest_text(&s->digest, digest);
	return err_set(e, "no run of this store wrote or read '%s' (%.19s)",
		s->name, digest);
}

static int look(struct invocation *in, struct store *s, struct err *e)
{
	struct subject subject;
	struct lineage l;
	struct index *ix;
	int r;

	if (subject_find(in, s, in->argv[0], &subject, e) < 0)
		return -1;
	ix = cli_open_index(s, e);
	if (!ix)
		return -1;
	lineage_init(&l, ix, in->arena);
	r = find(&l, &subject, e);
	if (r == 0)
		r = print(in, &l, e);
	lineage_release(&l);
	index_close(ix);
	return r;
}

static int lineage_run(struct invocation *in)
{
	return cli_in_store(in, false, look);
}

const struct command cmd_lineage = {
	.name = "lineage",
	.summary = "where a run or a file comes from, and what it led to",
	.synopsis = "[OPTIONS] RUN|FILE",
	.opts = lineage_opts,
	.options_size = sizeof(struct lineage_options),
	.min_operands = 1,
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = lineage_run,
	.defaults = lineage_defaults,
};
