/* SPDX-License-Identifier: Apache-2.0 */
/* `reprise list`: the runs of a store, the latest first. */
#include "cli/list.h"

#include "base/arena.h"
#include "base/log.h"
#include "cli/cli.h"
#include "store/index.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct list_options {
	struct common_options common;
	const char *columns;
	const char *sort;
	const char *uses;
	struct kvlist tags;
	struct strlist where;
	bool json;
};

static const struct cli_opt list_opts[] = {
	{"columns", 0, "NAMES", "show these values (a,b,c), not those that differ",
		CLI_STRING, offsetof(struct list_options, columns)},
	{"json", 0, NULL, "print JSON", CLI_FLAG,
		offsetof(struct list_options, json)},
	{"sort", 0, "NAME", "sort by this value; -NAME: the largest first",
		CLI_STRING, offsetof(struct list_options, sort)},
	{"tag", 't', "KEY[=VALUE]", "only runs with this tag", CLI_KEY,
		offsetof(struct list_options, tags)},
	{"uses", 0, "LIBRARY", "only runs that used it, with their outputs",
		CLI_STRING, offsetof(struct list_options, uses)},
	{"where", 0, "NAME=VALUE",
		"only runs of which that holds; also != < <= > >= ~", CLI_LIST,
		offsetof(struct list_options, where)},
	CLI_COMMON_OPTIONS,
	{0},
};

/* Columns of the terminal; 0: no bound. */
static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize w;

	if (isatty(STDOUT_FILENO) &&
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col)
		return w.ws_col;
	return columns ? strtoul(columns, NULL, 10) : 0;
}

static struct strlist split(struct arena *a, const char *names)
{
	struct strlist l = {NULL, 0};

	for (size_t n; *names; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		if (n)
			*ARENA_PUSH(a, l.items, l.count) =
				arena_memdup(a, names, n);
	}
	return l;
}

static int select_runs(struct list *l, const struct list_options *o,
	const struct strlist *columns, struct err *e)
{
	if (list_take(l, e) < 0)
		return -1;
	if (o->sort && list_check_name(l, o->sort + (*o->sort == '-'), e) < 0)
		return -1;
	for (size_t i = 0; i < columns->count; i++)
		if (list_check_name(l, columns->items[i], e) < 0)
			return -1;
	for (size_t i = 0; i < o->where.count; i++)
		if (list_where(l, o->where.items[i], e) < 0)
			return -1;
	list_tagged(l, &o->tags);
	if (o->uses && list_uses(l, o->uses, e) < 0)
		return -1;
	list_compact(l);
	return o->sort ? list_sort(l, o->sort, e) : 0;
}

static int print_json(const struct list *l, struct err *e)
{
	for (size_t i = 0; i < l->count; i++) {
		json_t *j = list_json(l, &l->items[i]);

		fputs(i ? ",\n" : "[\n", stdout);
		json_dumpf(j, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
		json_decref(j);
	}
	puts(l->count ? "\n]" : "[]");
	return cli_flush(e);
}

/* Runs that are not in the list, and why. */
static bool say_troubles(const struct index *ix)
{
	size_t n;
	const struct index_trouble *t = index_troubles(ix, &n);

	for (size_t i = 0; i < n; i++)
		log_error("%s", t[i].message);
	return n > 0;
}

static int list_runs(struct invocation *in, struct store *s, struct err *e)
{
	const struct list_options *o = in->options;
	struct list l = {.store = s, .arena = in->arena};
	struct strlist columns = split(in->arena, o->columns ? o->columns : "");
	int r;

	l.index = index_open(s, e);
	if (!l.index)
		return -1;
	r = select_runs(&l, o, &columns, e);
	if (r == 0 && o->json)
		r = print_json(&l, e);
	else if (r == 0)
		r = list_print(
			&l, o->columns ? &columns : NULL, terminal_width(), e);
	if (r == 0 && (say_troubles(l.index) || l.incomplete))
		r = CLI_TROUBLE;
	index_close(l.index);
	return r;
}

static int list_run(struct invocation *in)
{
	return cli_in_store(in, false, list_runs);
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
