/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `reprise verify`: re-hashes what runs need, and names each damaged or
 * missing content with the runs that it hurts.
 */
#include "store/verify.h"
#include "base/arena.h"
#include "cli/cli.h"
#include "manifests/json.h"
#include "store/runs.h"
#include <stdio.h>

struct verify_options {
	struct common_options common;
	bool json;
};

static const struct cli_opt verify_opts[] = {
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct verify_options, json)},
	CLI_COMMON_OPTIONS,
	{0},
};

static const char *const kind_words[] = {
	[VERIFY_DAMAGED] = "damaged",
	[VERIFY_MISSING] = "missing",
	[VERIFY_RUN] = "record",
};

/* "run 3f9a1c2b for '/p/data.csv'" for each run; `ctx` is the arena. */
static void print_problem(void *ctx, const struct verify_problem *p)
{
	char digest[DIGEST_TEXT];

	if (p->kind == VERIFY_RUN) {
		printf("damaged record of run %.8s: %s\n",
			p->run_count > 0 ? p->runs[0] : "?", p->message);
		return;
	}
	digest_text(&p->digest, digest);
	if (p->run_count == 0)
		printf("%s object %s, needed by no run\n", kind_words[p->kind],
			digest);
	for (size_t i = 0; i < p->run_count; i++) {
		printf("%s object %s, needed by run %.8s", kind_words[p->kind],
			digest, p->runs[i]);
		if (p->path != NULL)
			printf(" for '%s'", cli_printable(ctx, p->path));
		putchar('\n');
	}
}

/* `ctx` is the list of problems. */
static void add_problem(void *ctx, const struct verify_problem *p)
{
	json_t *runs = json_array(), *digest = NULL;
	char text[DIGEST_TEXT];

	for (size_t i = 0; i < p->run_count; i++)
		json_array_append_new(runs, json_string(p->runs[i]));
	if (p->kind != VERIFY_RUN) {
		digest_text(&p->digest, text);
		digest = json_string(text);
	}
	json_array_append_new(
		ctx, json_pack("{s:s, s:o*, s:o*, s:o*, s:o}", "kind",
			     kind_words[p->kind], "digest", digest, "path",
			     json_text(p->path), "message",
			     json_text(p->message), "runs", runs));
}

static int print_json(
	const struct verify_totals *t, json_t *problems, struct err *e)
{
	return cli_print_json(
		json_pack("{s:I, s:I, s:I, s:o}", "runs", (json_int_t)t->runs,
			"objects", (json_int_t)t->objects, "bytes",
			(json_int_t)t->bytes, "problems", problems),
		e);
}

static int verify_store(struct invocation *in, struct store *s, struct err *e)
{
	const struct verify_options *o = in->options;
	json_t *problems = o->json ? json_array() : NULL;
	struct verify_totals t = {0};
	char id[RUN_ID_LEN + 1];

	if ((in->argc > 0 && run_find(s, in->argv[0], id, e) < 0) ||
		verify(s, in->argc > 0 ? id : NULL,
			o->json ? add_problem : print_problem,
			o->json ? (void *)problems : (void *)in->arena, &t,
			e) < 0) {
		json_decref(problems);
		return -1;
	}
	if (o->json) {
		if (print_json(&t, problems, e) < 0)
			return -1;
	} else if (t.problems == 0) {
		printf("whole: %llu run%s, %llu objects, %s\n",
			(unsigned long long)t.runs, t.runs == 1 ? "" : "s",
			(unsigned long long)t.objects,
			cli_bytes_text(in->arena, t.bytes));
	}
	if (cli_flush(e) < 0)
		return -1;
	return t.problems > 0 ? CLI_DIFFERS : CLI_OK;
}

static int verify_run(struct invocation *in)
{
	return cli_in_store(in, false, verify_store);
}

const struct command cmd_verify = {
	.name = "verify",
	.summary = "re-hash what runs need, name what is damaged",
	.synopsis = "[OPTIONS] [RUN]",
	.opts = verify_opts,
	.options_size = sizeof(struct verify_options),
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = verify_run,
};
