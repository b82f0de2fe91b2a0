// SPDX-License-Identifier: Apache-2.0
/* Conditions on what is known of a run. */
#include "audit/query.h"
#include "base/arena.h"
#include "base/err.h"
#include <stdlib.h>
#include <string.h>

/* Longer ones before those that they begin with. */
static const struct {
	const char *text;
	enum query_op op;
} ops[] = {
	{"!=", QUERY_NOT_EQUAL},
	{"<=", QUERY_AT_MOST},
	{">=", QUERY_AT_LEAST},
	{"==", QUERY_EQUAL},
	{"=", QUERY_EQUAL},
	{"<", QUERY_LESS},
	{">", QUERY_MORE},
	{"~", QUERY_CONTAINS},
};

int query_parse(
	struct query_where *w, struct arena *a, const char *text, struct err *e)
{
	size_t len = strcspn(text, "=!<>~"), end = len, i;

	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (strncmp(text + len, ops[i].text, strlen(ops[i].text)) == 0)
			break;
	if (i == sizeof(ops) / sizeof(*ops))
		return err_set(e,
			"'%s' is no condition: a name, one of "
			"= != < <= > >= ~ and a value are",
			text);
	while (end > 0 && text[end - 1] == ' ')
		end--;
	if (end == 0)
		return err_set(e, "the condition '%s' has no name", text);
	w->text = text;
	w->name = arena_memdup(a, text, end);
	w->op = ops[i].op;
	text += len + strlen(ops[i].text);
	w->value = arena_strdup(a, text + strspn(text, " "));
	return 0;
}

/* Decimal only. The type holds every 64-bit seed where the processor can. */
static bool number_of(const char *s, long double *out)
{
	char *end;

	if (*s == '\0' || s[strspn(s, "0123456789.eE+-")] != '\0')
		return false;
	*out = strtold(s, &end);
	return end != s && *end == '\0';
}

static bool holds(enum query_op op, int order)
{
	switch (op) {
	case QUERY_EQUAL:
		return order == 0;
	case QUERY_NOT_EQUAL:
		return order != 0;
	case QUERY_LESS:
		return order < 0;
	case QUERY_AT_MOST:
		return order <= 0;
	case QUERY_MORE:
		return order > 0;
	case QUERY_AT_LEAST:
		return order >= 0;
	case QUERY_CONTAINS:
		break;
	}
	return false;
}

static bool matches(const struct query_where *w, const char *value)
{
	long double is, wanted;
	bool number = number_of(w->value, &wanted);

	if (w->op == QUERY_CONTAINS)
		return strstr(value, w->value) != NULL;
	if (number && number_of(value, &is))
		return holds(w->op, (is > wanted) - (is < wanted));
	/* "n/a" is not above 0.9; every time is after "2026". */
	if (number && w->op >= QUERY_LESS && strcmp(w->name, "started") != 0 &&
		strcmp(w->name, "ended") != 0)
		return false;
	return holds(w->op, strcmp(value, w->value));
}

/* Each name that a run has; != is that it has no such one. */
static bool matches_name(const struct query_run *r, const struct query_where *w)
{
	bool negative = w->op == QUERY_NOT_EQUAL;

	for (size_t i = 0; i < r->names.count; i++)
		if (matches(w, r->names.items[i]) != negative)
			return !negative;
	return negative;
}

int query_matches(const struct query_run *r, const struct query_where *w,
	struct arena *a, bool *known, struct err *e)
{
	const char *value;
	int found = query_value(r, a, w->name, &value, e);

	if (found <= 0)
		return found;
	*known = true;
	if (strcmp(w->name, "name") == 0)
		return matches_name(r, w);
	return value && matches(w, value);
}

int query_order(const char *a, const char *b)
{
	long double x, y;
	bool first, second;
	int order;

	if (!a || !b)
		return !a - !b;
	first = number_of(a, &x);
	second = number_of(b, &y);
	if (first && second)
		return (x > y) - (x < y);
	if (first != second)
		return first ? -1 : 1;
	order = strcmp(a, b);
	return (order > 0) - (order < 0);
}
