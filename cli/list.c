/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise list`: the runs of a store, the latest first. */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "store/runs.h"
#include "store/store.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct list_options {
	struct common_options common;
	struct kvlist tags;
	bool json;
};

static const struct cli_opt list_opts[] = {
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct list_options, json)},
	{"tag", 't', "KEY=VALUE", "only runs with this tag", CLI_KEYVALUE,
		offsetof(struct list_options, tags)},
	CLI_COMMON_OPTIONS,
	{0},
};

static bool has_tags(const struct manifest *m, const struct kvlist *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct kv *w = &wanted->items[i];
		bool found = false;

		for (size_t j = 0; j < m->run.tags.count && !found; j++)
			found = strcmp(m->run.tags.items[j].key, w->key) == 0 &&
				strcmp(m->run.tags.items[j].value, w->value) == 0;
		if (!found)
			return false;
	}
	return true;
}

static json_t *entry_json(const struct run_entry *r, const struct manifest *m)
{
	json_t *j = json_pack("{s:s, s:o*, s:s*}", "id", r->id, "name",
		cli_json_string(r->name), "started", r->started);
	json_t *argv = json_array(), *tags = json_object();

	if (m == NULL) {
		json_object_set_new(j, "status",
			json_string(r->pending ? "pending" : "running"));
		json_decref(argv);
		json_decref(tags);
		return j;
	}
	json_object_set_new(j, "status", json_string(m->run.status));
	if (m->run.exit_code != ABSENT)
		json_object_set_new(
			j, "exit_code", json_integer(m->run.exit_code));
	if (m->run.signal != NULL)
		json_object_set_new(j, "signal", json_string(m->run.signal));
	json_object_set_new(j, "wall_s", json_real(m->run.resource_usage.wall_s));
	for (size_t i = 0; i < m->command.argv.count; i++)
		json_array_append_new(
			argv, cli_json_string(m->command.argv.items[i]));
	json_object_set_new(j, "argv", argv);
	for (size_t i = 0; i < m->run.tags.count; i++)
		json_object_set_new(tags, m->run.tags.items[i].key,
			cli_json_string(m->run.tags.items[i].value));
	json_object_set_new(j, "tags", tags);
	return j;
}

/* How it ended, in a word or two. */
static const char *ending(
	struct arena *a, const struct run_entry *r, const struct manifest *m)
{
	if (m == NULL)
		return r->pending ? "pending" : "running";
	if (m->run.signal != NULL)
		return arena_printf(a, "%s %s", m->run.status, m->run.signal);
	if (m->run.exit_code != ABSENT && m->run.exit_code != 0)
		return arena_printf(a, "%s %lld", m->run.status,
			(long long)m->run.exit_code);
	return m->run.status;
}

static void print_line(
	struct arena *a, const struct run_entry *r, const struct manifest *m)
{
	char when[20] = "-";
	const char *command = "";

	if (r->started != NULL && strlen(r->started) >= 19) {
		memcpy(when, r->started, 19);
		when[10] = ' ';
	}
	if (m != NULL)
		command = cli_command_text(a, &m->command.argv);
	printf("%.8s  %-19s  %-12s  %-12s  %s\n", r->id, when, ending(a, r, m),
		r->name != NULL ? cli_printable(a, r->name) : "-", command);
}

/* 1 printed, 0 not wanted, -1 its record cannot be read. */
static int list_one(struct store *s, const struct list_options *o,
	const struct run_entry *r, bool first, struct arena *a, struct err *e)
{
	struct manifest m;
	json_t *j;

	if (r->published && run_read_manifest(s, r->id, a, &m, e) < 0)
		return -1;
	if (o->tags.count > 0 && (!r->published || !has_tags(&m, &o->tags)))
		return 0;
	if (!o->json) {
		if (first)
			printf("%-8s  %-19s  %-12s  %-12s  %s\n", "RUN",
				"STARTED (UTC)", "STATUS", "NAME", "COMMAND");
		print_line(a, r, r->published ? &m : NULL);
		return 1;
	}
	j = entry_json(r, r->published ? &m : NULL);
	fputs(first ? "[\n" : ",\n", stdout);
	json_dumpf(j, stdout, JSON_COMPACT);
	json_decref(j);
	return 1;
}

static int list_runs(struct invocation *in, struct store *s, struct err *e)
{
	const struct list_options *o = in->options;
	autoarena *scratch = arena_new();
	struct run_entry *runs;
	int status = CLI_OK;
	bool first = true;
	size_t n;

	if (runs_list(s, in->arena, true, &runs, &n, e) < 0)
		return cli_fail(in, e);
	for (size_t i = 0; i < n; i++) {
		int r;

		/* Killed, and it could not be frozen: said when opening. */
		if (runs[i].dead && !runs[i].pending)
			continue;
		arena_clear(scratch);
		r = list_one(s, o, &runs[i], first, scratch, e);
		if (r > 0)
			first = false;
		if (r < 0)
			status = cli_fail(in, e);
	}
	if (o->json)
		puts(first ? "[]" : "\n]");
	return cli_flush(e) < 0 ? cli_fail(in, e) : status;
}

static int list_run(struct invocation *in)
{
	struct err e = ERR_INIT;
	struct store *s = cli_open_store(in, false, &e);
	int status;

	if (s == NULL)
		return cli_fail(in, &e);
	status = list_runs(in, s, &e);
	store_close(s);
	return status;
}

const struct command cmd_list = {
	.name = "list",
	.summary = "list the runs, the latest first",
	.synopsis = "[OPTIONS]",
	.opts = list_opts,
	.options_size = sizeof(struct list_options),
	.trouble = CLI_TROUBLE,
	.run = list_run,
};
