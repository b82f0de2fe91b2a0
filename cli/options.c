/* SPDX-License-Identifier: Apache-2.0 */
/* Options: one parser and one help text for every command's table. */
#include "base/arena.h"
#include "base/err.h"
#include "cli/cli.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_VALUE 1
#define FIRST_VALUE 256

struct unit {
	const char *name;
	double factor;
};

static const struct unit size_units[] = {
	{"", 1},
	{"B", 1},
	{"K", 1024.0},
	{"M", 1048576.0},
	{"G", 1073741824.0},
	{"T", 1099511627776.0},
	{NULL, 0},
};

static const struct unit time_units[] = {
	{"", 1000},
	{"ms", 1},
	{"s", 1000},
	{"m", 60000},
	{"min", 60000},
	{"h", 3600000},
	{NULL, 0},
};

const struct cli_opt *cli_opt_find(
	const struct command *c, const char *name, size_t len)
{
	for (const struct cli_opt *o = c->opts; o->name != NULL; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

/* A decimal number with a unit, as a whole number of the table's unit. */
static int parse_amount(const char *s, const struct unit *units, uint64_t *out)
{
	char *end;
	double n;

	if (*s < '0' || *s > '9')
		return -1;
	n = strtod(s, &end);
	for (const struct unit *u = units; u->name != NULL; u++) {
		if (strcmp(end, u->name) != 0)
			continue;
		n *= u->factor;
		if (!isfinite(n) || n >= 9.2e18)
			return -1;
		*out = (uint64_t)n;
		return 0;
	}
	return -1;
}

/* Decimal only: strtod(3) takes hexadecimal, "inf" and "nan", too. */
static int parse_number(const char *s, double *out)
{
	char *end;
	double n;

	if (*s == '\0' || s[strspn(s, "0123456789.eE+-")] != '\0')
		return -1;
	n = strtod(s, &end);
	if (end == s || *end != '\0' || !isfinite(n) || n < 0)
		return -1;
	*out = n;
	return 0;
}

static bool is_choice(const char *words, const char *value)
{
	size_t len = strlen(value);

	for (const char *w = words; w != NULL; w = strchr(w, '|')) {
		w += *w == '|';
		if (strncmp(w, value, len) == 0 && len > 0 &&
			(w[len] == '\0' || w[len] == '|'))
			return true;
	}
	return false;
}

static int set_keyvalue(struct arena *a, struct kvlist *l, const char *value,
	bool key_alone, struct err *e)
{
	size_t len = strcspn(value, "=");
	char *after = value[len] == '=' ? arena_strdup(a, value + len + 1) : NULL;
	struct kv *kv;

	if (len == 0 || (after == NULL && !key_alone))
		return err_set(e, "'%s' is not KEY=VALUE", value);
	for (size_t i = 0; i < l->count; i++) {
		if (strlen(l->items[i].key) != len ||
			memcmp(l->items[i].key, value, len) != 0)
			continue;
		l->items[i].value = after;
		return 0;
	}
	kv = ARENA_PUSH(a, l->items, l->count);
	kv->key = arena_memdup(a, value, len);
	kv->value = after;
	return 0;
}

int cli_set(struct invocation *in, const struct cli_opt *o, const char *value,
	struct err *e)
{
	void *field = (char *)in->options + o->offset;
	struct arena *a = in->arena;
	struct strlist *l = field;
	uint64_t n;

	switch (o->kind) {
	case CLI_FLAG:
		if (value != NULL && strcmp(value, "true") != 0 &&
			strcmp(value, "false") != 0)
			return err_set(
				e, "'%s' is neither true nor false", value);
		*(bool *)field = value == NULL || *value == 't';
		return 0;
	case CLI_CHOICE:
		if (!is_choice(o->arg, value))
			return err_set(e, "'%s' is none of %s", value, o->arg);
		/* fall through */
	case CLI_STRING:
		*(char **)field = arena_strdup(a, value);
		return 0;
	case CLI_SIZE:
		if (parse_amount(value, size_units, &n) < 0)
			return err_set(e, "'%s' is not a size like 500M", value);
		*(uint64_t *)field = n;
		return 0;
	case CLI_TIME:
		if (parse_amount(value, time_units, &n) < 0)
			return err_set(e, "'%s' is not a time like 5s", value);
		*(int64_t *)field = (int64_t)n;
		return 0;
	case CLI_NUMBER:
		if (parse_number(value, field) < 0)
			return err_set(
				e, "'%s' is not a number like 1e-6", value);
		return 0;
	case CLI_LIST:
		*ARENA_PUSH(a, l->items, l->count) = arena_strdup(a, value);
		return 0;
	case CLI_KEYVALUE:
	case CLI_KEY:
		return set_keyvalue(a, field, value, o->kind == CLI_KEY, e);
	}
	return err_set(e, "option '--%s' has no kind", o->name);
}

/* getopt_long's tables, made from ours. */
struct getopt_tables {
	struct option *longs;
	char *shorts;
};

static void make_tables(
	struct arena *a, const struct command *c, struct getopt_tables *t)
{
	size_t n = 0, len = 0;

	while (c->opts[n].name != NULL)
		n++;
	t->longs = arena_array(a, n + 2, sizeof(*t->longs));
	t->shorts = arena_alloc(a, 2 * n + 4);
	/* '+': stop at an operand. ':': tell a missing argument apart. */
	t->shorts[len++] = '+';
	t->shorts[len++] = ':';
	t->shorts[len++] = 'h';
	for (size_t i = 0; i < n; i++) {
		const struct cli_opt *o = &c->opts[i];

		t->longs[i].name = o->name;
		t->longs[i].has_arg =
			o->arg == NULL ? no_argument : required_argument;
		t->longs[i].val = FIRST_VALUE + (int)i;
		if (o->letter == 0)
			continue;
		t->shorts[len++] = o->letter;
		if (o->arg != NULL)
			t->shorts[len++] = ':';
	}
	t->longs[n].name = "help";
	t->longs[n].val = HELP_VALUE;
}

/* What getopt_long() refused, in our words. `word` is the argument it read. */
static int refuse(
	const struct command *c, int how, const char *word, struct err *e)
{
	const char *name = c->name;

	if (optopt >= FIRST_VALUE && how == ':')
		return err_set(e, "%s: option '--%s' needs an argument", name,
			c->opts[optopt - FIRST_VALUE].name);
	if (optopt >= FIRST_VALUE || optopt == HELP_VALUE)
		return err_set(e, "%s: '%s': this option takes no argument",
			name, word);
	if (optopt != 0 && how == ':')
		return err_set(
			e, "%s: option '-%c' needs an argument", name, optopt);
	if (optopt != 0)
		return err_set(e, "%s: unknown option '-%c'", name, optopt);
	return err_set(e, "%s: unknown or ambiguous option '%s'", name, word);
}

static const struct cli_opt *opt_of(const struct command *c, int value)
{
	if (value >= FIRST_VALUE)
		return &c->opts[value - FIRST_VALUE];
	for (const struct cli_opt *o = c->opts; o->name != NULL; o++)
		if (o->letter == value)
			return o;
	return NULL;
}

/* Options up to the next operand or "--". 0, 1 help, -1 error. */
static int parse_options(struct invocation *in, const struct getopt_tables *t,
	int argc, char **argv, struct err *e)
{
	while (optind < argc && strcmp(argv[optind], "--") != 0) {
		const char *word = argv[optind];
		int v = getopt_long(argc, argv, t->shorts, t->longs, NULL);

		if (v == -1)
			return 0;
		if (v == HELP_VALUE || v == 'h')
			return 1;
		if (v == '?' || v == ':')
			return refuse(in->command, v, word, e);
		const struct cli_opt *o = opt_of(in->command, v);

		if (cli_set(in, o, optarg, e) < 0)
			return err_wrap(e, "%s: option '--%s'",
				in->command->name, o->name);
	}
	return 0;
}

int cli_parse(struct invocation *in, int argc, char **argv, struct err *e)
{
	const struct command *c = in->command;
	struct getopt_tables t;
	bool dashes = false;

	make_tables(in->arena, c, &t);
	in->argv = arena_array(in->arena, (size_t)argc + 1, sizeof(char *));
	opterr = 0;
	/* The GNU way to begin anew: a call with optind 0. */
	optind = 0;
	getopt_long(1, argv, t.shorts, t.longs, NULL);
	while (optind < argc && !dashes) {
		int r = parse_options(in, &t, argc, argv, e);

		if (r != 0)
			return r;
		if (optind >= argc)
			break;
		dashes = strcmp(argv[optind], "--") == 0;
		if (dashes)
			optind++;
		else
			in->argv[in->argc++] = argv[optind++];
		if (c->operands_last)
			break;
	}
	in->before_dashes = in->argc;
	while (optind < argc)
		in->argv[in->argc++] = argv[optind++];
	if (!dashes)
		in->before_dashes = in->argc;
	if (in->argc < c->min_operands)
		return err_set(e,
			"%s: an operand is missing; usage: reprise %s %s",
			c->name, c->name, c->synopsis);
	if (c->max_operands >= 0 && in->argc > c->max_operands)
		return err_set(e, "%s: one operand too many: '%s'", c->name,
			in->argv[c->max_operands]);
	return 0;
}

void cli_print_help(const struct command *c)
{
	char left[100];

	printf("usage: reprise %s%s%s\n\n%s\n\n", c->name,
		*c->synopsis ? " " : "", c->synopsis, c->summary);
	for (const struct cli_opt *o = c->opts; o->name != NULL; o++) {
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s",
			o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
			o->letter ? "," : " ", o->name, o->arg ? " " : "",
			o->arg ? o->arg : "");
		/* One that is longer has a line of its own. */
		if (strlen(left) > 34)
			printf("  %s\n  %-34s %s\n", left, "", o->help);
		else
			printf("  %-34s %s\n", left, o->help);
	}
	printf("  %-34s %s\n", "-h, --help", "print this help");
}
