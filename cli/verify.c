/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `reprise verify`: re-hashes what runs need, and names each damaged or
 * missing content with the runs that it hurts.
 */
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "cli/cli.h"
#include "cli/walk.h"
#include "store/runs.h"
#include "store/store.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

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

struct hurt {
	const char *run;
	const char *path;
};

/* One content, hashed once however many runs need it. */
struct checked {
	struct digest digest;
	bool bad;
	bool missing;
	struct hurt *items;
	size_t count;
};

struct bad_run {
	const char *id;
	const char *why;
};

struct verify {
	struct store *store;
	struct arena *arena;
	struct map seen;
	struct checked **bad;
	size_t bad_count;
	struct bad_run *bad_runs;
	size_t bad_run_count;
	uint64_t objects;
	uint64_t runs;
	const char *run; /* the one being walked */
	bool trouble;    /* the store could not be read: no run's fault */
};

static struct checked *check_object(
	struct verify *v, const struct digest *d, struct err *e)
{
	struct checked *c = arena_alloc(v->arena, sizeof(*c));
	struct err why = ERR_INIT;
	int r;

	c->digest = *d;
	r = store_verify_object(v->store, d, &why);
	if (r < 0) {
		*e = why;
		return NULL;
	}
	v->objects++;
	c->bad = r != 0;
	if (c->bad) {
		c->missing = store_has(v->store, d, NULL) == 0;
		*ARENA_PUSH(v->arena, v->bad, v->bad_count) = c;
	}
	map_put(&v->seen, &c->digest, sizeof(c->digest), c);
	return c;
}

static int check_content(void *arg, const struct content *content, struct err *e)
{
	struct verify *v = arg;
	struct checked *c;
	struct hurt *h;

	if (!content->stored)
		return 0;
	c = map_get(&v->seen, content->digest, sizeof(*content->digest));
	if (c == NULL)
		c = check_object(v, content->digest, e);
	if (c == NULL) {
		v->trouble = true;
		return -1;
	}
	if (!c->bad || (c->count > 0 && c->items[c->count - 1].run == v->run))
		return 0;
	h = ARENA_PUSH(v->arena, c->items, c->count);
	h->run = v->run;
	h->path = arena_strdup(v->arena, content->path);
	return 0;
}

/* 0 whole or damaged (noted), -1 trouble that is not the run's. */
static int verify_run(struct verify *v, const char *id, struct err *e)
{
	autoarena *a = arena_new();
	struct err why = ERR_INIT;
	struct bad_run *b;
	struct manifest m;

	v->run = arena_strdup(v->arena, id);
	v->runs++;
	if (run_read_manifest(v->store, id, a, &m, &why) == 0 &&
		walk_contents(v->store, id, &m, check_content, v, &why) == 0)
		return 0;
	if (v->trouble) {
		*e = why;
		return -1;
	}
	b = ARENA_PUSH(v->arena, v->bad_runs, v->bad_run_count);
	b->id = v->run;
	b->why = arena_strdup(v->arena, why.msg);
	return 0;
}

static int verify_all(struct verify *v, struct err *e)
{
	struct run_entry *runs;
	size_t n;

	if (runs_list(v->store, v->arena, false, &runs, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (verify_run(v, runs[i].id, e) < 0)
			return -1;
	return 0;
}

static void print_result(struct verify *v)
{
	char digest[DIGEST_TEXT];

	for (size_t i = 0; i < v->bad_run_count; i++)
		printf("damaged record of run %.8s: %s\n", v->bad_runs[i].id,
			v->bad_runs[i].why);
	for (size_t i = 0; i < v->bad_count; i++) {
		const struct checked *c = v->bad[i];

		digest_text(&c->digest, digest);
		for (size_t j = 0; j < c->count; j++)
			printf("%s object %s, needed by run %.8s for '%s'\n",
				c->missing ? "missing" : "damaged", digest,
				c->items[j].run,
				cli_printable(v->arena, c->items[j].path));
	}
	if (v->bad_count == 0 && v->bad_run_count == 0)
		printf("%llu runs and %llu objects are whole\n",
			(unsigned long long)v->runs,
			(unsigned long long)v->objects);
}

static json_t *checked_json(const struct checked *c)
{
	char digest[DIGEST_TEXT];
	json_t *needed = json_array();

	digest_text(&c->digest, digest);
	for (size_t i = 0; i < c->count; i++)
		json_array_append_new(needed,
			json_pack("{s:s, s:o}", "run", c->items[i].run, "path",
				cli_json_string(c->items[i].path)));
	return json_pack("{s:s, s:s, s:o}", "digest", digest, "state",
		c->missing ? "missing" : "damaged", "needed_by", needed);
}

static int print_json(const struct verify *v, struct err *e)
{
	json_t *objects = json_array(), *runs = json_array();

	for (size_t i = 0; i < v->bad_count; i++)
		json_array_append_new(objects, checked_json(v->bad[i]));
	for (size_t i = 0; i < v->bad_run_count; i++)
		json_array_append_new(runs,
			json_pack("{s:s, s:o}", "run", v->bad_runs[i].id,
				"error", cli_json_string(v->bad_runs[i].why)));
	return cli_print_json(
		json_pack("{s:I, s:I, s:o, s:o}", "runs", (json_int_t)v->runs,
			"objects", (json_int_t)v->objects, "bad_objects",
			objects, "bad_runs", runs),
		e);
}

static int verify_store(struct invocation *in, struct verify *v, struct err *e)
{
	const struct verify_options *o = in->options;
	char id[RUN_ID_LEN + 1];
	int r;

	if (in->argc == 0)
		r = verify_all(v, e);
	else if (run_find(v->store, in->argv[0], id, e) < 0)
		r = -1;
	else
		r = verify_run(v, id, e);
	if (r < 0)
		return cli_fail(in, e);
	if (o->json)
		r = print_json(v, e);
	else
		print_result(v);
	if (r < 0 || cli_flush(e) < 0)
		return cli_fail(in, e);
	return v->bad_count > 0 || v->bad_run_count > 0 ? CLI_DIFFERS : CLI_OK;
}

static int verify_run_command(struct invocation *in)
{
	struct verify v = {.arena = in->arena, .seen = MAP_INIT};
	struct err e = ERR_INIT;
	int status;

	v.store = cli_open_store(in, false, &e);
	if (v.store == NULL)
		return cli_fail(in, &e);
	status = verify_store(in, &v, &e);
	map_release(&v.seen);
	store_close(v.store);
	return status;
}

const struct command cmd_verify = {
	.name = "verify",
	.summary = "re-hash what runs need, name what is damaged",
	.synopsis = "[OPTIONS] [RUN]",
	.opts = verify_opts,
	.options_size = sizeof(struct verify_options),
	.max_operands = 1,
	.trouble = CLI_TROUBLE,
	.run = verify_run_command,
};
