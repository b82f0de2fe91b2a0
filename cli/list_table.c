// SPDX-License-Identifier: Apache-2.0
/* The list for a person: a run on a line. */
#include "cli/list.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "cli/cli.h"
#include "store/index.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A command is cut by the terminal; so much of it should be seen. */
#define COMMAND_ROOM 20
/* Longer names make their line longer, not all lines. */
#define NAME_MAX_WIDTH 24
#define INDENT "          "

enum { RUN, STARTED, STATUS, NAME, FIXED };

struct table {
	const struct list *l;
	struct list_column fixed[FIXED];
	struct list_column *more;
	size_t more_count;
};

/* How it ended, in a word or two. */
static const char *ending(struct arena *a, const struct index_run *r)
{
	if (r->signal)
		return arena_printf(a, "%s %s", r->status, r->signal);
	if (r->exit_code != ABSENT && r->exit_code != 0)
		return arena_printf(
			a, "%s %lld", r->status, (long long)r->exit_code);
	return r->status;
}

static const char *when(struct arena *a, const char *started)
{
	char *text;

	if (!started || strlen(started) < 19)
		return "-";
	text = arena_memdup(a, started, 19);
	text[10] = ' ';
	return cli_printable(a, text);
}

static const char *fixed_cell(
	struct arena *a, const struct listed *r, unsigned column)
{
	const struct index_run *run = r->q.run;
	const char *names = NULL;

	switch (column) {
	case RUN:
		return arena_printf(a, "%.8s", run->id);
	case STARTED:
		return when(a, run->started);
	case STATUS:
		return ending(a, run);
	default:
		query_value(&r->q, a, "name", &names, NULL);
		return names ? cli_printable(a, names) : "-";
	}
}

static void measure_fixed(struct table *t)
{
	static const char *const heads[FIXED] = {
		"RUN", "STARTED (UTC)", "STATUS", "NAME"};

	for (unsigned c = 0; c < FIXED; c++) {
		struct list_column *col = &t->fixed[c];

		col->head = heads[c];
		col->width = strlen(col->head);
		for (size_t i = 0; i < t->l->count; i++) {
			size_t w = list_width(
				fixed_cell(t->l->arena, &t->l->items[i], c));

			if (w > col->width && (c != NAME || w <= NAME_MAX_WIDTH))
				col->width = w;
		}
	}
}

static void print_cell(const char *text, const struct list_column *c)
{
	size_t width = list_width(text);

	printf("%s%*s", text,
		(int)(width < c->width ? c->width - width : 0) + 2, "");
}

static void print_head(const struct table *t)
{
	for (unsigned c = 0; c < FIXED; c++)
		print_cell(t->fixed[c].head, &t->fixed[c]);
	for (size_t c = 0; c < t->more_count; c++)
		print_cell(t->more[c].head, &t->more[c]);
	puts("COMMAND");
}

static void print_use(struct arena *a, const struct list_use *u)
{
	const struct m_library *l = u->library;
	const struct m_package *p = u->package;
	const char *path = l ? l->path : u->path;

	fputs(INDENT "used ", stdout);
	if (path)
		fputs(cli_printable(a, path), stdout);
	if (l && l->version)
		printf(" %s", cli_printable(a, l->version));
	if (p && p->purl)
		printf(path ? " (%s)" : "%s", cli_printable(a, p->purl));
	puts(u->unknown ? ", whose version is not known" : "");
}

static void print_output(struct arena *a, const struct index_content *c)
{
	printf(INDENT "wrote %s%s (%s", cli_printable(a, c->path),
		c->tree ? "/" : "", c->role ? c->role : "other");
	if (c->tree && c->files != ABSENT)
		printf(", %lld files", (long long)c->files);
	if (c->bytes != ABSENT)
		printf(", %s", cli_bytes_text(a, (uint64_t)c->bytes));
	puts(")");
}

static int print_run(const struct table *t, const struct listed *r,
	struct arena *a, struct err *e)
{
	const char *cell;

	for (unsigned c = 0; c < FIXED; c++)
		print_cell(fixed_cell(a, r, c), &t->fixed[c]);
	for (size_t c = 0; c < t->more_count; c++) {
		if (list_cell(a, r, &t->more[c], &cell, e) < 0)
			return -1;
		print_cell(cell, &t->more[c]);
	}
	puts(r->q.command);
	for (size_t i = 0; i < r->uses.count; i++)
		print_use(a, &r->uses.items[i]);
	for (size_t i = 0; i < r->output_count; i++)
		print_output(a, &r->outputs[i]);
	return 0;
}

static int named_columns(
	struct table *t, const struct strlist *names, struct err *e)
{
	struct arena *a = t->l->arena;

	for (size_t i = 0; i < names->count; i++) {
		struct list_column *c = ARENA_PUSH(a, t->more, t->more_count);

		c->name = names->items[i];
		c->head = cli_printable(a, c->name);
		if (list_measure(t->l, c, e) < 0)
			return -1;
	}
	return 0;
}

static int differing_columns(struct table *t, size_t width, struct err *e)
{
	size_t taken = COMMAND_ROOM, more;

	for (unsigned c = 0; c < FIXED; c++)
		taken += t->fixed[c].width + 2;
	/* At least 1: 0 would be no bound. */
	if (width)
		width = width > taken ? width - taken : 1;
	if (list_differing(t->l, width, &t->more, &t->more_count, &more, e) < 0)
		return -1;
	if (more && isatty(STDOUT_FILENO))
		log_info("%zu more differ; see --columns and --json", more);
	return 0;
}

int list_print(const struct list *l, const struct strlist *columns,
	size_t width, struct err *e)
{
	struct table t = {.l = l};
	autoarena *scratch = arena_new();

	measure_fixed(&t);
	if ((columns ? named_columns(&t, columns, e)
		     : differing_columns(&t, width, e)) < 0)
		return -1;
	if (l->count)
		print_head(&t);
	for (size_t i = 0; i < l->count; i++) {
		arena_clear(scratch);
		if (print_run(&t, &l->items[i], scratch, e) < 0)
			return -1;
	}
	return cli_flush(e);
}
