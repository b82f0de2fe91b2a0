// SPDX-License-Identifier: Apache-2.0
/* Parameters on a command line. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/strbuf.h"
#include "capture/parameters.h"
#include "manifests/scalar.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/*
 * Programs that run another one: options of their own end at its name. `with`
 * are those that have a value, `last` those after which the rest is the
 * other's.
 */
static const struct {
	const char *name, *with, *last;
} interpreters[] = {
	{"env", "uCS", ""},
	{"python*", "WX", "cm"},
	{"pypy*", "WX", "cm"},
	{"bash", "oO", "c"},
	{"dash", "o", "c"},
	{"sh", "o", "c"},
	{"Rscript", "", "e"},
	{"perl", "", "e"},
	{"julia", "", "eE"},
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* NAME=VALUE, as env(1) takes it. */
static bool is_assignment(const char *s)
{
	size_t n = strcspn(s, "=");

	return n && s[n] == '=' && s[0] != '-';
}

/* The argument after the options of the interpreter at `i` and after what
 * they run; `i` itself when it is none. */
static size_t skip_interpreter(const struct strlist *argv, size_t i)
{
	const char *name = fs_base_name(argv->items[i]);
	size_t k = 0;

	while (k < COUNT(interpreters) && fnmatch(interpreters[k].name, name, 0))
		k++;
	if (k == COUNT(interpreters))
		return i;
	for (i++; i < argv->count; i++) {
		const char *s = argv->items[i];
		char letter = s[0] == '-' ? s[1] : 0;

		if (k == 0 && is_assignment(s))
			continue;
		if (!letter)
			return i;
		if (letter == '-')
			continue;
		if (strchr(interpreters[k].last, letter))
			return s[2] ? i : i + 1;
		if (strchr(interpreters[k].with, letter) && !s[2])
			i++;
	}
	return i;
}

/* The first argument of the program that is run in the end. */
static size_t first_argument(const struct strlist *argv)
{
	size_t i = 0, next;

	for (int depth = 0; depth < 4 && i < argv->count; depth++) {
		next = skip_interpreter(argv, i);
		if (next == i)
			break;
		i = next;
	}
	return i + 1;
}

static bool is_number(const char *s)
{
	double d;

	s += *s == '+';
	return scalar_double(s, strlen(s), &d) == 0;
}

static bool is_boolean(const char *s)
{
	return !strcasecmp(s, "true") || !strcasecmp(s, "false");
}

/* "-5" is a value, "-x" is none. */
static bool is_option(const char *s)
{
	return s[0] == '-' && s[1] && !is_number(s);
}

static bool is_short(const char *s)
{
	return s[0] == '-' && isalpha((unsigned char)s[1]) && !s[2];
}

/* Two or more times "-n VALUE", and nothing else. */
static bool all_pairs(const struct strlist *argv, size_t first)
{
	if (first > argv->count || argv->count - first < 4 ||
		(argv->count - first) % 2)
		return false;
	for (size_t i = first; i < argv->count; i += 2)
		if (!is_short(argv->items[i]) || is_option(argv->items[i + 1]))
			return false;
	return true;
}

/* Letters first, then what names of settings are made of (Hydra's grammar:
 * "+a/b@c.d" and "++x.y"). */
static size_t assigned_name(const char *s)
{
	size_t n;

	if (!isalpha((unsigned char)*s) && *s != '_')
		return 0;
	for (n = 1; isalnum((unsigned char)s[n]) ||
		    (s[n] && strchr("_.-/@:", s[n]));)
		n++;
	return s[n] == '=' ? n : 0;
}

struct walk {
	struct parameters *out;
	const struct strlist *argv;
	size_t i; /* of the argument that is looked at */
};

static void add(struct walk *w, const char *name, size_t n, const char *value)
{
	autoarena *scratch = arena_new();

	if (n)
		parameters_add(
			w->out, arena_memdup(scratch, name, n), value, "argv");
}

/* The option at w->i with what follows it; w->i becomes its last argument. */
static void take_following(struct walk *w, const char *name)
{
	autostrbuf value = STRBUF_INIT;
	const struct strlist *argv = w->argv;

	if (w->i + 1 >= argv->count || is_option(argv->items[w->i + 1]) ||
		assigned_name(argv->items[w->i + 1])) {
		add(w, name, strlen(name), "true");
		return;
	}
	strbuf_adds(&value, argv->items[++w->i]);
	while (is_number(argv->items[w->i]) && w->i + 1 < argv->count &&
		is_number(argv->items[w->i + 1]))
		strbuf_addf(&value, " %s", argv->items[++w->i]);
	add(w, name, strlen(name), value.s);
}

static void take_long(struct walk *w, const char *name)
{
	const char *eq = strchr(name, '=');

	if (eq)
		add(w, name, (size_t)(eq - name), eq + 1);
	else
		take_following(w, name);
}

static void take_short(struct walk *w, const char *name, bool pairs)
{
	const struct strlist *argv = w->argv;
	const char *value;

	if (w->i + 1 >= argv->count)
		return;
	value = argv->items[w->i + 1];
	if (pairs || is_number(value) || is_boolean(value)) {
		w->i++;
		add(w, name, 1, value);
	}
}

static void take_assignment(struct walk *w, const char *s)
{
	size_t n;

	for (int plus = 0; plus < 2 && *s == '+'; plus++)
		s++;
	n = assigned_name(s);
	if (n)
		add(w, s, n, s + n + 1);
}

void parameters_argv(struct parameters *p, const struct strlist *argv)
{
	size_t first = first_argument(argv);
	bool pairs = all_pairs(argv, first), options = true;
	struct walk w = {p, argv, first};

	for (; w.i < argv->count; w.i++) {
		const char *s = argv->items[w.i];

		if (options && !strcmp(s, "--"))
			options = false;
		else if (options && !strncmp(s, "--", 2))
			take_long(&w, s + 2);
		else if (options && is_short(s))
			take_short(&w, s + 1, pairs);
		else
			take_assignment(&w, s);
	}
}
