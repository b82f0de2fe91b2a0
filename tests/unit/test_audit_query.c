// SPDX-License-Identifier: Apache-2.0
/* Names of values, conditions on them, and their order. */
#include "audit/query.h"
#include "base/arena.h"
#include "base/err.h"
#include "store/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(x) (sizeof(x) / sizeof(*(x)))

static char words[][24] = {"best", "first"};
static char *names[] = {words[0], words[1]};

static struct m_parameter parameters[] = {
	{(char *)"optimizer.lr", (char *)"1e-2", NULL},
	{(char *)"optimizer.lr", (char *)"0.5", NULL},
	{(char *)"a.seed", (char *)"9007199254740993", NULL},
	{(char *)"b.seed", (char *)"2", NULL},
	{(char *)"seeds", (char *)"3", NULL},
	{(char *)"key", NULL, NULL},
	{(char *)"status", (char *)"parameter", NULL},
	{(char *)"both", (char *)"p", NULL},
	{(char *)"note", (char *)"n/a", NULL},
};
static struct m_metric metrics[] = {
	{(char *)"val.accuracy", (char *)"0.95", NULL},
	{(char *)"both", (char *)"m", NULL},
};
static struct kv tags[] = {{(char *)"kind", (char *)"good one"}};

static struct index_run run = {
	.id = "01234567-89ab-4cde-8f01-23456789abcd",
	.status = (char *)"failed",
	.exit_code = 3,
	.started = (char *)"2026-01-02T03:04:05.000006Z",
	.wall_s = 1.5,
	.tags = {tags, COUNT(tags)},
	.parameters = {parameters, COUNT(parameters)},
	.metrics = {metrics, COUNT(metrics)},
};
static const struct query_run q = {
	.run = &run,
	.names = {names, COUNT(names)},
	.command = "./train.py --lr 1",
};

static void test_values(void **state)
{
	static const struct {
		const char *name, *value;
	} cases[] = {
		{"optimizer.lr", "1e-2"},
		{"lr", "1e-2"},
		{"accuracy", "0.95"},
		{"val.accuracy", "0.95"},
		{"kind", "good one"},
		{"seeds", "3"},
		{"both", "p"},
		{"metrics.both", "m"},
		{"parameters.both", "p"},
		{"parameters.lr", "1e-2"},
		{"tags.kind", "good one"},
		{"status", "failed"},
		{"parameters.status", "parameter"},
		{"exit_code", "3"},
		{"wall_s", "1.5"},
		{"name", "best,first"},
		{"command", "./train.py --lr 1"},
		{"id", "01234567-89ab-4cde-8f01-23456789abcd"},
		{"key", NULL},
		{"signal", NULL},
	};
	static const char *const unknown[] = {
		"", "r", ".lr", "optimizer", "metrics.lr", "metrics.", "LR"};
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	const char *value;

	for (size_t i = 0; i < COUNT(cases); i++) {
		if (query_value(&q, a, cases[i].name, &value, &e) != 1)
			fail_msg("%s: %s", cases[i].name, e.msg);
		if (!value != !cases[i].value ||
			(value && strcmp(value, cases[i].value) != 0))
			fail_msg("%s is '%s'", cases[i].name, value);
	}
	for (size_t i = 0; i < COUNT(unknown); i++)
		if (query_value(&q, a, unknown[i], &value, &e) != 0)
			fail_msg("'%s' is known", unknown[i]);
	assert_int_equal(query_value(&q, a, "seed", &value, &e), -1);
	assert_string_equal(
		e.msg, "'seed' may be 'a.seed' or 'b.seed' of run 01234567");
	arena_free(a);
}

static void test_conditions(void **state)
{
	static const struct {
		const char *text;
		int matches;
	} cases[] = {
		{"lr=0.01", 1},
		{"lr=1e-2", 1},
		{"lr==.01", 1},
		{"lr = 0.01", 1},
		{"lr=0.0100001", 0},
		{"lr!=0.01", 0},
		{"lr!=0.02", 1},
		{"lr<0.1", 1},
		{"lr<0.01", 0},
		{"lr<=0.01", 1},
		{"lr>0.009", 1},
		{"lr>=0.02", 0},
		{"lr~e-", 1},
		{"a.seed=9007199254740993", 1},
		{"a.seed=9007199254740992", 0},
		{"accuracy>0.9", 1},
		{"accuracy>0.95", 0},
		{"note>0.9", 0},
		{"note<0.9", 0},
		{"note!=0.9", 1},
		{"note=n/a", 1},
		{"started>2026", 1},
		{"started<2026-01-02", 0},
		{"started<2026-01-03", 1},
		{"started~2026-01-02", 1},
		{"kind=good one", 1},
		{"kind~one", 1},
		{"kind>bad", 1},
		{"status=failed", 1},
		{"exit_code>0", 1},
		{"wall_s<2", 1},
		{"name=first", 1},
		{"name=best", 1},
		{"name=best,first", 0},
		{"name!=first", 0},
		{"name!=other", 1},
		{"name~irs", 1},
		{"key=x", 0},
		{"key!=x", 0},
		{"command~train.py", 1},
	};
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"lr", "'lr' is no condition: a name, one of = != < <= > >= ~ "
		       "and a value are"},
		{"lr!5", "'lr!5' is no condition: a name, one of = != < <= > "
			 ">= ~ and a value are"},
		{"=5", "the condition '=5' has no name"},
		{" >5", "the condition ' >5' has no name"},
	};
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct query_where w;
	bool known;

	for (size_t i = 0; i < COUNT(cases); i++) {
		known = false;
		assert_int_equal(query_parse(&w, a, cases[i].text, &e), 0);
		if (query_matches(&q, &w, a, &known, &e) != cases[i].matches)
			fail_msg("%s", cases[i].text);
		assert_true(known);
	}
	known = false;
	assert_int_equal(query_parse(&w, a, "other!=5", &e), 0);
	assert_int_equal(query_matches(&q, &w, a, &known, &e), 0);
	assert_false(known);
	assert_int_equal(query_parse(&w, a, "seed>1", &e), 0);
	assert_int_equal(query_matches(&q, &w, a, &known, &e), -1);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(query_parse(&w, a, bad[i].text, &e), -1);
		assert_string_equal(e.msg, bad[i].message);
	}
	arena_free(a);
}

static void test_order(void **state)
{
	static const char *const sorted[] = {
		"-2", "0.5", "1e1", "20", "a", "b", "n/a", NULL};

	for (size_t i = 0; i < COUNT(sorted); i++)
		for (size_t j = 0; j < COUNT(sorted); j++)
			assert_int_equal(query_order(sorted[i], sorted[j]),
				(i > j) - (i < j));
	assert_int_equal(query_order("0.01", "1e-2"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
