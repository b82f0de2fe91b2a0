/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise audit`: what a run, or the run that wrote a file, depended on. */
#include "cli/audit.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "cli/bundle_run.h"
#include "cli/cli.h"
#include "cli/subject.h"
#include "store/bundle.h"
#include "store/index.h"
#include "store/runs.h"
#include "store/store.h"
#include <string.h>

struct audit_options {
	struct common_options common;
	const char *policy;
	bool json, unused;
};

static const struct cli_opt audit_opts[] = {
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct audit_options, json)},
	{"policy", 0, "FILE", "exit 1 when a rule of FILE is hit, naming each hit",
		CLI_STRING, offsetof(struct audit_options, policy)},
	{"unused", 0, NULL, "installed packages that the run used no file of",
		CLI_FLAG, offsetof(struct audit_options, unused)},
	CLI_COMMON_OPTIONS,
	{0},
};

static int no_writer(
	const struct audit *x, const struct origins *o, struct err *e)
{
	char digest[DIGEST_TEXT];

	digest_text(&x->file.digest, digest);
	if (o->reader_count == 0)
		return err_set(e,
			"no run of this store wrote or read '%s' (%.19s)",
			x->file.name, digest);
	return err_set(e,
		"no run of this store wrote '%s' (%.19s); run %.8s%s read it "
		"as '%s'",
		x->file.name, digest, o->readers[0].run,
		o->reader_count > 1 ? " (and others)" : "", o->readers[0].path);
}

/* Once for each audit. */
static int open_index(struct audit *x, struct store *s, struct err *e)
{
	if (x->index == NULL)
		x->index = cli_open_index(s, e);
	return x->index != NULL ? 0 : -1;
}

/* The run that wrote the content of x->file: `preferred`, or the latest. */
static int find_writer(
	struct store *s, struct audit *x, const char *preferred, struct err *e)
{
	const struct origin *writer;
	struct origins o;

	if (open_index(x, s, e) < 0 ||
		origins_find(x->index, x->arena, &x->file.digest, &o, e) < 0)
		return -1;
	if (o.writer_count == 0)
		return no_writer(x, &o, e);
	writer = &o.writers[0];
	for (size_t i = 0; preferred && i < o.writer_count; i++)
		if (strcmp(o.writers[i].run, preferred) == 0)
			writer = &o.writers[i];
	memcpy(x->id, writer->run, sizeof(x->id));
	x->file.path = writer->path;
	x->file.writers = o.writers;
	x->file.writer_count = o.writer_count;
	return 0;
}

/* The store with the run; x->id and x->file are set. */
static struct store *open_subject(struct invocation *in, struct bundle_run *own,
	struct audit *x, struct err *e)
{
	const char *what = in->argv[0];
	struct subject subject;
	struct store *s;
	int r;

	if (bundle_is(what))
		return bundle_run_open(own, in, what, "audit", x->id, e);
	s = cli_open_store(in, false, e);
	if (s == NULL)
		return NULL;
	r = subject_find(in, s, what, &subject, e);
	memcpy(x->id, subject.id, sizeof(x->id));
	if (r == 0 && subject.is_content) {
		x->file.name = what;
		x->file.digest = subject.digest;
		r = find_writer(s, x, *subject.id ? subject.id : NULL, e);
	}
	if (r == 0)
		return s;
	index_close(x->index);
	x->index = NULL;
	store_close(s);
	return NULL;
}

/* A record that lacks what the rules are about must not pass as clean. */
static int check_policy(struct audit *x, const char *file, struct err *e)
{
	const struct policy_rule *rule;

	if (policy_read_file(&x->policy, x->arena, file, e) < 0)
		return -1;
	if (x->m.libraries.count == 0)
		return err_set(e,
			"the record of run %.8s has no libraries: a policy "
			"cannot be judged by it",
			x->id);
	rule = x->m.packages.count == 0 ? policy_needs_packages(&x->policy)
					: NULL;
	if (rule != NULL)
		return err_set(e,
			"the record of run %.8s has no packages: the rule at "
			"%s:%zu cannot be judged by it",
			x->id, file, rule->line);
	policy_check(&x->policy, &x->m, x->arena, &x->hits);
	x->has_policy = true;
	return 0;
}

static int audit_store(
	struct invocation *in, struct store *s, struct audit *x, struct err *e)
{
	const struct audit_options *o = in->options;

	if (run_read_manifest(s, x->id, x->arena, &x->m, e) < 0)
		return -1;
	if (o->policy != NULL && check_policy(x, o->policy, e) < 0)
		return -1;
	if (o->unused && audit_unused(s, &x->m, x->arena, &x->unused,
				 &x->unused_count, e) < 0)
		return -1;
	x->has_unused = o->unused;
	/* The only run of a bundle has no others, and needs no index. */
	if (!x->in_bundle && (open_index(x, s, e) < 0 ||
				     origins_of_inputs(x->index, x->arena, &x->m,
					     &x->inputs, &x->input_count, e) < 0))
		return -1;
	if (x->m.libraries.count == 0)
		log_warn("the record of run %.8s has no libraries", x->id);
	if (o->json)
		return audit_print_json(x, e);
	audit_print(x);
	return cli_flush(e);
}

static int audit_run(struct invocation *in)
{
	struct bundle_run own = BUNDLE_RUN_INIT;
	struct audit x = {.arena = in->arena};
	struct err e = ERR_INIT;
	struct store *s = open_subject(in, &own, &x, &e);
	int r;

	x.in_bundle = s != NULL && s == own.store;
	r = s != NULL ? audit_store(in, s, &x, &e) : -1;
	index_close(x.index);
	if (s != NULL && s != own.store)
		store_close(s);
	bundle_run_release(&own);
	if (r < 0)
		return cli_fail(in, &e);
	return x.hits.count > 0 ? CLI_DIFFERS : CLI_OK;
}

const struct command cmd_audit = {
	.name = "audit",
	.summary = "libraries and packages that a run or a file depended on",
	.synopsis = "[OPTIONS] RUN|FILE",
	.opts = audit_opts,
	.options_size = sizeof(struct audit_options),
	.min_operands = 1,
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = audit_run,
};
