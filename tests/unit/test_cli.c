/* SPDX-License-Identifier: Apache-2.0 */
/* The option parser and the texts of cli/. */
#include "base/arena.h"
#include "base/err.h"
#include "cli/cli.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the headers above. */
#include <cmocka.h>

struct options {
	struct common_options common;
	bool json;
	const char *backend;
	uint64_t keep;
	int64_t within;
	double tolerance;
	struct strlist redact;
	struct kvlist tags;
	struct kvlist labels;
};

static const struct cli_opt opts[] = {
	{"json", 'j', NULL, "", CLI_FLAG, offsetof(struct options, json)},
	{"backend", 0, "auto|notify", "", CLI_CHOICE,
		offsetof(struct options, backend)},
	{"keep", 'k', "SIZE", "", CLI_SIZE, offsetof(struct options, keep)},
	{"within", 0, "TIME", "", CLI_TIME, offsetof(struct options, within)},
	{"tolerance", 0, "REL", "", CLI_NUMBER,
		offsetof(struct options, tolerance)},
	{"redact", 0, "PATTERN", "", CLI_LIST, offsetof(struct options, redact)},
	{"tag", 't', "KEY=VALUE", "", CLI_KEYVALUE,
		offsetof(struct options, tags)},
	{"label", 0, "KEY[=VALUE]", "", CLI_KEY, offsetof(struct options, labels)},
	CLI_COMMON_OPTIONS,
	{0},
};

static const struct command mixed = {
	.name = "mixed",
	.synopsis = "[OPTIONS] RUN [-- COMMAND]",
	.opts = opts,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = 3,
};

static const struct command prefix = {
	.name = "prefix",
	.synopsis = "[OPTIONS] COMMAND",
	.opts = opts,
	.options_size = sizeof(struct options),
	.min_operands = 1,
	.max_operands = -1,
	.operands_last = true,
};

#define MAX_WORDS 20

struct parsed {
	struct arena *arena;
	struct invocation in;
	struct options o;
	struct err e;
	int r;
};

static void parse(
	struct parsed *p, const struct command *c, const char *const *words)
{
	int n = 0;
	char **argv;

	memset(p, 0, sizeof(*p));
	p->arena = arena_new();
	p->in.command = c;
	p->in.arena = p->arena;
	p->in.options = &p->o;
	argv = arena_array(p->arena, MAX_WORDS + 1, sizeof(char *));
	argv[n++] = arena_strdup(p->arena, c->name);
	for (; words[n - 1] != NULL; n++)
		argv[n] = arena_strdup(p->arena, words[n - 1]);
	p->r = cli_parse(&p->in, n, argv, &p->e);
}

/* What operands a command line leaves, joined by spaces; "!" and the error
 * when it is refused, "?" for help. */
static const struct words {
	const struct command *command;
	const char *words[MAX_WORDS];
	const char *operands;
	int before_dashes;
} word_cases[] = {
	{&mixed, {"run"}, "run", 1},
	{&mixed, {"run", "--json", "-k", "1"}, "run", 1},
	{&mixed, {"-jk1", "run"}, "run", 1},
	{&mixed, {"run", "--", "-j", "x"}, "run -j x", 1},
	{&mixed, {"--", "run", "-j"}, "run -j", 0},
	{&mixed, {"--keep", "1", "--", "--"}, "--", 0},
	{&mixed, {"--tag", "--=x", "run"}, "run", 1},
	{&mixed, {"run", "-h"}, "?", 0},
	{&mixed, {"--help"}, "?", 0},
	{&prefix, {"cmd", "--json", "--", "-x"}, "cmd --json -- -x", 4},
	{&prefix, {"-j", "--", "-x", "--", "y"}, "-x -- y", 0},
	{&prefix, {"--", "cmd"}, "cmd", 0},
	{&mixed, {NULL},
		"!mixed: an operand is missing; usage: reprise mixed "
		"[OPTIONS] RUN [-- COMMAND]",
		0},
	{&mixed, {"1", "2", "3", "4"}, "!mixed: one operand too many: '4'", 0},
	{&mixed, {"--nope", "1"},
		"!mixed: unknown or ambiguous option '--nope'", 0},
	{&mixed, {"-jx"}, "!mixed: unknown option '-x'", 0},
	{&mixed, {"-k"}, "!mixed: option '-k' needs an argument", 0},
	{&mixed, {"--keep"}, "!mixed: option '--keep' needs an argument", 0},
	{&mixed, {"--json=1"},
		"!mixed: '--json=1': this option takes no argument", 0},
	{&mixed, {"--help=1"},
		"!mixed: '--help=1': this option takes no argument", 0},
	{&mixed, {"--backend", "aut"},
		"!mixed: option '--backend': 'aut' is none of auto|notify", 0},
	{&mixed, {"--backend", ""},
		"!mixed: option '--backend': '' is none of auto|notify", 0},
	{&mixed, {"-t", "=x"}, "!mixed: option '--tag': '=x' is not KEY=VALUE", 0},
	{&mixed, {"-t", "x"}, "!mixed: option '--tag': 'x' is not KEY=VALUE", 0},
	{&mixed, {"--label", "=x"},
		"!mixed: option '--label': '=x' is not KEY=VALUE", 0},
	{&mixed, {"--label="}, "!mixed: option '--label': '' is not KEY=VALUE", 0},
};

static void test_words(void **state)
{
	for (size_t i = 0; i < sizeof(word_cases) / sizeof(*word_cases); i++) {
		const struct words *c = &word_cases[i];
		struct parsed p;
		char got[700] = "";

		parse(&p, c->command, c->words);
		if (p.r < 0)
			strcat(strcat(got, "!"), p.e.msg);
		if (p.r > 0)
			strcat(got, "?");
		for (int j = 0; p.r == 0 && j < p.in.argc; j++)
			strcat(strcat(got, j > 0 ? " " : ""), p.in.argv[j]);
		assert_string_equal(got, c->operands);
		if (p.r == 0)
			assert_int_equal(p.in.before_dashes, c->before_dashes);
		arena_free(p.arena);
	}
}

static void test_values(void **state)
{
	static const char *const words[] = {"-jqs", "/store", "--back=notify",
		"--redact", "A*", "--redact=B*", "-tk=1", "-t", "l=2=3", "-tk=4",
		"--label", "a", "--label=b=", "--label=c=1", "run", NULL};
	struct parsed p;

	parse(&p, &mixed, words);
	assert_int_equal(p.r, 0);
	assert_true(p.o.json);
	assert_true(p.o.common.quiet);
	assert_string_equal(p.o.common.store, "/store");
	assert_string_equal(p.o.backend, "notify");
	assert_int_equal(p.o.redact.count, 2);
	assert_string_equal(p.o.redact.items[1], "B*");
	assert_int_equal(p.o.tags.count, 2);
	assert_string_equal(p.o.tags.items[0].key, "k");
	assert_string_equal(p.o.tags.items[0].value, "4");
	assert_string_equal(p.o.tags.items[1].value, "2=3");
	assert_int_equal(p.o.labels.count, 3);
	assert_string_equal(p.o.labels.items[0].key, "a");
	assert_null(p.o.labels.items[0].value);
	assert_string_equal(p.o.labels.items[1].value, "");
	assert_string_equal(p.o.labels.items[2].value, "1");
	arena_free(p.arena);
}

static const struct amount {
	const char *option, *text;
	uint64_t value; /* REFUSED: an error */
} amounts[] = {
#define REFUSED UINT64_MAX
	{"keep", "0", 0},
	{"keep", "1", 1},
	{"keep", "12B", 12},
	{"keep", "1K", 1024},
	{"keep", "1.5M", 1572864},
	{"keep", "2G", 2147483648},
	{"keep", "3T", 3298534883328},
	{"keep", "", REFUSED},
	{"keep", "-1", REFUSED},
	{"keep", "G", REFUSED},
	{"keep", "1 G", REFUSED},
	{"keep", "1Gb", REFUSED},
	{"keep", "inf", REFUSED},
	{"keep", "99999999999T", REFUSED},
	{"within", "5", 5000},
	{"within", "5s", 5000},
	{"within", "200ms", 200},
	{"within", "0.5m", 30000},
	{"within", "2h", 7200000},
	{"within", "1d", REFUSED},
};

static void test_amounts(void **state)
{
	for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
		const struct amount *c = &amounts[i];
		const struct cli_opt *o =
			cli_opt_find(&mixed, c->option, strlen(c->option));
		autoarena *a = arena_new();
		struct options out = {0};
		struct invocation in = {
			.command = &mixed, .arena = a, .options = &out};
		int r = cli_set(&in, o, c->text, NULL);

		assert_int_equal(r, c->value == REFUSED ? -1 : 0);
		if (r == 0)
			assert_int_equal(
				out.keep + (uint64_t)out.within, c->value);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		double value; /* negative: an error */
	} cases[] = {
		{"0", 0},
		{"1e-6", 1e-6},
		{".5", 0.5},
		{"+2.5E+1", 25},
		{"", -1},
		{"e", -1},
		{"-1e-6", -1},
		{"1e-6 ", -1},
		{"1,5", -1},
		{"0x1", -1},
		{"inf", -1},
		{"nan", -1},
		{"1e999", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		autoarena *a = arena_new();
		struct options out = {.tolerance = -2};
		struct invocation in = {
			.command = &mixed, .arena = a, .options = &out};
		int r = cli_set(&in, cli_opt_find(&mixed, "tolerance", 9),
			cases[i].text, NULL);

		assert_int_equal(r, cases[i].value < 0 ? -1 : 0);
		assert_true(out.tolerance == (r ? -2 : cases[i].value));
	}
}

static void test_texts(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} bytes[] = {
		{0, "0 B"},
		{999, "999 B"},
		{1000, "1.0 kB"},
		{9949, "9.9 kB"},
		{9950, "10 kB"},
		{449999, "450 kB"},
		{999499, "999 kB"},
		{999500, "1.0 MB"},
		{147000000000, "147 GB"},
		{UINT64_MAX, "18447 PB"},
	};
	static const struct {
		const char *raw, *shown;
	} strings[] = {
		{"plain", "plain"},
		{"a\nb\x1b[2J\x7f", "a\\x0ab\\x1b[2J\\x7f"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\xff\xc3", "\\xff\\xc3"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
	};
	char python[] = "python3", script[] = "it's", empty[] = "";
	char *words[] = {python, script, empty};
	struct strlist argv = {words, 3};
	autoarena *a = arena_new();

	for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++)
		assert_string_equal(cli_bytes_text(a, bytes[i].n), bytes[i].text);
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		assert_string_equal(
			cli_printable(a, strings[i].raw), strings[i].shown);
	assert_string_equal(
		cli_command_text(a, &argv), "python3 'it'\\''s' ''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
